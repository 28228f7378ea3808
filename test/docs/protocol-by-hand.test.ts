/**
 * What docs/protocol.md says of the IPC channel, tried by hand: its client against the real server, its server's
 * messages against the real client, and what is said that should not be.
 */
import assert from 'node:assert/strict';
import cluster from 'node:cluster';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startPrimary } from 'clustercast';
import { until, within } from '../support/until.js';
import { answersTo, answerTo, capabilities, serverByHand, type Envelope } from './by-hand.js';
import { document, example, root, textOf } from './document.js';
import { rowsOf, sectionOf } from './markdown.js';
import { Stage } from './stage.js';

describe('the client by hand', () => {
  for (const serialization of ['advanced', 'json'] as const) {
    it(`talks to the real server, ${serialization}`, async () => {
      const build = fileURLToPath(new URL('build/', root));
      mkdirSync(build, { recursive: true });
      const folder = mkdtempSync(join(build, 'client-by-hand-'));
      const exec = join(folder, 'client.mjs');
      writeFileSync(exec, textOf('client-by-hand'));
      cluster.setupPrimary({ exec, execArgv: [], silent: true });
      await using primary = await startPrimary({ serialization });
      const client = primary.connect();
      const greetings: unknown[] = [];
      await client.subscribe('greeting', async (greeting) => {
        greetings.push(greeting);
        assert.deepEqual(await client.publish('news', { headline: 'all is well' }), { listeners: 1 });
      });
      const worker = cluster.fork();
      try {
        const output = { stdout: '', stderr: '' };
        for (const name of ['stdout', 'stderr'] as const) {
          worker.process[name]?.setEncoding('utf8').on('data', (text: string) => (output[name] += text));
        }
        const [code] = (await within(once(worker.process, 'close'), 'the end of the worker')) as [number];
        assert.deepEqual(output, {
          stdout: "listeners: 1\nevent: news { headline: 'all is well' }\n",
          stderr: '',
        });
        assert.equal(code, 0);
        assert.deepEqual(greetings, [{ from: 'a client by hand' }]);
        const { accepted, connections, published } = primary.server.stats();
        assert.deepEqual({ accepted, connections, published }, { accepted: 2, connections: 1, published: 2 });
      } finally {
        worker.process.kill();
        rmSync(folder, { recursive: true, force: true });
      }
    });
  }
});

