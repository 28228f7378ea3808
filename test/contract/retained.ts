/** Retained values: the last one first, then what follows, with nothing between them lost or doubled. */
import assert from 'node:assert/strict';
import type { Client, Handler, Message } from 'clustercast';
import type { CachingClient } from '#lib/state/client/caching-client.js';
import { code } from '../support/codes.js';
import { endOfTurn } from '../support/turn.js';
import { until } from '../support/until.js';
import type { Case, Stage } from './stage.js';

const retain = { retain: true } as const;
const retained = { retained: true } as const;

export const retaining: readonly Case[] = [
  {
    name: 'who subscribes later gets the retained value first, marked, and then what follows',
    run: async (open) => {
      const stage = await open();
      const [publisher, early, late] = [stage.connect(), stage.connect(), stage.connect()];
      const heard = recorder();
      await early.subscribe('e', heard.handler, retained);
      assert.deepEqual(await publisher.publish('e', { n: 1 }, retain), { listeners: 1 });
      assert.deepEqual(await publisher.publish('e', { n: 2 }, retain), { listeners: 1 });
      const heardLate = recorder();
      await late.subscribe('e', heardLate.handler, retained);
      assert.deepEqual(heardLate.messages, [{ event: 'e', value: { n: 2 }, retained: true }]);
      assert.deepEqual(await publisher.publish('e', { n: 3 }), { listeners: 2 });
      await until(() => heard.messages.length === 3 && heardLate.messages.length === 2, 'the values');
      const plain = [1, 2, 3].map((n) => ({ event: 'e', value: { n } }));
      assert.deepEqual(heard.messages, plain, 'not marked where it is new');
      assert.deepEqual(heardLate.messages[1], plain[2]);
      assert.equal(publisher.stats().published, 3);
    },
  },
  {
    name: 'a subscription that is iterated has the retained value as its first one',
    run: async (open) => {
      const stage = await open();
      const publisher = stage.connect();
      await publisher.publish('e', null, retain);
      const subscription = await stage.connect().subscribe('e', retained);
      await publisher.publish('e', 1);
      const received: unknown[] = [];
      for await (const value of subscription) if (received.push(value) === 2) break;
      assert.deepEqual(received, [null, 1]);
    },
  },
  {
    name: 'a plain publish changes nothing of what is retained, and a plain subscription gets nothing of it',
    run: async (open) => {
      const stage = await open();
      const publisher = stage.connect();
      await publisher.publish('e', 'kept', retain);
      await publisher.publish('e', 'passing');
      const plain = recorder();
      await stage.connect().subscribe('e', plain.handler);
      assert.equal(await firstOf(stage.connect(), 'e'), 'kept');
      assert.equal(await firstOf(stage.connect(), 'another'), undefined);
      await publisher.publish('e', 'next');
      await until(() => plain.messages.length === 1, 'the value');
      assert.deepEqual(plain.messages, [{ event: 'e', value: 'next' }]);
    },
  },
  {
    name: 'the publisher itself gets what it has retained when it subscribes later',
    run: async (open) => {
      const client = (await open()).connect();
      await client.publish('e', 'mine', retain);
      assert.equal(await firstOf(client, 'e'), 'mine');
    },
  },
  {
    name: 'undefined arrives as null, and nothing is retained any more',
    run: async (open) => {
      const stage = await open();
      const publisher = stage.connect();
      const heard = recorder();
      await stage.connect().subscribe('e', heard.handler);
      await publisher.publish('e', 1, retain);
      assert.deepEqual(await publisher.publish('e', undefined, retain), { listeners: 1 });
      await until(() => heard.messages.length === 2, 'both values');
      assert.deepEqual(heard.messages[1], { event: 'e', value: null });
      assert.equal(await firstOf(stage.connect(), 'e'), undefined);
      await publisher.publish('e', undefined, retain);
      await assertRetained(stage, 0, 0);
    },
  },
  {
    name: 'nothing is lost or doubled between the retained value and what follows, at full speed',
    run: async (open) => {
      const stage = await open();
      const [publisher, subscriber] = [stage.connect(), stage.connect()];
      const last = 2_000;
      await publisher.publish('e', 0, retain);
      const publishing = (async () => {
        const published: Promise<unknown>[] = [];
        for (let n = 1; n <= last; n++) {
          published.push(publisher.publish('e', n, retain));
          if (n % 10 === 0) await endOfTurn();
        }
        await Promise.all(published);
      })();
      const all: Message<unknown>[][] = [];
      while (publisher.stats().published <= last) {
        const { handler, messages } = recorder();
        await subscriber.subscribe('e', handler, retained);
        all.push(messages);
      }
      await publishing;
      await until(() => all.every((messages) => messages.at(-1)?.value === last), 'the last value');
      const begins = all.map(([first]) => Number(first?.value));
      assert.ok(
        begins.some((n) => n > 0 && n < last),
        `none came in between: ${begins.join()}`,
      );
      for (const [at, messages] of all.entries()) {
        const begin = begins[at] as number;
        const expected = Array.from({ length: last - begin + 1 }, (_, i) => begin + i);
        assert.deepEqual(
          messages.map(({ value }) => value),
          expected,
        );
        assert.deepEqual(
          messages.map((message) => message.retained).filter((mark) => mark !== undefined),
          [true],
          'the first one is marked, and no other',
        );
        assert.equal(messages[0]?.retained, true);
      }
    },
  },
  {
    name: 'to retain one needs the right to publish, to be given it the right to subscribe',
    run: async (open) => {
      const clients = [
        { id: 'reader-0123456789', canPublish: false },
        { id: 'writer-0123456789', canSubscribe: false },
      ] as const;
      const stage = await open({ clients, limits: { retainedValues: 1 } });
      const [reader, writer] = clients.map(({ id }) => stage.connect({ clientId: id })) as [Client, Client];
      await writer.publish('e', 1, retain);
      for (const event of ['e', 'one too many']) {
        await assert.rejects(reader.publish(event, 2, retain), code('FORBIDDEN'));
      }
      await assert.rejects(reader.publish('e', undefined, retain), code('FORBIDDEN'));
      await assert.rejects(writer.subscribe('e', retained), code('FORBIDDEN'));
      assert.equal(await firstOf(reader, 'e'), 1);
      const { turnedAway } = await stage.stats();
      assert.deepEqual(turnedAway, {});
    },
  },
  {
    name: 'what goes beyond a limit is not published, and what is retained stays',
    run: async (open) => {
      const stage = await open({ limits: { retainedValues: 2, retainedLength: 20 } });
      const publisher = stage.connect();
      const heard = recorder();
      for (const event of ['a', 'b', 'c']) await stage.connect().subscribe(event, heard.handler);
      await publisher.publish('a', 'aaaaaaa', retain);
      await publisher.publish('b', 'bbbbbbb', retain);
      await assertRetained(stage, 2, 20);
      await assert.rejects(publisher.publish('c', 1, retain), code('LIMIT'));
      await assert.rejects(publisher.publish('a', 'aaaaaaaa', retain), code('LIMIT'));
      await assertRetained(stage, 2, 20);
      await publisher.publish('b', 1, retain);
      await publisher.publish('a', 'aaaaaaaaaaaaa', retain);
      await assertRetained(stage, 2, 18);
      await publisher.publish('a', undefined, retain);
      await publisher.publish('c', 1, retain);
      await assertRetained(stage, 2, 4);
      await until(() => heard.messages.length === 6, 'the values');
      assert.deepEqual(
        heard.messages.map(({ value }) => value),
        ['aaaaaaa', 'bbbbbbb', 1, 'aaaaaaaaaaaaa', null, 1],
      );
      const { turnedAway } = await stage.stats();
      assert.deepEqual(turnedAway, { retainedValues: 1, retainedLength: 1 });
    },
  },
  {
    name: 'a value that cannot be retained rejects before anything is sent',
    run: async (open) => {
      const stage = await open();
      const client = stage.connect({ limits: { valueLength: 10 } });
      await client.ready;
      await assert.rejects(client.publish('e', 1n, retain), code('SERIALIZE'));
      await assert.rejects(client.publish('e', 'x'.repeat(9), retain), code('LIMIT'));
      await assert.rejects(client.publish('', 1, retain), code('INVALID_ARGUMENT'));
      await assert.rejects(client.subscribe('', retained), code('INVALID_ARGUMENT'));
      await assertRetained(stage, 0, 0);
      assert.equal((await stage.stats()).refused, 0);
    },
  },
  {
    name: 'requests by hand may carry the value itself, and are refused where they make no sense',
    run: async (open) => {
      const stage = await open({ limits: { valueLength: 10 } });
      const client = stage.connect() as CachingClient;
      await client.request('retained.publish', { event_name: 'e', value: { n: 1 } });
      assert.deepEqual(await firstOf(client, 'e'), { n: 1 });
      await client.request('retained.publish', { event_name: 'e', json: '[1,\n2]' });
      await assertRetained(stage, 1, 'e'.length + '[1,2]'.length);
      for (const [params, problem] of [
        [{ event_name: 'e' }, 'INVALID_ARGUMENT'],
        [{ event_name: 'e', json: 1 }, 'INVALID_ARGUMENT'],
        [{ event_name: 'e', json: '[' }, 'SERIALIZE'],
        [{ event_name: 'e', json: '"123456789"' }, 'LIMIT'],
        [{ json: '1' }, 'INVALID_ARGUMENT'],
        [{ clear: true }, 'INVALID_ARGUMENT'],
        [{ event_name: '$clustercast/map/m', json: '1' }, 'INVALID_ARGUMENT'],
      ] as const) {
        await assert.rejects(client.request('retained.publish', params), code(problem));
      }
      assert.deepEqual((await stage.stats()).turnedAway, { valueLength: 1 });
      for (const event_name of [undefined, 7, '', '$clustercast/map/m']) {
        await assert.rejects(client.request('retained.subscribe', { event_name }), code('INVALID_ARGUMENT'));
      }
      assert.deepEqual(await firstOf(client, 'e'), [1, 2]);
      await assertRetained(stage, 1, 6);
    },
  },
];

interface Recorder {
  readonly messages: Message<unknown>[];
  readonly handler: Handler<unknown>;
}

function recorder(): Recorder {
  const messages: Message<unknown>[] = [];
  return { messages, handler: (_value, message) => void messages.push(message) };
}

/** What a subscription gets before anything is published after it. */
async function firstOf(client: Client, event: string): Promise<unknown> {
  const { messages, handler } = recorder();
  await (await client.subscribe(event, handler, retained)).unsubscribe();
  return messages[0]?.value;
}

async function assertRetained(stage: Stage, count: number, length: number): Promise<void> {
  const { state } = await stage.stats();
  assert.deepEqual([state.retained, state.retainedLength], [count, length]);
}
