/**
 * The methods of maps, with parameters that are wrong in some place: each request gets one answer, and one that is refused
 * has changed nothing, and was refused for a reason.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { Server, type PubSubErrorCode } from 'clustercast';
import { JsonRpcAdapter } from 'clustercast/json-rpc';
import { SimulatedCluster } from 'clustercast/testing';
import { hello, seal } from '#lib/ipc/envelope.js';
import type { SimulatedProcess } from '#lib/testing/worker.js';
import { MemorySource } from '../support/abuse-memory-source.js';
import { damaged, jsonValue, record } from '../support/arbitraries.js';
import { Mailbox } from '../support/mailbox.js';
import { holds } from '../support/property.js';
import { endOfTurn } from '../support/turn.js';
import { isFields, isString } from './predicates.js';
import { Tally } from './tally.js';
import { textOf } from './wires.js';

const casesPerRun = 25;
const runs = 120;
const limits = { keyLength: 8, valueLength: 60, requestsPerSecond: 0x7fffffff };

interface Asked {
  readonly method: string;
  readonly params: unknown;
}

interface Answered {
  readonly result?: Readonly<Record<string, unknown>> | undefined;
  readonly code?: PubSubErrorCode | undefined;
}

const name = fc.constantFrom('m', 'n', '__proto__', 'constructor');
const key = fc.constantFrom('', 'a', 'b', '__proto__', 'number');
const whole = fc.nat(6);
const time = fc.integer({ min: 600_000, max: 700_000 });
const run = fc.constantFrom('a run', '');

const right: readonly (readonly [method: string, params: fc.Arbitrary<object>])[] = [
  ['map.attach', record({ map: name, run, version: whole, part: whole })],
  ['map.read', record({ subscription_id: fc.constantFrom('1', '2', '5'), run, version: whole, part: whole })],
  ['map.set', record({ map: name, key, json: fc.constantFrom('1', '"a"', '{"a":[1]}'), ttl: time })],
  ['map.set', record({ map: name, key, value: jsonValue, if_version: whole, run })],
  ['map.set', record({ map: name, key: fc.constant('number'), value: fc.integer() })],
  ['map.delete', record({ map: name, key, if_version: whole })],
  ['map.delete', record({ map: name, key, run })],
  ['map.clear', record({ map: name })],
  ['map.increment', record({ map: name, key: fc.constant('number'), by: fc.integer(), ttl: time })],
];

/** Every fourth as it should be. */
const asked: fc.Arbitrary<Asked> = fc.oneof(
  ...right.map(([method, params]) => {
    const said = fc.oneof({ weight: 3, arbitrary: damaged(params) }, { weight: 1, arbitrary: params });
    return said.map((drawn): Asked => ({ method, params: drawn }));
  }),
);

/** By docs/protocol.md: whether the parameters are such that the request may be carried out. */
function isRight({ method, params = {} }: Asked): boolean {
  if (!isFields(params)) return false;
  const { map, key: of, json, value, ttl, by, run: inRun, version, part, if_version: wanted } = params;
  const isPosition = optional(inRun, isString) && optional(version, isWhole) && optional(part, isWhole);
  if (method === 'map.read') return isPosition && isString(params['subscription_id']);
  if (!isString(map) || map === '' || map.length > 256 || !map.isWellFormed()) return false;
  if (method === 'map.attach') return isPosition;
  if (method === 'map.clear') return true;
  if (!isString(of) || of.length > limits.keyLength || !of.isWellFormed()) return false;
  if (method === 'map.increment') return optional(by, Number.isFinite) && optional(ttl, isTime);
  if (!optional(wanted, isWhole)) return false;
  if (method === 'map.delete') return true;
  const text = json === undefined ? textOf(value) : json;
  return isText(text) && text.length <= limits.valueLength && optional(ttl, isTime);
}

function optional(value: unknown, is: (value: unknown) => boolean): boolean {
  return value === undefined || is(value);
}

