/** Publishing: counts, values, names, order. */
import assert from 'node:assert/strict';
import { code } from '../support/codes.js';
import { until } from '../support/until.js';
import type { Case } from './stage.js';

export const publishing: readonly Case[] = [
  {
    name: 'publish resolves with the number of other clients that subscribe, and the publisher hears nothing',
    run: async (open) => {
      const stage = await open();
      const [one, two, three] = [stage.connect(), stage.connect(), stage.connect()];
      const heard: string[] = [];
      await one.subscribe('e', () => heard.push('one'));
      await two.subscribe('e', () => heard.push('two'));
      await two.subscribe('e', () => heard.push('two again'));
      assert.deepEqual(await one.publish('e', 1), { listeners: 1 });
      assert.deepEqual(await three.publish('e', 1), { listeners: 2 });
      assert.deepEqual(await one.publish('nobody', 1), { listeners: 0 });
      await until(() => heard.length === 5, 'five values');
      assert.deepEqual(heard, ['two', 'two again', ...heard.slice(2)]);
      assert.deepEqual(heard.toSorted(), ['one', 'two', 'two', 'two again', 'two again']);
    },
  },
  {
    name: 'values arrive as JSON carries them',
    run: async (open) => {
      const stage = await open();
      const [publisher, subscriber] = [stage.connect(), stage.connect()];
      const values = [
        ...[null, true, false, 0, -1.5, 1e300, '', 'é😀\u2028', 'a,b]"\\', [], {}, [[], [{}]]],
        { nested: { list: [1, 'two', null] }, ['__proto__']: { polluted: true } },
        JSON.parse('{"__proto__":{"polluted":true},"constructor":1}') as unknown,
        'lone \ud800 surrogate',
        'x'.repeat(1_000_000),
      ];
      const received: unknown[] = [];
      await subscriber.subscribe('e', (value) => received.push(value));
      await Promise.all(values.map((value) => publisher.publish('e', value)));
      await publisher.publish('e', undefined);
      await publisher.publish('e', new Date(0));
      await publisher.publish('e', { gone: undefined, list: [undefined, NaN] });
      await publisher.publish('e', { toJSON: () => undefined });
      await until(() => received.length === values.length + 4, 'all values');
      assert.deepEqual(received, [...values, null, '1970-01-01T00:00:00.000Z', { list: [null, null] }, null]);
      assert.equal(({} as { polluted?: boolean }).polluted, undefined);
    },
  },
  {
    name: 'what cannot be published is refused before anything is sent',
    run: async (open) => {
      const stage = await open({ limits: { valueLength: 1_000 } });
      const client = stage.connect({ limits: { valueLength: 1_000 } });
      await client.ready;
      const cycle: { self?: unknown } = {};
      cycle.self = cycle;
      const throws = {
        toJSON: () => {
          throw new Error('no');
        },
      };
      for (const name of ['', 'x'.repeat(257), 'lone \ud800', undefined, null, 1, {}]) {
        await assert.rejects(client.publish(name as string, 1), code('INVALID_ARGUMENT'));
        await assert.rejects(client.subscribe(name as string), code('INVALID_ARGUMENT'));
      }
      for (const value of [1n, { deep: [1n] }, cycle, throws, () => 1, Symbol('s')]) {
        await assert.rejects(client.publish('e', value), code('SERIALIZE'));
      }
      await assert.rejects(client.publish('e', 'x'.repeat(999)), code('LIMIT'));
      for (const timeout of [0, -1, NaN, Infinity, 2 ** 31, '5' as unknown as number]) {
        await assert.rejects(client.publish('e', 1, { timeout }), code('INVALID_ARGUMENT'));
      }
      assert.equal(client.stats().pending, 0);
      const { published, refused } = await stage.stats();
      assert.deepEqual({ published, refused }, { published: 0, refused: 0 });
      await client.publish('x'.repeat(256), 'x'.repeat(998));
    },
  },
  {
    name: 'the server refuses what is beyond its own limits, and only that',
    run: async (open) => {
      const stage = await open({ limits: { valueLength: 10, eventNameLength: 5 } });
      const [publisher, subscriber] = [stage.connect(), stage.connect()];
      const received: unknown[] = [];
      await subscriber.subscribe('e', (value) => received.push(value));
      const outcomes = await Promise.allSettled([
        publisher.publish('e', 1),
        publisher.publish('e', 'far too long'),
        publisher.publish('too long', 1),
        publisher.publish('e', 2),
      ]);
      const told = outcomes.map((outcome) =>
        outcome.status === 'fulfilled' ? outcome.value.listeners : (outcome.reason as { code: string }).code,
      );
      assert.deepEqual(told, [1, 'ERR_PUBSUB_LIMIT', 'ERR_PUBSUB_INVALID_ARGUMENT', 1]);
      await until(() => received.length === 2, 'two values');
      assert.deepEqual(received, [1, 2]);
    },
  },
  {
    name: 'names that objects have are ordinary names',
    run: async (open) => {
      const stage = await open();
      const [publisher, subscriber] = [stage.connect(), stage.connect()];
      const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'é😀', ' ', '\0'];
      const received: unknown[] = [];
      for (const name of names) {
        assert.deepEqual(await publisher.publish(name, 0), { listeners: 0 });
        await subscriber.subscribe(name, (value, { event }) => received.push([event, value]));
      }
      await Promise.all(names.map((name, position) => publisher.publish(name, position)));
      await until(() => received.length === names.length, 'all values');
      assert.deepEqual(
        received,
        names.map((name, position) => [name, position]),
      );
    },
  },
  {
    name: 'all subscribers see one order, across events and publishers',
    run: async (open) => {
      const stage = await open();
      const publishers = [stage.connect(), stage.connect(), stage.connect()];
      const logs: string[][] = [[], []];
      for (const log of logs) {
        const subscriber = stage.connect();
        for (const event of ['a', 'b', 'c']) {
          await subscriber.subscribe(event, (value) => log.push(`${event} ${String(value)}`));
        }
      }
      const each = 300;
      await Promise.all(
        publishers.flatMap((publisher, from) =>
          Array.from({ length: each }, (_, n) => publisher.publish('abc'.charAt(n % 3), `${from}:${n}`)),
        ),
      );
      await until(() => logs.every((log) => log.length === publishers.length * each), 'all values');
      assert.deepEqual(logs[0], logs[1]);
      for (const from of publishers.keys()) {
        const own = (logs[0] as string[]).filter((line) => line.includes(` ${from}:`));
        assert.deepEqual(
          own,
          Array.from({ length: each }, (_, n) => `${'abc'.charAt(n % 3)} ${from}:${n}`),
        );
      }
    },
  },
  {
    name: 'a subscriber of some of the events in a batch receives those, in order, with true counts',
    run: async (open) => {
      const stage = await open();
      const [publisher, some, all] = [stage.connect(), stage.connect(), stage.connect()];
      const events = ['a', 'b', 'c', 'd'];
      const ofSome: unknown[] = [];
      const ofAll: unknown[] = [];
      for (const event of ['b', 'd']) await some.subscribe(event, (value) => ofSome.push(value));
      for (const event of events) await all.subscribe(event, (value) => ofAll.push(value));
      const values = Array.from({ length: 40 }, (_, n) => ({ n, text: 'x'.repeat(n) }));
      const eventOf = (n: number): string => events[(n * 7) % 4] as string;
      const results = await Promise.all(values.map((value) => publisher.publish(eventOf(value.n), value)));
      await until(() => ofAll.length === 40 && ofSome.length === 20, 'all values');
      assert.deepEqual(ofAll, values);
      const isOfSome = ({ n }: { n: number }): boolean => ['b', 'd'].includes(eventOf(n));
      assert.deepEqual(ofSome, values.filter(isOfSome));
      assert.deepEqual(
        results.map(({ listeners }) => listeners),
        values.map((value) => (isOfSome(value) ? 2 : 1)),
      );
    },
  },
];
