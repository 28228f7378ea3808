/** A client's way to its server: it dials until somebody answers, and says who it is. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ask, attemptTime, dialed, Dialing } from '../support/text-connector.js';

const hello = {
  jsonrpc: '2.0',
  id: 'hello',
  method: 'hello',
  params: { version: 1, capabilities: ['gap'], heartbeat: true },
};
const welcome = { epoch: 'first', clientId: 'me', capabilities: [] };

/** An answer of a server without a handshake to what it was asked instead. */
const instead = (params: object): object => ({ jsonrpc: '2.0', method: 'hello', params });

describe('a connector', () => {
  it('dials at once, and says hello when the pipe is open, with its id if it has one', (t) => {
    for (const [options, params] of [
      [{}, hello.params],
      [{ clientId: 'secret' }, { ...hello.params, client_id: 'secret' }],
    ] as const) {
      const dialing = new Dialing(t, options);
      assert.equal(dialing.attempts, 1);
      assert.deepEqual(dialing.link.sent, []);
      dialing.link.open();
      assert.deepEqual(dialing.link.frames(), [{ ...hello, params }]);
      assert.deepEqual(dialing.story, []);
      dialing.channel.close();
    }
  });

  it('is open when hello has been answered, and only once', (t) => {
    const dialing = new Dialing(t);
    dialing.link.greet();
    dialing.link.say({ jsonrpc: '2.0', id: 'hello', result: { client_id: 'other' } });
    assert.deepEqual(dialing.story, [['opened', welcome]]);
    assert.equal(dialing.clock.size, 0);
  });

  it('is not open by an answer to something else', (t) => {
    const dialing = new Dialing(t);
    dialing.link.open();
    dialing.link.say({ jsonrpc: '2.0', id: 'ping', result: {} }, { jsonrpc: '2.0', id: 'hell', result: {} });
    assert.deepEqual(dialing.story, []);
  });

  it('leaves out what a server tells in another form', (t) => {
    for (const result of [{}, { client_id: 7, epoch: {}, limits: 7 }, { limits: [] }, { limits: {} }]) {
      const dialing = new Dialing(t);
      dialing.link.greet(result);
      const nothing = { epoch: undefined, clientId: undefined, capabilities: [] };
      assert.deepEqual(dialing.story, [['opened', nothing]]);
      assert.equal(dialing.clock.size, 0);
    }
  });

  it('hears what comes with the answer after it is open, and what came before it, too', (t) => {
    const dialing = new Dialing(t);
    dialing.link.open();
    dialing.link.say(
      { jsonrpc: '2.0', method: '1', params: { status: true } },
      { jsonrpc: '2.0', id: 'hello', result: { client_id: 'me', epoch: 'first' } },
      { jsonrpc: '2.0', method: 'event', params: { event_name: 'e', value: 1 } },
    );
    assert.deepEqual(dialing.story, [
      ['opened', welcome],
      [
        'receive',
        { kind: 'response', id: '1', ok: true, result: {} },
        { kind: 'events', columns: { names: ['e'], values: '[1]', lengths: [1] } },
      ],
    ]);
  });

  it('hears nothing more where it is closed as soon as it is open', (t) => {
    const dialing = new Dialing(t);
    dialing.onOpened = () => dialing.channel.close();
    dialing.link.open();
    dialing.link.say(
      { jsonrpc: '2.0', id: 'hello', result: {} },
      { jsonrpc: '2.0', method: '1', params: { status: true } },
    );
    assert.deepEqual([dialing.told, dialing.link.calls.at(-1)], [['opened'], 'close']);
    assert.equal(dialing.clock.size, 0);
  });
});

