/** A browser's WebSocket as a pipe, where the test plays the browser. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { defaultLimits } from 'clustercast';
import type { TextChannel } from 'clustercast/json-rpc';
import { connect } from '#lib/json-rpc/media/browser-websocket.js';
import { code } from '../../support/codes.js';
import { FakeHandlers } from '../../support/text-channel.js';
import { endOfTurn } from '../../support/turn.js';

const [connecting, open, closing] = [0, 1, 2];

class FakeWebSocket {
  readonly url: string;
  readyState = connecting;
  bufferedAmount = 0;
  readonly sent: string[] = [];
  closes = 0;
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: unknown }) => void) | null = null;
  onclose: ((close: { code: number; reason: string }) => void) | null = null;

  constructor(url: string) {
    this.url = url;
  }

  send(text: string): void {
    this.sent.push(text);
  }

  close(): void {
    this.closes += 1;
    this.readyState = closing;
  }
}

/** As a page of https has it. */
class Insecure extends FakeWebSocket {
  constructor(url: string) {
    super(url);
    throw new Error('insecure');
  }
}

class Handlers extends FakeHandlers {
  opened(): void {
    this.told.push('opened');
  }
}

/** Opens a pipe in a page whose WebSockets these are. */
function dial(
  t: TestContext,
  handlers: Handlers,
  WebSocket: new (url: string) => object = FakeWebSocket,
): { channel: TextChannel; webSocket: FakeWebSocket } {
  const made: FakeWebSocket[] = [];
  const original = Reflect.getOwnPropertyDescriptor(globalThis, 'WebSocket');
  t.after(() => {
    Reflect.deleteProperty(globalThis, 'WebSocket');
    if (original !== undefined) Object.defineProperty(globalThis, 'WebSocket', original);
  });
  const Recorded = class extends WebSocket {
    constructor(url: string) {
      super(url);
      made.push(this as object as FakeWebSocket);
    }
  };
  Object.defineProperty(globalThis, 'WebSocket', { value: Recorded, configurable: true, writable: true });
  const channel = connect('wss://app.example/sync?a=1').open(handlers, defaultLimits);
  return { channel, webSocket: made[0] as FakeWebSocket };
}

describe('a WebSocket of a browser', () => {
  it('is opened with the whole address, and named without what may be secret', (t) => {
    const { webSocket } = dial(t, new Handlers());
    assert.equal(webSocket.url, 'wss://app.example/sync?a=1');
    assert.equal(connect('wss://app.example/sync?a=1').target, 'wss://app.example/sync');
    assert.throws(() => connect('https://app.example'), code('INVALID_ARGUMENT'));
  });

  it('says and hears one text a message, once it is open', (t) => {
    const handlers = new Handlers();
    const { channel, webSocket } = dial(t, handlers);
    channel.send(['early']);
    webSocket.readyState = open;
    webSocket.onopen?.();
    channel.send(['1', '2']);
    channel.send([]);
    webSocket.onmessage?.({ data: '3' });
    assert.deepEqual([webSocket.sent, handlers.told, handlers.heardTexts], [['1', '2'], ['opened'], ['3']]);
    webSocket.readyState = closing;
    channel.send(['late']);
    assert.equal(webSocket.sent.length, 2);
  });

  it('hears what is no text as what is no JSON', (t) => {
    const handlers = new Handlers();
    const { webSocket } = dial(t, handlers);
    for (const data of [new ArrayBuffer(2), { size: 1 }, null]) webSocket.onmessage?.({ data });
    assert.equal(handlers.heardTexts.length, 3);
    for (const text of handlers.heardTexts) assert.throws(() => void JSON.parse(text), SyntaxError);
  });

  it('takes texts up to the limit', (t) => {
    const handlers = new Handlers(3);
    const { webSocket } = dial(t, handlers);
    webSocket.onmessage?.({ data: '123' });
    webSocket.onmessage?.({ data: '1234' });
    assert.deepEqual([handlers.heardTexts, handlers.told], [['123'], ['frameBytes']]);
  });

  it('tells how it was closed', (t) => {
    for (const [reason, message] of [
      ['', 'the WebSocket was closed with 1006'],
      ['gone', 'the WebSocket was closed with 1006: gone'],
    ] as const) {
      const handlers = new Handlers();
      const { webSocket } = dial(t, handlers);
      webSocket.onclose?.({ code: 1006, reason });
      assert.deepEqual(handlers.told, [message]);
    }
  });

  it('tells that it cannot even be made, as where a page of https wants ws', async (t) => {
    const handlers = new Handlers();
    const { channel } = dial(t, handlers, Insecure);
    // No handler is called before the call returns.
    assert.deepEqual(handlers.told, []);
    assert.equal(channel.backlog, 0);
    channel.send(['1']);
    await endOfTurn();
    assert.deepEqual(handlers.told, ['insecure']);
    assert.doesNotThrow(() => channel.close());
  });

  it('that cannot even be made tells nothing where it has been closed', async (t) => {
    const handlers = new Handlers();
    const { channel } = dial(t, handlers, Insecure);
    channel.close();
    await endOfTurn();
    assert.deepEqual(handlers.told, []);
  });

  it('has the backlog that the browser tells', (t) => {
    const { channel, webSocket } = dial(t, new Handlers());
    webSocket.bufferedAmount = 7;
    assert.equal(channel.backlog, 7);
  });

  it('that this side ends tells nothing more', (t) => {
    for (const way of ['close', 'destroy'] as const) {
      const handlers = new Handlers();
      const { channel, webSocket } = dial(t, handlers);
      channel[way]();
      assert.deepEqual(
        [webSocket.closes, webSocket.onopen, webSocket.onmessage, webSocket.onclose],
        [1, null, null, null],
      );
      assert.deepEqual(handlers.told, []);
    }
  });

  it('is given up when its page is left to be kept, and not when it is left for good', (t) => {
    const page = new EventTarget();
    for (const name of ['addEventListener', 'removeEventListener'] as const) {
      Object.defineProperty(globalThis, name, { value: page[name].bind(page), configurable: true });
      t.after(() => Reflect.deleteProperty(globalThis, name));
    }
    const leave = (persisted: boolean): void =>
      void page.dispatchEvent(Object.assign(new Event('pagehide'), { persisted }));
    const [kept, closed, lost] = [new Handlers(), new Handlers(), new Handlers()];
    const { webSocket } = dial(t, kept);
    dial(t, closed).channel.close();
    dial(t, lost).webSocket.onclose?.({ code: 1006, reason: '' });
    leave(false);
    assert.deepEqual([kept.told, webSocket.closes], [[], 0]);
    leave(true);
    leave(true);
    assert.deepEqual([kept.told, webSocket.closes, webSocket.onclose], [['the page was left'], 1, null]);
    assert.deepEqual([closed.told, lost.told], [[], ['the WebSocket was closed with 1006']]);
  });

  it('cannot be paused, which does no harm', (t) => {
    const handlers = new Handlers();
    const { channel, webSocket } = dial(t, handlers);
    channel.pause();
    webSocket.onmessage?.({ data: '1' });
    channel.resume();
    assert.deepEqual(handlers.heardTexts, ['1']);
  });
});