function isWhole(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isTime(value: unknown): boolean {
  return isWhole(value) && value !== 0;
}

function isText(value: unknown): value is string {
  if (!isString(value)) return false;
  try {
    JSON.parse(value);
    return true;
  } catch {
    return false;
  }
}

/** What would end by itself meanwhile says nothing about who is asked. */
function endsSoon(params: unknown): boolean {
  const ttl = isFields(params) ? params['ttl'] : undefined;
  return isWhole(ttl) && (ttl as number) > 0 && (ttl as number) < 600_000;
}

/** What whoever asks can change. */
function stateOf(server: Server): object {
  const { state, subscriptions, events, connections } = server.stats();
  return { ...state, subscriptions, events, connections };
}

interface Peer {
  /** What arrives at the server where `params` are said; `undefined` where that cannot be said. */
  readonly carry: (params: unknown) => { readonly params: unknown } | undefined;
  /** Says it, and gives every answer to it. */
  readonly ask: (asked: Asked) => Promise<readonly Answered[]>;
  /** How many events it was told since the last call. */
  readonly told: () => number;
}

/** Fails unless each of many requests gets one answer, and what is wrong changes nothing. */
async function fuzz(peer: Peer, server: Server, numRuns: number): Promise<void> {
  const tally = new Tally();
  for (const map of ['m', 'n']) {
    await peer.ask({ method: 'map.set', params: { map, key: 'text', json: '"a text"' } });
    assert.equal((await peer.ask({ method: 'map.attach', params: { map } })).length, 1);
  }
  const property = fc.asyncProperty(fc.array(asked, { minLength: casesPerRun }), async (requests) => {
    for (const { method, params: said } of requests) {
      const carried = peer.carry(said);
      if (carried === undefined || endsSoon(carried.params)) continue;
      const before = stateOf(server);
      peer.told();
      const answers = await peer.ask({ method, params: said });
      const shown = `${method} ${inspect(carried.params)}\n${inspect(answers)}`;
      assert.equal(answers.length, 1, shown);
      const [{ result, code } = {}] = answers;
      if (result !== undefined) {
        assert.ok(isRight({ method, params: carried.params }), `it is carried out: ${shown}`);
        tally.note(method);
        continue;
      }
      const isOdd = carried.params !== undefined && !isFields(carried.params);
      assert.ok(isOdd || (code !== undefined && reasons.includes(code)), `not for a reason: ${shown}`);
      const isNotItsTurn = code === 'ERR_PUBSUB_FORBIDDEN' || method === 'map.increment';
      assert.ok(isNotItsTurn || !isRight({ method, params: carried.params }), `it is refused: ${shown}`);
      assert.deepEqual(stateOf(server), before, shown);
      assert.equal(peer.told(), 0, shown);
      tally.note('refused');
    }
  });
  await holds(property, numRuns);
  tally.check('refused', ...new Set(right.map(([method]) => method)));
}

/** Anything else would be a defect. */
const reasons: readonly PubSubErrorCode[] = [
  'ERR_PUBSUB_INVALID_ARGUMENT',
  'ERR_PUBSUB_SERIALIZE',
  'ERR_PUBSUB_LIMIT',
  'ERR_PUBSUB_FORBIDDEN',
];

function carryAsJson(params: unknown): { readonly params: unknown } | undefined {
  try {
    return JSON.parse(JSON.stringify({ params })) as { params: unknown };
  } catch {
    return undefined;
  }
}

function carryAsClone(params: unknown): { readonly params: unknown } | undefined {
  try {
    return structuredClone({ params });
  } catch {
    return undefined;
  }
}

describe('fuzzed requests for maps', () => {
  it('are answered once, and change nothing where they are wrong, over JSON-RPC', async () => {
    const source = new MemorySource();
    const server = new Server([new JsonRpcAdapter(source, { isTrusted: true })], { limits });
    await server.start();
    const connection = source.connect();
    let events = 0;
    let asks = 0;
    const ask = async ({ method, params }: Asked): Promise<readonly Answered[]> => {
      const id = `ask ${++asks}`;
      connection.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
      await endOfTurn();
      assert.equal(connection.hasEnded, false);
      const said = connection.take().map((text) => JSON.parse(text) as Reply);
      events += said.filter((reply) => reply.method === 'event').length;
      const answers = said.filter((reply) => reply.method !== 'event');
      return answers.map(({ id: of, result, error }) => {
        assert.equal(of, id);
        return { result, code: error?.data?.code };
      });
    };
    const told = (): number => {
      const count = events;
      events = 0;
      return count;
    };
    await fuzz({ ask, carry: carryAsJson, told }, server, runs);
    connection.close();
    await server.close();
  });

  for (const serialization of ['advanced', 'json'] as const) {
    it(`are answered once, and change nothing where they are wrong, over IPC, ${serialization}`, async () => {
      const cluster = new SimulatedCluster({ limits, serialization });
      await cluster.start();
      const { ports } = cluster.fork() as SimulatedProcess;
      const mailbox = new Mailbox<object>();
      ports.open('port', { receive: (envelope) => mailbox.put(envelope), disconnected: () => undefined });
      ports.send(hello('port', undefined, []));
      const { id } = ((await mailbox.take()) as { welcome: { id: string } }).welcome;
      let events = 0;
      let asks = 0;
      const ask = async ({ method, params }: Asked): Promise<readonly Answered[]> => {
        const request_id = `ask ${++asks}`;
        ports.send(seal({ id, message: { request_id, method, params } }));
        await cluster.settled();
        const answers: Answered[] = [];
        while (mailbox.size > 0) {
          const { message } = (await mailbox.take()) as { message?: unknown };
          if (Array.isArray(message)) events += 1;
          if (!isFields(message)) continue;
          assert.equal(message['request_id'], request_id);
          answers.push(message);
        }
        return answers;
      };
      const told = (): number => {
        const count = events;
        events = 0;
        return count;
      };
      const carry = serialization === 'json' ? carryAsJson : carryAsClone;
      await fuzz({ ask, carry, told }, cluster.server, runs);
      await cluster.close();
    });
  }
});

interface Reply {
  readonly id?: unknown;
  readonly method?: string;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly data?: { readonly code?: PubSubErrorCode } };
}
