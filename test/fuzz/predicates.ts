/**
 * What each message is, written down a second time from docs/protocol.md and the types, as plainly as can be: whatever
 * a reader in lib/ gives must be one of these, with these fields and no others.
 */
import { isPubSubErrorCode } from '#lib/errors.js';

type Fields = Readonly<Record<string, unknown>>;

export const idLength = 64;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Has these fields and no others. */
function has(value: unknown, ...fields: readonly string[]): value is Fields {
  return isFields(value) && Object.keys(value).toSorted().join() === fields.toSorted().join();
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 2 ** 53 - 1 && Math.floor(value) === value;
}

/** A list without holes, all of whose elements are so. */
function isListOf<Element>(
  value: unknown,
  is: (element: unknown) => element is Element,
): value is readonly Element[] {
  if (!Array.isArray(value)) return false;
  for (let at = 0; at < value.length; at++) if (!is(value[at])) return false;
  return true;
}

export function isString(value: unknown): value is string {
  return typeof value === 'string';
}

/** As a peer may choose it. */
export function isId(value: unknown): value is string {
  return isString(value) && value.length >= 1 && value.length <= idLength;
}

function isObjectOrArray(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function isContent(content: Fields): boolean {
  return (
    (has(content, 'message') && content['message'] !== undefined) ||
    (has(content, 'batch') && content['batch'] !== undefined) ||
    (has(content, 'bye') && content['bye'] === true)
  );
}

/** What an envelope from a worker holds, without its tag. */
export function isToServer(envelope: unknown): boolean {
  if (!isFields(envelope)) return false;
  const { id, port, ack, ...content } = envelope;
  switch (Object.keys(envelope).toSorted().join()) {
    case 'bye,port':
      return isString(port) && content['bye'] === true;
    case 'hello,port':
      return isString(port) && isObjectOrArray(content['hello']);
    case 'ack,id':
      return isString(id) && isCount(ack);
    default:
      // What was taken may be told beside anything else.
      return (
        !('port' in envelope) && isString(id) && (ack === undefined || isCount(ack)) && isContent(content)
      );
  }
}

/** And one from the primary. */
export function isToClient(envelope: unknown): boolean {
  if (!isFields(envelope)) return false;
  const { port, ...content } = envelope;
  if (!isString(port)) return false;
  if (has(content, 'ping')) return content['ping'] === true;
  return (has(content, 'welcome') && isObjectOrArray(content['welcome'])) || isContent(content);
}

/** The texts of the values in columns, or `undefined` where they cannot be told apart. */
function valuesIn({ values, lengths }: Fields): string[] | undefined {
  if (!isString(values) || !isListOf(lengths, isCount) || lengths.length === 0) return undefined;
  const texts: string[] = [];
  let rest = values.slice(1);
  for (const length of lengths) {
    if (length === 0) return undefined;
    texts.push(rest.slice(0, length));
    rest = rest.slice(length + 1);
  }
  const isWhole = lengths.every((length, at) => texts[at]?.length === length);
  return isWhole && values === `[${texts.join(',')}]` ? texts : undefined;
}

/** The events in `columns`, one by one; `undefined` where these are none. What else it holds is no matter. */
export function eventsIn(columns: unknown): readonly (readonly [name: string, value: string])[] | undefined {
  if (!isObjectOrArray(columns)) return undefined;
  const fields = columns as Fields;
  const { names, index } = fields;
  const values = valuesIn(fields);
  if (values === undefined || !isListOf(names, isString)) return undefined;
  if (index === undefined) {
    return names.length === 1 ? values.map((value) => [names[0] as string, value]) : undefined;
  }
  if (!isListOf(index, isCount) || index.length !== values.length) return undefined;
  if (index.some((position) => position >= names.length)) return undefined;
  if (names.length === 0 || new Set(index).size !== names.length) return undefined;
  return values.map((value, at) => [names[index[at] as number] as string, value]);
}

function areColumns(value: unknown): boolean {
  return (
    (has(value, 'names', 'values', 'lengths') || has(value, 'names', 'index', 'values', 'lengths')) &&
    eventsIn(value) !== undefined
  );
}

export function isFailure(value: unknown): boolean {
  if (!has(value, 'code', 'message')) return false;
  const { code, message } = value;
  return isString(message) && (code === undefined || isPubSubErrorCode(code));
}

export function isMalformed(value: unknown): boolean {
  if (!has(value, 'kind', 'id', 'problem') || value['kind'] !== 'malformed') return false;
  const { id, problem } = value;
  return (id === '' || isId(id)) && isString(problem) && problem !== '';
}

export function isRequest(value: unknown): boolean {
  if (!has(value, 'kind', 'id', 'clientId', 'method', 'params') || value['kind'] !== 'request') return false;
  const { id, clientId, method, params } = value;
  return isId(id) && (clientId === undefined || isId(clientId)) && isString(method) && isFields(params);
}

/** What a server handles without looking at it again. */
export function isClientMessage(value: unknown): boolean {
  if (isMalformed(value) || isRequest(value)) return true;
  if (!has(value, 'kind', 'first', 'columns') || value['kind'] !== 'publishes') return false;
  return isCount(value['first']) && areColumns(value['columns']);
}

export function isResponse(value: unknown): boolean {
  if (!isFields(value) || value['kind'] !== 'response') return false;
  const { id, ok, result, failure } = value;
  if (id !== '' && !isId(id)) return false;
  return has(value, 'kind', 'id', 'ok', 'result')
    ? ok === true && isFields(result)
    : has(value, 'kind', 'id', 'ok', 'failure') && ok === false && isFailure(failure);
}

export function isEvents(value: unknown): boolean {
  return has(value, 'kind', 'columns') && value['kind'] === 'events' && areColumns(value['columns']);
}

/** What was missed: each name once, and how many of it, which is never none. */
export function isGap(gap: unknown): boolean {
  if (!isFields(gap)) return false;
  const { names, counts } = gap;
  if (!isListOf(names, isString) || !isListOf(counts, isCount)) return false;
  return (
    names.length > 0 &&
    names.length === counts.length &&
    !counts.includes(0) &&
    names.every((name, at) => names.indexOf(name) === at)
  );
}

export function isMissed(value: unknown): boolean {
  return has(value, 'kind', 'names', 'counts') && value['kind'] === 'missed' && isGap(value);
}

/** And a client. */
export function isServerMessage(value: unknown): boolean {
  if (isMalformed(value) || isResponse(value) || isEvents(value) || isMissed(value)) return true;
  if (!isFields(value)) return false;
  const { kind, first, count, listeners, failure } = value;
  if (has(value, 'kind', 'first', 'listeners') && kind === 'published') {
    return isCount(first) && isListOf(listeners, isCount) && listeners.length % 2 === 0;
  }
  if (!has(value, 'kind', 'first', 'count', 'failure') || kind !== 'refused') return false;
  return isCount(first) && isCount(count) && isFailure(failure);
}
