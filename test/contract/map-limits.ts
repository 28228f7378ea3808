/** Replicated maps: the rights of registered clients, and every limit. */
import assert from 'node:assert/strict';
import { PubSubError, type ClientInfo, type ReplicatedMap } from 'clustercast';
import { code } from '../support/codes.js';
import { until } from '../support/until.js';
import type { Case } from './stage.js';

const clients: readonly ClientInfo[] = [
  { id: 'nothing-0123456789' },
  { id: 'reader-0123456789', maps: { m: 'read' }, canPublish: false, canSubscribe: false },
  { id: 'writer-0123456789', maps: { m: 'write', other: 'read' }, canPublish: false, canSubscribe: false },
];

/** What a promise was rejected with, in full. */
async function refusal(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof PubSubError);
    return `${error.code} ${error.message}`;
  }
  return assert.fail('it was not refused');
}

/** As many arrays within each other. */
function nested(levels: number): unknown {
  return JSON.parse('['.repeat(levels) + ']'.repeat(levels));
}

export const mapLimits: readonly Case[] = [
  {
    name: 'a registered client may use the maps that it was granted, in the way that it was',
    run: async (open) => {
      const stage = await open({ clients });
      const [nothing, reader, writer] = clients.map(({ id }) => stage.connect({ clientId: id })) as [
        ReturnType<typeof stage.connect>,
        ReturnType<typeof stage.connect>,
        ReturnType<typeof stage.connect>,
      ];
      await assert.rejects(nothing.map('m'), code('FORBIDDEN'));
      const [read, written] = await Promise.all([reader.map<number>('m'), writer.map<number>('m')]);
      await written.set('k', 1);
      await until(() => read.get('k') === 1, 'the value');
      await assert.rejects(read.set('k', 2), code('FORBIDDEN'));
      await assert.rejects(read.delete('k'), code('FORBIDDEN'));
      await assert.rejects(read.clear(), code('FORBIDDEN'));
      await assert.rejects(read.increment('k'), code('FORBIDDEN'));
      await assert.rejects(
        read.update('k', () => 2),
        code('FORBIDDEN'),
      );
      assert.deepEqual([read.get('k'), read.version], [1, 1]);
      assert.equal(await written.increment('k'), 2);
      assert.equal(await written.delete('k'), true);
      await written.clear();
      await assert.rejects((await writer.map('other')).set('k', 1), code('FORBIDDEN'));
      for (const name of ['__proto__', 'toString', 'M', 'm ']) {
        for (const client of [nothing, reader, writer])
          await assert.rejects(client.map(name), code('FORBIDDEN'));
      }
      assert.equal((await stage.stats()).state.watchers, 3);
    },
  },
  {
    name: 'who may not use a map does not learn whether there is one',
    run: async (open) => {
      const stage = await open({ clients });
      const [nothing, reader] = [
        stage.connect({ clientId: 'nothing-0123456789' }),
        stage.connect({ clientId: 'reader-0123456789' }),
      ];
      const read = await reader.map<number>('m');
      const before = [await refusal(nothing.map('m')), await refusal(read.set('k', 1))];
      const map = await stage.connect().map<number>('m');
      await map.set('k', 1);
      const after = [await refusal(nothing.map('m')), await refusal(read.set('k', 1))];
      assert.deepEqual(after, before);
      assert.equal(await refusal(nothing.map('none')), before[0]);
      const { maps, entries } = (await stage.stats()).state;
      assert.deepEqual([maps, entries], [1, 1]);
    },
  },
  {
    name: 'a server holds so many maps, and one that nobody uses is none',
    run: async (open) => {
      const stage = await open({ limits: { maps: 2 } });
      const client = stage.connect();
      const [a, b] = [await client.map<number>('a'), await client.map<number>('b')];
      await assert.rejects(client.map('c'), code('LIMIT'));
      await a.set('k', 1);
      assert.deepEqual((await stage.stats()).turnedAway, { maps: 1 });
      await a.close();
      await assert.rejects(client.map('c'), code('LIMIT'));
      const again = await client.map<number>('a');
      assert.equal(again.get('k'), 1);
      await again.clear();
      await again.close();
      const c = await client.map<number>('c');
      await b.set('k', 1, { ttl: 100 });
      await b.close();
      // Its last entry ends, and there is nobody any more who would see it.
      await until(async () => (await stage.stats()).state.maps === 1, 'the end of the second one');
      assert.equal(await c.set('k', 1), c.version);
      const d = await client.map<number>('d');
      await d.set('k', 1);
      const { maps, entries } = (await stage.stats()).state;
      assert.deepEqual([maps, entries], [2, 2]);
    },
  },
  {
    name: 'a map holds so many entries, and so many characters, and is usable at its limit',
    run: async (open) => {
      const stage = await open({ limits: { mapEntries: 2, mapLength: 20 } });
      const map = await stage.connect().map<string | number>('m');
      await map.set('a', 'xx');
      await map.set('b', 'xx');
      const isUnchanged = async (promise: Promise<unknown>): Promise<void> => {
        const { version } = map;
        await assert.rejects(promise, code('LIMIT'));
        assert.deepEqual([map.version, map.size], [version, 2]);
      };
      await isUnchanged(map.set('c', 'xx'));
      await isUnchanged((map as ReplicatedMap<number>).increment('c'));
      await isUnchanged(map.set('b', 'x'.repeat(13)));
      await map.set('b', 'x'.repeat(12));
      assert.equal((await stage.stats()).state.length, 20);
      await isUnchanged(map.set('a', 'xxx'));
      await map.set('a', 'x');
      await map.set('b', '');
      await map.delete('a');
      await map.set('c', 'xx');
      assert.deepEqual((await stage.stats()).turnedAway, { mapEntries: 2, mapLength: 2 });
      assert.deepEqual([...map.keys()], ['b', 'c']);
    },
  },
  {
    name: 'a key and a value are so long at most',
    run: async (open) => {
      const stage = await open({ limits: { keyLength: 4, valueLength: 6 } });
      const [client, other] = [stage.connect(), stage.connect({ limits: { valueLength: 3 } })];
      const [map, short] = [await client.map<string>('m'), await other.map<string>('m')];
      await map.set('1234', 'abcd');
      await assert.rejects(map.set('12345', 'abcd'), code('LIMIT'));
      await assert.rejects(map.delete('12345'), code('LIMIT'));
      await assert.rejects(map.set('1234', 'abcde'), code('LIMIT'));
      await assert.rejects(short.set('1234', 'ab'), code('LIMIT'));
      assert.deepEqual([map.get('1234'), map.version, map.size], ['abcd', 1, 1]);
      assert.deepEqual((await stage.stats()).turnedAway, { keyLength: 2, valueLength: 1 });
      assert.equal(await map.delete('1234'), true);
    },
  },
  {
    name: 'a value that the server keeps is nested so deeply at most',
    run: async (open) => {
      const stage = await open({ limits: { jsonDepth: 20 } });
      const client = stage.connect();
      const map = await client.map<unknown>('m');
      const [deep, deeper] = [20, 21].map(nested);
      await map.set('k', deep);
      await assert.rejects(map.set('k', deeper), code('LIMIT'));
      await assert.rejects(client.publish('e', deeper, { retain: true }), code('LIMIT'));
      assert.deepEqual([map.get('k'), map.version], [deep, 1]);
      const { turnedAway, state } = await stage.stats();
      assert.deepEqual([turnedAway, state.retained], [{ jsonDepth: 2 }, 0]);
    },
  },
];
