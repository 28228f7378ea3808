/**
 * The files of the results: `results.json`, which is kept, and what is made of it: `RESULTS.md` and the charts.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import type { Chart } from '../harness/chart.js';
import { documentOf } from './document.js';
import { withSection, type Section } from './section.js';
import { drawBars } from './svg-bars.js';
import { drawLines } from './svg-lines.js';

const root = findRoot(import.meta.dirname);
const folder = join(root, 'benchmarks');
const kept = join(folder, 'results.json');
const page = join(folder, 'RESULTS.md');
const charts = join(folder, 'charts');

/** Puts a section in the place of the former one of its scenario. */
export async function save(section: Section, scenarios: readonly string[]): Promise<void> {
  const sections = withSection(readSections(), section, scenarios);
  writeFileSync(kept, `${JSON.stringify({ sections }, undefined, 2)}\n`);
  await writePages();
}

/** Makes everything anew of what is kept. */
export async function writePages(): Promise<void> {
  const sections = readSections();
  const config = await resolveConfig(page);
  writeFileSync(page, await format(documentOf(sections), { ...config, parser: 'markdown' }));
  mkdirSync(charts, { recursive: true });
  const drawings = new Map<string, string>(
    sections.flatMap((section) => section.charts.map((chart) => [`${chart.name}.svg`, draw(chart)] as const)),
  );
  for (const [file, drawing] of drawings) writeFileSync(join(charts, file), drawing);
  for (const file of readdirSync(charts)) {
    if (file.endsWith('.svg') && !drawings.has(file)) rmSync(join(charts, file));
  }
}

/** The versions of what the benchmarks may measure, as far as it is installed. */
export function installedPackages(): Record<string, string> {
  const own = readPackage(root);
  const wanted = [
    ...Object.keys(own?.peerDependencies ?? {}).map((name) => [name, root] as const),
    ...Object.keys(readPackage(folder)?.dependencies ?? {}).map((name) => [name, folder] as const),
  ];
  const versions = wanted.flatMap(([name, from]) => {
    const version = readPackage(join(from, 'node_modules', name))?.version;
    return version === undefined ? [] : [[name, version] as const];
  });
  const ownVersion = own?.version === undefined ? [] : [['clustercast', own.version] as const];
  return Object.fromEntries<string>([...ownVersion, ...versions]);
}

function draw(chart: Chart): string {
  return chart.kind === 'bars' ? drawBars(chart) : drawLines(chart);
}

function readSections(): readonly Section[] {
  if (!existsSync(kept)) return [];
  return (JSON.parse(readFileSync(kept, 'utf8')) as { readonly sections: readonly Section[] }).sections;
}

interface Package {
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

function readPackage(where: string): Package | undefined {
  const file = join(where, 'package.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Package) : undefined;
}

/** Wherever this has been compiled to, it is below the repository. */
function findRoot(start: string): string {
  if (existsSync(join(start, 'benchmarks', 'run.ts'))) return start;
  const parent = dirname(start);
  if (parent === start) throw new Error('the sources of the benchmarks are not there');
  return findRoot(parent);
}
