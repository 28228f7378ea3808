/**
 * An event is encoded once, however many are told: all connections of a medium are given the same bytes, known by being
 * one and the same object.
 */
import assert from 'node:assert/strict';
import { Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { MemoryAdapter, Server, type Client } from 'clustercast';
import { JsonRpcAdapter, JsonRpcClient } from 'clustercast/json-rpc';
import { media, type ByHand, type Medium } from '../support/media.js';

/** In each event, and in nothing else that is said. */
const eventMark = '"method":"event"';
const crowdSize = 20;

for (const [name, openMedium] of Object.entries(media)) {
  describe(`an event for many on ${name}`, () => {
    it('is encoded once, and all are given the same bytes', async (t) => {
      await using stage = await openStage([openMedium]);
      const crowd = await stage.join(crowdSize, ['e']);
      const value = countedValue();
      const seen = watch(t);
      assert.deepEqual(await stage.publisher.publish('e', value), { listeners: crowdSize });
      await hear(crowd, [{ event_name: 'e', value: { text: 'ü' } }]);
      assert.equal(value.encodings, 1);
      assert.equal(seen.spellings(), 1);
      assert.equal(groupsOf(seen.writes(), crowdSize), 1);
    });

    it('is encoded once among others of its turn', async (t) => {
      await using stage = await openStage([openMedium]);
      const crowd = await stage.join(crowdSize, ['e', 'f']);
      const seen = watch(t);
      await Promise.all(['e', 'f', 'e'].map((event, value) => stage.publisher.publish(event, value)));
      await hear(
        crowd,
        ['e', 'f', 'e'].map((event_name, value) => ({ event_name, value })),
      );
      assert.equal(seen.spellings(), 3);
      assert.equal(groupsOf(seen.writes(), crowdSize), 1);
    });

    it('is encoded once for those who want the same of its turn', async (t) => {
      await using stage = await openStage([openMedium]);
      const all = await stage.join(crowdSize, ['e', 'f']);
      const some = await stage.join(crowdSize, ['e']);
      const seen = watch(t);
      await Promise.all(['e', 'f'].map((event, value) => stage.publisher.publish(event, value)));
      const events = ['e', 'f'].map((event_name, value) => ({ event_name, value }));
      await Promise.all([hear(all, events), hear(some, events.slice(0, 1))]);
      assert.equal(seen.spellings(), 3);
      assert.equal(groupsOf(seen.writes(), 2 * crowdSize), 2);
    });

    it('is encoded once where a remote client published it', async (t) => {
      await using stage = await openStage([openMedium]);
      const crowd = await stage.join(crowdSize, ['e']);
      const remote = stage.remote();
      await remote.ready;
      const seen = watch(t);
      assert.deepEqual(await remote.publish('e', 1), { listeners: crowdSize });
      await hear(crowd, [{ event_name: 'e', value: 1 }]);
      assert.equal(seen.spellings(), 1);
      assert.equal(groupsOf(seen.writes(), crowdSize), 1);
    });
  });
}

describe('an event for many on several media', () => {
  it('is spelled once for all of them, and made into bytes once as lines and once as messages', async (t) => {
    await using stage = await openStage(Object.values(media));
    const count = crowdSize * Object.keys(media).length;
    const crowd = await stage.join(crowdSize, ['e']);
    const seen = watch(t);
    assert.deepEqual(await stage.publisher.publish('e', 1), { listeners: count });
    await hear(crowd, [{ event_name: 'e', value: 1 }]);
    assert.equal(seen.spellings(), 1);
    assert.equal(groupsOf(seen.writes(), count), 2);
  });
});

interface Stage extends AsyncDisposable {
  /** In the server's process. */
  readonly publisher: Client;
  /** On the first medium. */
  remote(): Client;
  /** So many on each medium who want these events. */
  join(count: number, events: readonly string[]): Promise<ByHand[]>;
}

async function openStage(open: readonly (() => Promise<Medium>)[]): Promise<Stage> {
  const opened = await Promise.all(open.map((openMedium) => openMedium()));
  const memory = new MemoryAdapter();
  const adapters = opened.map((medium) => new JsonRpcAdapter(medium.source(), { isTrusted: true }));
  const server = new Server([memory, ...adapters]);
  const publisher = memory.connect();
  const remotes: Client[] = [];
  const joined: ByHand[] = [];
  await server.start();
  return {
    publisher,
    remote: () => {
      const client = new JsonRpcClient(null, (opened[0] as Medium).dialer());
      remotes.push(client);
      return client;
    },
    join: async (count, events) => {
      const places = opened.flatMap((medium) => Array.from({ length: count }, () => medium));
      const crowd = await Promise.all(places.map((medium) => medium.byHand()));
      joined.push(...crowd);
      for (const event_name of events) {
        const params = { request_id: 's', event_name };
        for (const one of crowd) one.send(JSON.stringify({ jsonrpc: '2.0', method: 'subscribe', params }));
        await Promise.all(crowd.map((one) => one.next()));
      }
      return crowd;
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([publisher, ...remotes].map((client) => client.close()));
      for (const one of joined) one.close();
      await server.close();
      await Promise.all(opened.map((medium) => medium.end()));
    },
  };
}

/** A value that counts how often it is encoded. */
function countedValue(): { encodings: number; toJSON(): unknown } {
  return {
    encodings: 0,
    toJSON() {
      this.encodings += 1;
      return { text: 'ü' };
    },
  };
}

/** What sockets of this process are given of events from now on, and how often one is spelled. */
function watch(t: TestContext): { spellings(): number; writes(): Map<unknown, unknown[]> } {
  const stringify = t.mock.method(JSON, 'stringify');
  const write = t.mock.method(Socket.prototype, 'write');
  return {
    spellings: () => stringify.mock.calls.filter(({ result }) => isEvent(result)).length,
    writes: () => {
      const bySocket = new Map<unknown, unknown[]>();
      for (const { this: socket, arguments: given } of write.mock.calls) {
        const [chunk] = given as readonly unknown[];
        if (isEvent(chunk)) bySocket.set(socket, [...(bySocket.get(socket) ?? []), chunk]);
      }
      return bySocket;
    },
  };
}

function isEvent(said: unknown): boolean {
  return (typeof said === 'string' || said instanceof Uint8Array) && Buffer.from(said).includes(eventMark);
}

/** Into how many groups sockets fall, of which each was given the same bytes, none of them made for itself. */
function groupsOf(writes: ReadonlyMap<unknown, readonly unknown[]>, sockets: number): number {
  assert.equal(writes.size, sockets);
  const groups: (readonly unknown[])[] = [];
  for (const chunks of writes.values()) {
    for (const chunk of chunks) assert.ok(chunk instanceof Uint8Array, 'a text is encoded for each socket');
    const isSame = (group: readonly unknown[]): boolean =>
      group.length === chunks.length && group.every((chunk, position) => chunk === chunks[position]);
    if (!groups.some(isSame)) groups.push(chunks);
  }
  return groups.length;
}

/** Each of the crowd is told exactly these events next. */
async function hear(crowd: readonly ByHand[], events: readonly object[]): Promise<void> {
  for (const one of crowd) {
    for (const params of events) {
      assert.deepEqual(JSON.parse(await one.next()), { jsonrpc: '2.0', method: 'event', params });
    }
  }
}