describe('the messages of the server, by hand', () => {
  it('are what the real client takes them for', async () => {
    await using stage = await Stage.open({ serialization: 'json' });
    const { seat, heard, say, welcome } = serverByHand(stage);

    const a = await welcome('a');
    const asked = [
      ['subscribe', 'user::logged_in'],
      ['request', 'unsubscribe', { subscription_id: '9' }],
      ['request', 'unsubscribe', { subscription_id: '9' }],
    ];
    const answered = seat.call('inOneTurn', 'a', ...asked);
    await heard.take();
    for (const message of [
      example('event'), // not yet subscribed
      example('response-subscribe'),
      example('event'),
      example('response-unsubscribe'),
      example('response-refused'),
      example('event-null'),
    ]) {
      say({ ...example('message-to-client'), port: a, message });
    }
    assert.deepEqual(await answered, ['1', { client_id: 'client-a' }, 'ERR_PUBSUB_FORBIDDEN']);
    say({ ...example('batch-to-client'), port: a, batch: example('batch-events') });
    const values = [{ id: 'u1' }, null, { id: 'u1' }, { id: 'u2' }];
    const events = values.map((value) => ['user::logged_in', value]);
    await until(async () => ((await seat.call('heard')) as unknown[]).length >= events.length, 'the events');
    assert.deepEqual(await seat.call('heard'), events);

    const b = await welcome('b');
    const publishes = [
      ['publish', 'user::logged_in', { id: 'u1' }],
      ['publish', 'user::logged_in', { id: 'u2' }],
      ['publish', 'cart::changed', { items: 30 }],
    ];
    const published = seat.call('inOneTurn', 'b', ...publishes);
    assert.deepEqual((await heard.take())['batch'], example('batch-publish'));
    say({ ...example('batch-to-client'), port: b, batch: example('batch-published') });
    assert.deepEqual(await published, [{ listeners: 2 }, { listeners: 2 }, { listeners: 1 }]);
    const partly = seat.call('inOneTurn', 'b', ...publishes.slice(1));
    await heard.take();
    say({ ...example('batch-to-client'), port: b, batch: example('batch-partly-refused-answer') });
    assert.deepEqual(await partly, ['ERR_PUBSUB_INVALID_ARGUMENT', { listeners: 1 }]);

    const c = await welcome('c');
    const one = seat.call('inOneTurn', 'c', ...publishes.slice(2));
    await heard.take();
    say({ ...example('batch-to-client'), port: c, batch: [{ published: { first: 1, listeners: [1, 0] } }] });
    assert.deepEqual(await one, [{ listeners: 0 }]);
    const refused = seat.call('inOneTurn', 'c', ...publishes.slice(1));
    await heard.take();
    say({ ...example('batch-to-client'), port: c, batch: example('batch-refused') });
    assert.deepEqual(await refused, ['ERR_PUBSUB_FORBIDDEN', 'ERR_PUBSUB_FORBIDDEN']);

    // After a bye, and after the refusal of a server that ends, it comes again; after any other it does not.
    const unanswered = seat.call('inOneTurn', 'c', ...publishes.slice(2));
    await heard.take();
    say({ ...example('bye-to-client'), port: c });
    assert.deepEqual(await unanswered, ['ERR_PUBSUB_OUTCOME_UNKNOWN']);
    const again = await heard.take();
    assert.deepEqual(again['hello'], example('hello')['hello']);
    const ending = { status: false, code: 'ERR_PUBSUB_CLOSED', error_message: 'the server is closed' };
    say({ ...example('refusal'), port: again['port'], welcome: ending });
    const last = await heard.take();
    assert.deepEqual(last['hello'], example('hello')['hello']);
    assert.equal(new Set([c, again['port'], last['port']]).size, 3);
    say({ ...example('refusal'), port: last['port'] });
    await until(() => seat.call('isClosed', 'c') as Promise<boolean>, 'the end of the client');

    const connected = seat.call('connect', 'd', { capabilities });
    const { port } = await heard.take();
    const unsupported = { status: false, code: 'ERR_PUBSUB_UNSUPPORTED', error_message: 'not version 1' };
    say({ ...example('refusal'), port, welcome: unsupported });
    assert.equal(await connected, 'ERR_PUBSUB_UNSUPPORTED');
    assert.equal(await seat.call('isClosed', 'd'), true);
    assert.deepEqual(await seat.call('errors'), []);
  });

  it("raise 'error' where they answer nobody knows what, or cannot be read, and the rest is taken", async () => {
    await using stage = await Stage.open({ serialization: 'json' });
    const { seat, heard, say, welcome } = serverByHand(stage);
    const a = await welcome('a');
    const subscribed = seat.call('inOneTurn', 'a', ['subscribe', 'user::logged_in']);
    await heard.take();
    say({ ...example('message-to-client'), port: a, message: example('response-subscribe') });
    await subscribed;

    const { code, error_message } = example('response-unreadable');
    say({ ...example('message-to-client'), port: a, message: example('response-unreadable') });
    const [events] = example('batch-events-slice') as unknown as [{ events: object }];
    const unused = { ...events.events, names: ['user::logged_in', 'stock::low'], index: [0, 0] };
    const unreadable = { ...example('response-unreadable'), code: 'ERR_PUBSUB_NEWER' };
    const batch = [unreadable, { events: unused }, { ...events, more: 1 }];
    say({ ...example('batch-to-client'), port: a, batch });

    await until(async () => ((await seat.call('heard')) as unknown[]).length >= 2, 'the events');
    assert.deepEqual(await seat.call('heard'), [
      ['user::logged_in', { id: 'u1' }],
      ['user::logged_in', { id: 'u2' }],
    ]);
    const errors = (await seat.call('errors')) as Envelope[];
    assert.deepEqual(errors.slice(0, 2), [
      { code, error_message },
      { code: 'ERR_PUBSUB_PROTOCOL', error_message },
    ]);
    assert.deepEqual(
      errors.slice(2).map((error) => error['code']),
      ['ERR_PUBSUB_PROTOCOL'],
    );
  });

  it('come after hellos with the pauses that are documented', async () => {
    await using stage = await Stage.open({ serialization: 'json', keepsRepeats: true });
    const [, first, last] =
      /after (\d+) ms,\s+then after twice as long each time, up to every ([\d,]+) ms/.exec(
        document,
      ) as unknown as [string, string, string];
    const expected = [Number(first)];
    const longest = Number(last.replaceAll(',', ''));
    while (expected.length < 8) expected.push(Math.min((expected.at(-1) ?? 0) * 2, longest));
    let pauses: unknown;
    const said = await stage.during(async () => (pauses = await stage.seats[0].call('pauses', 8)));
    assert.deepEqual(pauses, expected);
    assert.deepEqual(
      said.map(({ message }) => message),
      [...expected.map(() => example('hello')), { ...example('bye-before-welcome'), port: 'port-a' }],
    );
  });
});

