/**
 * The methods of caches, with parameters that are wrong in some place: each request gets one answer, and one that is refused
 * has changed nothing, and was refused for a reason. And a cache whose server says anything instead of what is to be dropped:
 * whatever that was, it holds nothing that it may have been told to drop.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { Server, type PubSubErrorCode } from 'clustercast';
import { CachingClient } from '#lib/state/client/caching-client.js';
import { damaged, record } from '../support/arbitraries.js';
import { FakeAdapter } from '../support/fake-adapter.js';
import { FakeConnector } from '../support/fake-connector.js';
import { holds } from '../support/property.js';
import { endOfTurn } from '../support/turn.js';
import { isFields, isString } from './predicates.js';
import { Tally } from './tally.js';

const casesPerRun = 25;
const runs = 80;
const limits = { keyLength: 8, valueLength: 60 };

interface Asked {
  readonly method: string;
  readonly params: object;
}

const name = fc.constantFrom('c', 'd', '__proto__', 'constructor');
const names = fc.array(fc.constantFrom('', 'a', 'b', '__proto__', 'toString'), {
  minLength: 1,
  maxLength: 3,
});
const whole = fc.nat(6);

const right: readonly (readonly [method: string, params: fc.Arbitrary<object>])[] = [
  ['cache.attach', record({ cache: name })],
  ['cache.invalidate', record({ cache: name, keys: names })],
  ['cache.invalidate', record({ cache: name, tags: names, keys: names })],
  ['cache.invalidate', record({ cache: name, all: fc.constant(true) })],
  ['cache.dropped', record({ subscription_id: fc.constantFrom('1', '2', '3'), up_to: whole })],
];

/** Every fourth as it should be. */
const asked: fc.Arbitrary<Asked> = fc.oneof(
  ...right.map(([method, params]) => {
    const said = fc.oneof({ weight: 3, arbitrary: damaged(params) }, { weight: 1, arbitrary: params });
    return said.filter(isFields).map((drawn): Asked => ({ method, params: drawn }));
  }),
);

/** By docs/protocol.md: whether the parameters are such that the request may be carried out. */
function isRight({ method, params }: Asked): boolean {
  if (!isFields(params)) return false;
  const { cache, keys, tags, all, subscription_id: id, up_to: upTo } = params;
  if (method === 'cache.dropped') return isString(id) && Number.isSafeInteger(upTo) && (upTo as number) >= 0;
  if (!isString(cache) || cache === '' || cache.length > 256 || !cache.isWellFormed()) return false;
  if (method === 'cache.attach') return true;
  if (!areNames(keys) || !areNames(tags) || (all !== undefined && typeof all !== 'boolean')) return false;
  return all === true || (keys?.length ?? 0) + (tags?.length ?? 0) > 0;
}

function areNames(list: unknown): list is readonly string[] | undefined {
  if (list === undefined) return true;
  if (!Array.isArray(list)) return false;
  return list.every((key) => isString(key) && key.length <= limits.keyLength && key.isWellFormed());
}

/** Anything else would be a defect. */
const reasons: readonly PubSubErrorCode[] = [
  'ERR_PUBSUB_INVALID_ARGUMENT',
  'ERR_PUBSUB_LIMIT',
  'ERR_PUBSUB_FORBIDDEN',
];

describe('fuzzed requests for caches', () => {
  it('are answered once, and change nothing where they are wrong', async () => {
    const adapter = new FakeAdapter();
    const server = new Server([adapter], { limits });
    await server.start();
    const peer = adapter.connect();
    for (const cache of ['c', 'd']) await peer.ask('cache.attach', { cache });
    const tally = new Tally();
    const state = (): object => {
      const { state: held, subscriptions, events, connections } = server.stats();
      return { ...held, subscriptions, events, connections };
    };
    const property = fc.asyncProperty(fc.array(asked, { minLength: casesPerRun }), async (requests) => {
      for (const request of requests) {
        const before = state();
        const told = peer.events.length;
        const { method, params } = request;
        const id = 'fuzz';
        peer.responses.length = 0;
        peer.say({
          kind: 'request',
          id,
          clientId: undefined,
          method,
          params: params as Record<string, unknown>,
        });
        await endOfTurn();
        const shown = `${method} ${inspect(params)} ${inspect(peer.responses)}`;
        assert.equal(peer.responses.length, 1, shown);
        const { status, code } = peer.responses[0] ?? assert.fail(shown);
        if (status) {
          assert.ok(isRight(request), `it is carried out: ${shown}`);
          tally.note(method);
          continue;
        }
        assert.ok(
          code !== undefined && reasons.includes(code as PubSubErrorCode),
          `not for a reason: ${shown}`,
        );
        // Also of what was not told yet nobody says that it is dropped.
        const isEarly = method === 'cache.dropped';
        const isBeyond = isEarly || code === 'ERR_PUBSUB_FORBIDDEN' || code === 'ERR_PUBSUB_LIMIT';
        assert.ok(isBeyond || !isRight(request), `it is refused: ${shown}`);
        assert.deepEqual(state(), before, shown);
        assert.equal(peer.events.length, told, shown);
        tally.note('refused');
      }
    });
    await holds(property, runs);
    tally.check('refused', ...new Set(right.map(([method]) => method)));
    await server.close();
  });
});

const told = record({
  number: fc.nat(9),
  keys: fc.array(fc.constantFrom('a', 'b', 'x'), { maxLength: 2 }),
  tags: fc.array(fc.constantFrom('of a', 'of b'), { maxLength: 2 }),
});

/** @returns `undefined` for what cannot be said. */
function asItArrives(value: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(value));
  } catch {
    return undefined;
  }
}

describe('a cache whose server says anything', () => {
  it('holds nothing that it may have been told to drop, and goes on', async () => {
    const tally = new Tally();
    const connector = new FakeConnector();
    const client = new CachingClient(connector);
    let errors = 0;
    client.on('error', () => (errors += 1));
    connector.channel.open();
    const cache = client.cache('c', { load: (key) => key, tags: (_value, key) => [`of ${key}`] });
    const { request_id: id } = await connector.channel.askedOne();
    connector.channel.say({ kind: 'response', id, ok: true, result: { subscription_id: 's', number: 0 } });
    const property = fc.asyncProperty(fc.oneof(told, damaged(told), fc.jsonValue()), async (value) => {
      for (const key of ['a', 'b']) await cache.get(key);
      errors = 0;
      const said = asItArrives(value);
      if (said === undefined) return;
      connector.channel.publish('$clustercast/cache/c', said);
      if (errors > 0) {
        assert.deepEqual([cache.size, errors], [0, 1]);
        tally.note('nonsense');
        return;
      }
      const { keys = [], tags = [], all = false } = said as Record<string, readonly string[] | undefined>;
      for (const key of ['a', 'b']) {
        const isHeld = cache.peek(key) !== undefined;
        const isDropped = all !== false || keys.includes(key) || tags.includes(`of ${key}`);
        assert.equal(isHeld, !isDropped, inspect(said));
      }
      tally.note('carried out');
    });
    await holds(property, 2_000);
    tally.check('nonsense', 'carried out');
    connector.channel.lose({ isFinal: true });
    await client.closed;
  });
});
