/** Frames for a JSON-RPC server as no client would make them, or hardly: and what may be answered to each. */
import fc from 'fast-check';
import { knownId } from './abuse-stage.js';
import { anything, damaged, eventName, jsonValue, record } from './arbitraries.js';

const id: fc.Arbitrary<unknown> = fc.oneof(
  fc.nat(9),
  fc.constantFrom('a', '', null, 1.5, -0, 'x'.repeat(300)),
);
const clientId = fc.constantFrom(knownId, 'somebody-0123456789', '', null, 7);
const method = fc.constantFrom(
  ...['publish', 'publish', 'subscribe', 'subscribe', 'unsubscribe', 'ping', 'hello'],
  ...['event', '__proto__', 'constructor', 'toString', 'rpc.discover', ''],
);

const params: fc.Arbitrary<object> = fc.record(
  {
    request_id: fc.oneof(fc.string({ maxLength: 5 }), fc.nat(3)),
    client_id: clientId,
    event_name: fc.oneof(eventName, fc.constantFrom('', '\ud800', 'n'.repeat(300))),
    value: jsonValue,
    subscription_id: fc.oneof(fc.nat(50).map(String), fc.constantFrom('01', '-1', '1e1', 'NaN', '')),
    version: fc.constantFrom(1, 2, '1'),
    heartbeat: fc.boolean(),
    ['__proto__']: fc.constant({ polluted: true }),
  },
  { requiredKeys: [], noNullPrototype: true },
);

/** Right, as far as its fields are where they belong. */
const request: fc.Arbitrary<unknown> = fc.oneof(
  record({ jsonrpc: fc.constant('2.0'), method, params }),
  record({ jsonrpc: fc.constant('2.0'), id, method, params }),
);

/** Right, but for an id perhaps; some of it is heard by an honest client. */
const valid: fc.Arbitrary<unknown> = fc
  .tuple(fc.constantFrom('publish', 'publish', 'subscribe'), id, eventName, jsonValue, fc.boolean())
  .map(([called, asked, name, value, isHeard]) => {
    const event_name = called === 'publish' && isHeard ? 'honest' : name;
    return { jsonrpc: '2.0', id: asked, method: called, params: { client_id: knownId, event_name, value } };
  });

const response: fc.Arbitrary<unknown> = fc.oneof(
  record({ jsonrpc: fc.constant('2.0'), id, result: jsonValue }),
  record({ jsonrpc: fc.constant('2.0'), id, error: jsonValue }),
);

const element = fc.oneof(
  { weight: 2, arbitrary: valid },
  { weight: 4, arbitrary: request },
  { weight: 3, arbitrary: damaged(request) },
  { weight: 1, arbitrary: response },
  { weight: 1, arbitrary: anything },
);

const json: fc.Arbitrary<string> = fc
  .oneof({ weight: 8, arbitrary: element }, { weight: 2, arbitrary: fc.array(element, { maxLength: 4 }) })
  .map(textOf);

/** JSON in which a character is another one, or is not there, or is there twice. */
const broken: fc.Arbitrary<string> = fc
  .tuple(
    json,
    fc.nat(),
    fc.constantFrom('', '"', '\\', '[', '{', ']', ',', '\u0000', '\ud800', '0'),
    fc.nat(2),
  )
  .map(([text, place, other, length]) => {
    const at = place % (text.length + 1);
    return text.slice(0, at) + other + text.slice(at + length);
  });

const deep: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom('[', '{"a":', '[{"":', '{"jsonrpc":"2.0","id":1,"params":'), fc.nat(200))
  .map(([open, levels]) => open.repeat(levels));

export const frame: fc.Arbitrary<string> = fc.oneof(
  { weight: 8, arbitrary: json },
  { weight: 4, arbitrary: broken },
  { weight: 1, arbitrary: deep },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 1, arbitrary: fc.constantFrom('', ' ', '\ufeff{}', 'null', '[]', '[[]]', '{}', '1e999', '"') },
);

function textOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'undefined';
  } catch {
    return typeof value;
  }
}

/** How many answers there have to be at least, and may be at most. */
export function answersTo(text: string): readonly [least: number, most: number] {
  let content: unknown;
  try {
    content = JSON.parse(text) as unknown;
  } catch {
    return [1, 1];
  }
  if (!Array.isArray(content) || content.length === 0) return isResponse(content) ? [0, 0] : [1, 1];
  // One for all that have an id or nothing to be named by; one for each that is named by its request_id.
  const asked = content.filter((one) => !isResponse(one));
  const named = asked.filter(isNamed).length;
  return asked.length === 0 ? [0, 0] : [1, named + 1];
}

function isResponse(content: unknown): boolean {
  if (typeof content !== 'object' || content === null) return false;
  const { jsonrpc, id: of, result, error } = content as Record<string, unknown>;
  return jsonrpc === '2.0' && of !== undefined && (result !== undefined || error !== undefined);
}

function isNamed(content: unknown): boolean {
  return typeof (content as { params?: { request_id?: unknown } } | null)?.params?.request_id === 'string';
}