describe('a connector that cannot reach its server', () => {
  it('tries again, after a pause that doubles', (t) => {
    const dialing = new Dialing(t);
    for (const [attempt, pause] of [100, 200, 400, 800].entries()) {
      assert.equal(dialing.attempts, attempt + 1);
      dialing.link.lose(new Error('refused'));
      dialing.clock.pass(pause - 1);
      assert.equal(dialing.attempts, attempt + 1);
      dialing.clock.pass(1);
    }
    assert.deepEqual(dialing.story, []);
    dialing.link.greet();
    assert.deepEqual(dialing.told, ['opened']);
  });

  it('gives an attempt up that is not answered in time, opened or not', (t) => {
    for (const isOpen of [false, true]) {
      const dialing = new Dialing(t);
      const { link } = dialing;
      if (isOpen) link.open();
      dialing.clock.pass(attemptTime - 1);
      assert.equal(link.isEnded, false);
      dialing.clock.pass(1);
      assert.equal(link.calls.at(-1), 'destroy');
      dialing.clock.pass(100);
      assert.equal(dialing.attempts, 2);
      // The next one has as much time.
      dialing.clock.pass(attemptTime - 1);
      assert.equal(dialing.link.isEnded, false);
      dialing.channel.close();
    }
  });

  it('says what happened at the last attempt', (t) => {
    const dialing = new Dialing(t, { limits: { serverFrameBytes: 7 } });
    const says = (problem: string): void =>
      assert.equal(
        dialing.connector.silence,
        `is a server listening at the test? At the last attempt, ${problem}`,
      );
    says('nothing was heard from it');
    dialing.link.lose(new Error('connect ECONNREFUSED'));
    says('connect ECONNREFUSED');
    dialing.clock.pass(100);
    dialing.link.lose();
    says('the server closed the connection');
    dialing.clock.pass(200);
    dialing.clock.pass(attemptTime);
    says('no answer came within 1000 ms');
    dialing.clock.pass(400);
    dialing.link.handlers.exceeded('frameBytes');
    says('the server went beyond the limit of 7 (serverFrameBytes)');
    assert.equal(dialing.link.calls.at(-1), 'destroy');
    dialing.clock.pass(800);
    dialing.link.open();
    const error = { code: -32003, message: 'beyond the limit of 3 (identifyTime)' };
    dialing.link.say({ jsonrpc: '2.0', id: null, error });
    dialing.link.lose();
    says('beyond the limit of 3 (identifyTime)');
    // Its last words are those of one attempt.
    dialing.clock.pass(1_600);
    dialing.link.lose();
    says('the server closed the connection');
    dialing.channel.close();
  });

  it('is not told anything by what is no refusal', (t) => {
    const dialing = new Dialing(t);
    dialing.link.open();
    dialing.link.say({ jsonrpc: '2.0', method: '1', params: { status: true } }, 7);
    assert.match(dialing.connector.silence, /nothing was heard/);
    assert.deepEqual(dialing.story, []);
  });
});