describe('the real server', () => {
  it('greets who says hello, and says nothing to anybody else', async () => {
    await using stage = await Stage.open({ serialization: 'advanced', keepsRepeats: true });
    const { server } = await stage.start();
    const [left, right] = stage.seats;
    const hello = { clustercast: 1, port: 'mine', hello: { version: 1 } };

    for (const port of [undefined, null, 7, '', 'x'.repeat(257)]) {
      assert.deepEqual(await answersTo(stage, left, { ...hello, port }), []);
    }
    for (const tag of [undefined, 0, 2, '1', true]) {
      assert.deepEqual(await answersTo(stage, left, { ...hello, clustercast: tag }), []);
    }
    assert.equal(server.stats().accepted, 0);

    const welcome = await answerTo(stage, left, hello, 'welcome');
    assert.deepEqual(await answerTo(stage, left, hello, 'welcome'), welcome, 'the same again');
    assert.equal(server.stats().accepted, 1);
    const other = await answerTo(stage, right, hello, 'welcome');
    assert.notEqual(other['id'], welcome['id'], 'a port is good in its process only');

    const newer = { version: 1, capabilities: ['shout', 'batch', 7], of: 'a newer version' };
    const more = { ...hello, port: 'newer', hello: newer, more: true };
    assert.deepEqual((await answerTo(stage, left, more, 'welcome'))['capabilities'], ['batch']);

    for (const [port, least] of Object.entries({ empty: {}, nobody: { version: 1, client_id: null } })) {
      const greeted = await answerTo(stage, left, { ...hello, port, hello: least }, 'welcome');
      assert.equal(greeted['status'], true);
      assert.match(String(greeted['client_id']), /^client-[a-z]$/, 'the word for a random id');
    }
    assert.equal(server.stats().accepted, 5);
  });

  it('gives ids with which nobody is meant on the next server', async () => {
    await using stage = await Stage.open({ serialization: 'advanced' });
    const [left] = stage.seats;
    const hello = { clustercast: 1, port: 'first', hello: { version: 1 } };
    const message = { request_id: '1', method: 'publish', params: { event_name: 'e', value: 1 } };
    const first = await stage.start();
    assert.equal((await answerTo(stage, left, hello, 'welcome'))['id'], 'id-1');
    await first.close();
    const { server } = await stage.start();
    assert.equal((await answerTo(stage, left, { ...hello, port: 'second' }, 'welcome'))['id'], 'id-2');
    assert.deepEqual(await answersTo(stage, left, { clustercast: 1, id: 'id-1', message }), []);
    assert.deepEqual(await answersTo(stage, left, { clustercast: 1, id: 'id-1', bye: true }), []);
    const { published, connections } = server.stats();
    assert.deepEqual({ published, connections }, { published: 0, connections: 1 });
    assert.equal((await answersTo(stage, left, { clustercast: 1, id: 'id-2', message })).length, 1);
  });

  it('listens to an id in its own process only, until it has ended, and to what is in an envelope', async () => {
    await using stage = await Stage.open({ serialization: 'advanced' });
    const { server } = await stage.start();
    const [left, right] = stage.seats;
    await left.call('connect', 'a', { capabilities });
    await right.call('connect', 'b', { capabilities });
    const message = { request_id: '1', method: 'publish', params: { event_name: 'e', value: 1 } };
    const mine = { clustercast: 1, id: 'id-1', message };
    assert.deepEqual(await answersTo(stage, right, mine), []);
    const nobody = stage.wire.meaningOf('id-1').replace(/\d+$/, '3');
    for (const id of [nobody, '3', 1, [stage.wire.meaningOf('id-1')]])
      assert.deepEqual(await answersTo(stage, left, { ...mine, id }), []);
    assert.deepEqual(await answersTo(stage, left, { ...mine, message: undefined, ack: 7 }), []);
    assert.equal(server.stats().published, 0);

    // Agreed upon a batch or not, one message is one message. What the server does not know it ignores.
    const more = { ...message, more: 1, params: { ...message.params, more: 1 } };
    const result = { listeners: 0, client_id: 'client-a' };
    assert.deepEqual(await answerTo(stage, left, { ...mine, more: 1, message: more }, 'batch'), [
      { status: true, request_id: '1', result },
    ]);

    await answersTo(stage, left, { clustercast: 1, id: 'id-1', bye: true });
    assert.deepEqual(await answersTo(stage, left, mine), []);
    assert.equal(server.stats().connections, 1);

    // So it does to a port, on which there is nothing to be said but bye.
    const byPort = { clustercast: 1, port: stage.wire.meaningOf('port-b') };
    assert.deepEqual(await answersTo(stage, left, { ...byPort, bye: true }), []);
    assert.deepEqual(await answersTo(stage, right, { ...byPort, bye: true, port: 'nobody' }), []);
    assert.deepEqual(await answersTo(stage, right, { ...byPort, message }), []);
    const { connections, published } = server.stats();
    assert.deepEqual({ connections, published }, { connections: 1, published: 1 });
    assert.deepEqual(await answersTo(stage, right, { ...byPort, bye: true }), []);
    assert.equal(server.stats().connections, 0);
  });

  it('refuses the client that it does not want', async () => {
    const limits = { clientsPerProcess: 1 };
    await using stage = await Stage.open({ serialization: 'json', limits, keepsRepeats: true });
    await stage.start();
    const [left] = stage.seats;
    const refusalOf = async (port: string, clientId?: unknown, version: unknown = 1): Promise<unknown> => {
      const envelope = { clustercast: 1, port, hello: { version, client_id: clientId } };
      const { error_message: text, ...refusal } = await answerTo(stage, left, envelope, 'welcome');
      assert.equal(typeof text, 'string');
      assert.equal(refusal['status'], false);
      return refusal['code'];
    };
    for (const id of [7, '', 'x'.repeat(257)]) assert.equal(await refusalOf('1', id), 'ERR_PUBSUB_PROTOCOL');
    assert.equal(await refusalOf('1', 'unknown'), 'ERR_PUBSUB_UNAUTHORIZED');
    for (const version of [0, 2, 1.5, '1', null, true])
      assert.equal(await refusalOf('1', undefined, version), 'ERR_PUBSUB_UNSUPPORTED');
    assert.deepEqual(
      await answerTo(stage, left, { clustercast: 1, port: '1', hello: { version: 2 } }, 'welcome'),
      {
        status: false,
        code: 'ERR_PUBSUB_UNSUPPORTED',
        error_message: 'this server speaks version 1 of the protocol',
      },
    );
    await left.call('connect', 'a', { capabilities });
    assert.equal(await refusalOf('2'), 'ERR_PUBSUB_LIMIT');
  });

  it('says each code that is in the table', async () => {
    const publish = { method: 'publish', params: { event_name: 'e', value: 1 } };
    const refused: Readonly<Record<string, object>> = {
      PROTOCOL: { ...publish, params: [] },
      UNSUPPORTED: { ...publish, method: 'constructor' },
      INVALID_ARGUMENT: { ...publish, params: { event_name: 'e' } },
      SERIALIZE: { ...publish, params: { event_name: 'e', value: 1n } },
      LIMIT: { ...publish, params: { event_name: 'e', value: 'x'.repeat(99) } },
      UNAUTHORIZED: { ...publish, client_id: 'somebody-else' },
      FORBIDDEN: { method: 'unsubscribe', params: { subscription_id: '1' } },
    };
    const inTable = rowsOf(sectionOf(document, 'Failures')).map(([code]) => code);
    assert.deepEqual(
      Object.keys(refused).map((name) => `ERR_PUBSUB_${name}`),
      inTable,
    );
    await using stage = await Stage.open({ serialization: 'advanced', limits: { valueLength: 100 } });
    await stage.start();
    const [left] = stage.seats;
    await left.call('connect', 'a', { capabilities: [] });
    for (const [name, request] of Object.entries(refused)) {
      const envelope = { clustercast: 1, id: 'id-1', message: { request_id: name, ...request } };
      const { error_message: text, ...answer } = await answerTo(stage, left, envelope, 'message');
      assert.equal(typeof text, 'string');
      assert.deepEqual(answer, { status: false, request_id: name, code: `ERR_PUBSUB_${name}` });
    }
  });

  it('answers each element of a batch that it cannot read, and carries out the rest', async () => {
    await using stage = await Stage.open({ serialization: 'json' });
    const { server } = await stage.start();
    const [left] = stage.seats;
    await left.call('connect', 'a', { capabilities });
    const codesOf = async (batch: unknown): Promise<unknown[]> => {
      const answer = await answerTo(stage, left, { clustercast: 1, id: 'id-1', batch }, 'batch');
      return (answer as unknown as Envelope[]).map((element) => element['code'] ?? element);
    };
    const columns = { first: 1, names: ['e'], values: '[1]', lengths: [1] };
    const unused = { publish: { ...columns, names: ['e', 'f'], index: [0] } }; // nothing is called f
    const nonsense = [
      null,
      7,
      ['e', 1],
      { publish: { ...columns, names: [] } },
      { publish: { ...columns, lengths: [2] } },
      { publish: { ...columns, values: '[1,2]' } },
      { publish: { ...columns, index: [1] } },
      { publish: { ...columns, index: [] } },
      { publish: { ...columns, names: ['e', 'f'] } },
      unused,
      { publish: { ...columns, first: '1' } },
      { events: columns },
    ];
    assert.deepEqual(await codesOf('no batch'), ['ERR_PUBSUB_PROTOCOL']);
    assert.deepEqual(await codesOf([...nonsense, { publish: columns }]), [
      ...nonsense.map(() => 'ERR_PUBSUB_PROTOCOL'),
      { published: { first: 1, listeners: [1, 0] } },
    ]);
    assert.equal(server.stats().published, 1);
    const refusedOnly = { clustercast: 1, id: 'id-1', batch: [unused] };
    const [refusal] = (await answerTo(stage, left, refusedOnly, 'batch')) as unknown as Envelope[];
    assert.equal(refusal?.['request_id'], '');
  });

  it('binds what is published by its valueLength; no client binds what it receives by its own', async () => {
    for (const offered of [capabilities, []]) {
      await using stage = await Stage.open({ serialization: 'json', limits: { valueLength: 22 } });
      await stage.start();
      const [left, right] = stage.seats;
      await left.call('connect', 'a', { capabilities: offered, limits: { valueLength: 4 } });
      await left.call('inOneTurn', 'a', ['subscribe', 'e']);
      await right.call('connect', 'b', { capabilities: offered });
      const [short, long] = ['x'.repeat(20), 'x'.repeat(21)];
      assert.deepEqual(await right.call('inOneTurn', 'b', ['publish', 'e', short], ['publish', 'e', long]), [
        { listeners: 1 },
        'ERR_PUBSUB_LIMIT',
      ]);
      assert.deepEqual(await left.call('inOneTurn', 'a', ['publish', 'e', short]), ['ERR_PUBSUB_LIMIT']);
      assert.deepEqual(await left.call('heard'), [['e', short]]);
      assert.deepEqual(await left.call('errors'), []);
    }
  });
});
