/**
 * The batch: all that one side says in one turn of its event loop, as one plain array whose elements are
 * documented messages or, where many say the same, one element in columns. Negotiated as the capability
 * `batch`. Owns its spelling and its guards, which never throw. See docs/protocol.md, "Batches".
 */
import { columnsProblem, type Columns } from './columns.js';
import { readFailure, readRequest, readResponse, spellRequest, spellResponse } from './documented.js';
import { isCount, isObject } from './guards.js';
import type { Limits } from './limits.js';
import { readList, spellList, textFrom } from './lists.js';
import { Memo } from './memo.js';
import type { ClientMessage, Malformed, ServerMessage } from './messages.js';
import { readGap, spellGap } from './missed.js';

export function spellClientBatch(messages: readonly ClientMessage[]): unknown[] {
  return messages.flatMap((message): object[] => {
    switch (message.kind) {
      case 'publishes':
        return [{ publish: { first: message.first, ...spellColumns(message.columns) } }];
      case 'request':
        return [spellRequest(message)];
      case 'malformed':
        return [];
    }
  });
}

export function spellServerBatch(messages: readonly ServerMessage[]): unknown[] {
  return messages.flatMap((message): object[] => {
    switch (message.kind) {
      case 'events':
        return [{ events: spellColumns(message.columns) }];
      case 'published':
        return [{ published: { first: message.first, listeners: message.listeners } }];
      case 'refused': {
        const { first, count, failure } = message;
        return [{ refused: { first, count, code: failure.code, error_message: failure.message } }];
      }
      case 'missed':
        return [{ gap: spellGap(message) }];
      case 'response':
        return [spellResponse(message)];
      case 'malformed':
        return [];
    }
  });
}

export function readClientBatch(batch: unknown, limits: Limits): ClientMessage[] {
  if (!Array.isArray(batch)) return [malformed('a batch must be an array')];
  return Array.from(batch, (element: unknown): ClientMessage => {
    const publish = isObject(element) ? element['publish'] : undefined;
    if (publish === undefined) return readRequest(element, limits);
    const columns = readColumns(publish);
    if (typeof columns === 'string') return malformed(columns);
    const first = (publish as { first?: unknown }).first;
    return isCount(first)
      ? { kind: 'publishes', first, columns }
      : malformed('a batch must number its publishes');
  });
}

export function readServerBatch(batch: unknown, limits: Limits): ServerMessage[] {
  if (!Array.isArray(batch)) return [malformed('a batch must be an array')];
  return Array.from(batch, (element: unknown): ServerMessage => {
    if (!isObject(element)) return malformed('an element of a batch must be an object');
    if (element['events'] !== undefined) {
      const columns = readColumns(element['events']);
      return typeof columns === 'string' ? malformed(columns) : { kind: 'events', columns };
    }
    if (element['published'] !== undefined) return readPublished(element['published']);
    if (element['refused'] !== undefined) return readRefused(element['refused']);
    if (element['gap'] !== undefined) return readGap(element['gap']);
    return readResponse(element, limits);
  });
}

/** As it travels. */
interface SpelledColumns {
  readonly names: readonly string[];
  readonly index?: readonly number[] | string;
  readonly values: string;
  readonly lengths: readonly number[] | string;
}

/** How columns were spelled by whom they came from, or first: they go out to many in that form. */
const spellings = new Memo(({ names, index, values, lengths }: Columns): SpelledColumns => {
  return { names, ...(index && { index: spellList(index) }), values, lengths: spellList(lengths) };
});

function spellColumns(columns: Columns): SpelledColumns {
  return columns.lengths.length < textFrom ? columns : spellings.of(columns);
}

function readColumns(value: unknown): Columns | string {
  if (!isObject(value)) return 'the columns of a batch must be an object';
  const { names, index, values, lengths } = value;
  // What else the peer has put there is its own affair, and goes no further.
  const spelling = index === undefined ? { names, values, lengths } : { names, index, values, lengths };
  const columns =
    index === undefined
      ? { names, values, lengths: unspelled(lengths) }
      : { names, index: unspelled(index), values, lengths: unspelled(lengths) };
  const problem = columnsProblem(columns);
  if (problem !== undefined) return problem;
  if (typeof lengths === 'string') spellings.set(columns as Columns, spelling as SpelledColumns);
  return columns as Columns;
}

function unspelled(list: unknown): unknown {
  return typeof list === 'string' ? (readList(list) ?? list) : list;
}

function readPublished(value: unknown): ServerMessage {
  if (isObject(value)) {
    const { first, listeners } = value;
    if (isCount(first) && areRuns(listeners)) {
      return { kind: 'published', first, listeners };
    }
  }
  return malformed('the answer to a batch must number its publishes and count their listeners');
}

/** Run lengths: pairs of counts, in a list without holes. */
function areRuns(list: unknown): list is number[] {
  return Array.isArray(list) && list.length % 2 === 0 && Array.from(list).every(isCount);
}

function readRefused(value: unknown): ServerMessage {
  if (isObject(value)) {
    const { first, count, code, error_message: text } = value;
    if (isCount(first) && isCount(count)) {
      return { kind: 'refused', first, count, failure: readFailure(code, text) };
    }
  }
  return malformed('the refusal of a batch must number its publishes');
}

function malformed(problem: string): Malformed {
  return { kind: 'malformed', id: '', problem };
}
