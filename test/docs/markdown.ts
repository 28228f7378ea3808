/** What the tests read out of a Markdown document: headings, fenced blocks with their marker, tables. */

/** One fenced block. */
export interface Block {
  /** Of the marker before it, `<!-- golden: NAME -->`. */
  readonly name: string | undefined;
  /** What its fence says: `json`, `js`, ... */
  readonly language: string;
  readonly text: string;
  /** Of its fence, counted from 1. */
  readonly line: number;
}

const marker = /^<!-- golden: (.+) -->$/;

/** Every fenced block, in order. A marker belongs to the block that follows it, with empty lines between them at most. */
export function blocksOf(document: string): Block[] {
  const blocks: Block[] = [];
  let open: { language: string; line: number; text: string[] } | undefined;
  let name: string | undefined;
  for (const [position, line] of document.split('\n').entries()) {
    if (open !== undefined && line === '```') {
      blocks.push({ ...open, name, text: open.text.join('\n') });
      open = name = undefined;
    } else if (open !== undefined) {
      open.text.push(line);
    } else if (line.startsWith('```')) {
      open = { language: line.slice(3), line: position + 1, text: [] };
    } else if (line.trim() !== '') {
      name = marker.exec(line)?.[1];
    }
  }
  if (open !== undefined) throw new Error(`the block of line ${open.line} does not end`);
  return blocks;
}

/** How many markers there are, whatever follows them. */
export function markersOf(document: string): string[] {
  return document.split('\n').flatMap((line) => marker.exec(line)?.[1] ?? []);
}

/** The text of each heading. */
export function headingsOf(document: string): string[] {
  return document.split('\n').flatMap((line) => /^#+ (.+)$/.exec(line)?.[1] ?? []);
}

/** What links to the headings of a document end with. */
export function anchorsOf(document: string): string[] {
  return headingsOf(document).map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  );
}

/** The section below a heading, without the heading, up to the next one. */
export function sectionOf(document: string, heading: string): string {
  const section = document.split(/^#+ /m).find((text) => text.startsWith(`${heading}\n`));
  if (section === undefined) throw new Error(`there is no section ${heading}`);
  return section.slice(heading.length);
}

/** The rows of the tables in `section` without their headers: the text of each cell, code without its quotes. */
export function rowsOf(section: string): string[][] {
  const rows = section.split('\n').filter((line) => line.startsWith('|'));
  return rows
    .filter((_row, position) => !isRule(rows[position]) && !isRule(rows[position + 1]))
    .map((row) =>
      row
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim().replace(/^`(.*)`$/, '$1')),
    );
}

function isRule(row: string | undefined): boolean {
  return row !== undefined && /^\|[\s|:-]+$/.test(row);
}