describe('a connector that is refused', () => {
  it('ends for good, with the reason of the server', (t) => {
    for (const [number, data, code] of [
      [-32001, { code: 'ERR_PUBSUB_UNAUTHORIZED' }, 'ERR_PUBSUB_UNAUTHORIZED'],
      [-32601, { code: 'ERR_PUBSUB_UNSUPPORTED' }, 'ERR_PUBSUB_UNSUPPORTED'],
      [-32603, undefined, 'ERR_PUBSUB_PROTOCOL'],
      [-32603, { code: 'E_OTHER' }, 'ERR_PUBSUB_PROTOCOL'],
    ] as const) {
      const dialing = new Dialing(t);
      dialing.link.refuse(number, 'no', data);
      assert.deepEqual(dialing.story, [['closed', true, code, 'no']]);
      assert.equal(dialing.link.calls.at(-1), 'close');
      assert.deepEqual([dialing.clock.size, dialing.attempts], [0, 1]);
      dialing.channel.close();
      dialing.channel.send([ask(1)]);
      assert.equal(dialing.link.calls.filter((call) => call === 'close').length, 1);
      assert.deepEqual(dialing.link.frames(), []);
    }
  });

  it('tries again where the server, or its successor, may take it later', (t) => {
    for (const code of ['ERR_PUBSUB_LIMIT', 'ERR_PUBSUB_CLOSED']) {
      const dialing = new Dialing(t);
      dialing.link.refuse(-32003, 'full', { code });
      assert.deepEqual([dialing.story, dialing.link.calls.at(-1)], [[], 'destroy']);
      assert.match(dialing.connector.silence, /At the last attempt, full$/);
      dialing.clock.pass(100);
      dialing.link.greet();
      assert.deepEqual(dialing.told, ['opened']);
    }
  });

  it('goes on without a handshake where the server is of another make and knows none', (t) => {
    const dialing = new Dialing(t, { clientId: 'secret' });
    dialing.link.refuse(-32601, 'Method not found');
    assert.deepEqual(dialing.story, [['opened', { epoch: undefined, clientId: 'secret', capabilities: [] }]]);
    dialing.channel.send([ask(1, { a: 1 }), { kind: 'publishes', first: 2, columns: columns() }]);
    assert.deepEqual(
      dialing.link.frames().map((frame) => Reflect.get(frame, 'params') as unknown),
      [
        { request_id: '1', client_id: 'secret', a: 1 },
        { request_id: '2', client_id: 'secret', event_name: 'e', value: 7 },
      ],
    );
    assert.equal(dialing.clock.size, 0);
  });

  it('without an id asks such a server for one, by a subscription to what nobody publishes', (t) => {
    const names = new Set<unknown>();
    for (const [fields, told] of [
      [{ client_id: 'ad hoc', subscription_id: 's' }, 'ad hoc'],
      [{ result: { client_id: 'ad hoc', subscription_id: 's' } }, 'ad hoc'],
      [{ client_id: 7, subscription_id: 's' }, 7],
    ] as const) {
      const dialing = new Dialing(t);
      dialing.link.refuse(-32601, 'Method not found');
      const { method, params } = dialing.link.frame();
      assert.deepEqual([method, params?.['request_id'], dialing.story], ['subscribe', 'hello', []]);
      names.add(params?.['event_name']);
      // Anything else is no answer to it.
      dialing.link.say({ ...instead({ status: true, client_id: 'wrong' }), method: '1' });
      dialing.link.say({ jsonrpc: '2.0', method: 'event', params: { event_name: 'e', value: 1 } });
      assert.deepEqual(dialing.story, []);
      dialing.link.say(instead({ status: true, ...fields }));
      const unsubscribe = dialing.link.frame();
      assert.equal(unsubscribe.method, 'unsubscribe');
      const { request_id, subscription_id, client_id } = unsubscribe.params ?? {};
      assert.deepEqual([request_id, subscription_id, client_id], ['hello', 's', told]);
      const clientId = typeof told === 'string' ? told : undefined;
      const identity = clientId === undefined ? {} : { client_id: clientId };
      assert.deepEqual(dialing.story[0], ['opened', { epoch: undefined, clientId, capabilities: [] }]);
      dialing.channel.send([ask(1)]);
      assert.deepEqual(dialing.link.frame().params, { request_id: '1', ...identity });
      assert.equal(dialing.clock.size, 0);
    }
    assert.equal(names.size, 3);
    for (const name of names) assert.match(String(name), /^[0-9a-f]{32}$/);
  });

  it('ends for good where such a server refuses that, too', (t) => {
    for (const [code, expected] of [
      ['ERR_PUBSUB_FORBIDDEN', 'ERR_PUBSUB_FORBIDDEN'],
      [undefined, 'ERR_PUBSUB_PROTOCOL'],
    ] as const) {
      const dialing = new Dialing(t);
      dialing.link.refuse(-32601, 'Method not found');
      dialing.link.say(instead({ status: false, error_message: 'no', code }));
      assert.deepEqual(dialing.story, [['closed', true, expected, 'no']]);
      assert.deepEqual([dialing.link.calls.at(-1), dialing.clock.size], ['close', 0]);
    }
  });

  it('asks nothing instead where there is a handshake, and does not say again who it is', (t) => {
    const dialing = dialed(t, {}, { clientId: 'secret' });
    dialing.link.say(instead({ status: true, client_id: 'another' }));
    dialing.channel.send([ask(1)]);
    assert.deepEqual(dialing.link.frame().params, { request_id: '1' });
    // Nor by an answer that was not asked for.
    const early = new Dialing(t);
    early.link.open();
    early.link.say(instead({ status: true, client_id: 'another' }));
    assert.deepEqual(early.story, []);
    early.channel.close();
  });
});

function columns(): { names: string[]; values: string; lengths: number[] } {
  return { names: ['e'], values: '[7]', lengths: [1] };
}
