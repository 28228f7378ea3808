/** Who may do what: the whole table, and how to try each cell of it on whatever carries requests to a server. */
import assert from 'node:assert/strict';
import type { Client, MemoryAdapter, PubSubError, Server } from 'clustercast';
import type { PubSubClient } from '#lib/client/client.js';
import { until } from '../support/until.js';

const ids = {
  both: 'both-0123456789abcdef',
  reader: 'reader-0123456789abcdef',
  writer: 'writer-0123456789abcdef',
  neither: 'neither-0123456789abcdef',
} as const;

export const registered = [
  { id: ids.both },
  { id: ids.reader, canPublish: false },
  { id: ids.writer, canSubscribe: false },
  { id: ids.neither, canPublish: false, canSubscribe: false },
] as const;

/** What a request came to: `ok`, or the code of the refusal without its prefix. */
export interface Answer {
  readonly outcome: string;
  readonly result?: Readonly<Record<string, unknown>>;
}

/** One connection of one client. */
export interface Seat {
  ask(method: string, params: Readonly<Record<string, unknown>>): Promise<Answer>;
  close(): Promise<void>;
}

export type OpenSeat = (clientId: string | null) => Promise<Seat>;

const actions = ['publish', 'subscribe', 'cancel its own', "cancel another's"] as const;
type Action = (typeof actions)[number];
type Row = readonly [publish: string, subscribe: string, cancelOwn: string, cancelOther: string];

const all: Row = ['ok', 'ok', 'ok', 'FORBIDDEN'];
const nothing: Row = ['UNAUTHORIZED', 'UNAUTHORIZED', 'UNAUTHORIZED', 'UNAUTHORIZED'];

/** By who asks. */
function table(isTrusted: boolean): [who: string, clientId: string | null, row: Row][] {
  return [
    ['both', ids.both, all],
    ['reader', ids.reader, ['FORBIDDEN', 'ok', 'ok', 'FORBIDDEN']],
    ['writer', ids.writer, ['ok', 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN']],
    ['neither', ids.neither, ['FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN']],
    ['unknown', 'unknown-0123456789abcdef', nothing],
    ['nearly known', `${ids.both}0`, nothing],
    ['no id', null, isTrusted ? all : nothing],
  ];
}

/**
 * Tries each cell on a connection of its own, and looks at what the server did, too.
 *
 * @param memory where the one listens whose subscription others try to cancel; it has the id of one of them.
 */
export async function tryMatrix(
  server: Server,
  memory: MemoryAdapter,
  isTrusted: boolean,
  open: OpenSeat,
): Promise<void> {
  const owner = memory.connect({ clientId: ids.both });
  const heard: unknown[] = [];
  const { id: subscription_id } = await owner.subscribe('e', (value) => heard.push(value));
  const expectedToBeHeard: unknown[] = [];
  let expectedPublished = 0;
  for (const [who, clientId, row] of table(isTrusted)) {
    for (const [position, action] of actions.entries()) {
      const seat = await open(clientId);
      const { outcome, result } = await tryCell(seat, action, who, subscription_id);
      assert.equal(outcome, row[position], `${who}: ${action}`);
      const isGranted = outcome === 'ok';
      // Whoever is told who it is, is told that alone.
      if (isGranted && clientId !== null) assert.equal(result?.['client_id'] ?? clientId, clientId);
      if (isGranted && action === 'publish') {
        expectedPublished += 1;
        expectedToBeHeard.push(who);
      }
      const { published, subscriptions } = server.stats();
      const held = isGranted && action === 'subscribe' ? 2 : 1;
      assert.deepEqual([published, subscriptions], [expectedPublished, held], `${who}: ${action}`);
      await seat.close();
      await until(() => server.stats().connections === 1, 'only the owner is left');
    }
  }
  await until(() => heard.length === expectedToBeHeard.length, 'what was published');
  assert.deepEqual(heard, expectedToBeHeard);
  await owner.close();
}

async function tryCell(seat: Seat, action: Action, who: string, others: string): Promise<Answer> {
  switch (action) {
    case 'publish':
      return seat.ask('publish', { event_name: 'e', value: who });
    case 'subscribe':
      return seat.ask('subscribe', { event_name: 'e' });
    case 'cancel its own': {
      const { outcome, result } = await seat.ask('subscribe', { event_name: 'e' });
      if (outcome !== 'ok') return { outcome };
      return seat.ask('unsubscribe', { subscription_id: result?.['subscription_id'] });
    }
    case "cancel another's":
      return seat.ask('unsubscribe', { subscription_id: others });
  }
}

/** A client of the library as a seat. */
export function seatOf(client: Client): Seat {
  const requests = client as unknown as PubSubClient;
  return {
    ask: async (method, params) => {
      try {
        return { outcome: 'ok', result: await carryOut(requests, method, params) };
      } catch (error) {
        // One that was refused before it was asked for anything is closed, and tells why as the cause.
        const { code, cause } = error as PubSubError;
        return { outcome: withoutPrefix((cause as PubSubError | undefined)?.code ?? code) };
      }
    },
    close: () => client.close(),
  };
}

async function carryOut(
  client: PubSubClient,
  method: string,
  params: Readonly<Record<string, unknown>>,
): Promise<Record<string, unknown>> {
  if (method === 'publish')
    return { ...(await client.publish(String(params['event_name']), params['value'])) };
  if (method === 'subscribe') {
    const { id } = await client.subscribe(String(params['event_name']), () => undefined);
    return { subscription_id: id };
  }
  return { ...(await client.request(method, params)) };
}

/** A code as the matrix has it. */
export function withoutPrefix(code: unknown): string {
  return String(code).replace('ERR_PUBSUB_', '');
}
