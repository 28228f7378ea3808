/** A WebSocket of the package ws as a pipe of texts: what it says and hears, its limits, and its end. */
import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { describe, it, type TestContext } from 'node:test';
import type { WebSocket } from 'ws';
import { WebSocketChannel } from '#lib/json-rpc/media/websocket-channel.js';
import { toFrames } from '#lib/json-rpc/media/websocket-frames.js';
import { FakeClock } from '../../support/fake-clock.js';
import { FakeSocket } from '../../support/fake-socket.js';
import { FakeHandlers } from '../../support/text-channel.js';
import { endOfTurn } from '../../support/turn.js';

const frameTime = 100;

/** A WebSocket that does nothing by itself. */
class FakeWebSocket extends EventEmitter {
  readonly calls: unknown[] = [];
  readonly OPEN = 1;
  readyState = 1;
  readonly sent: { readonly data: string; readonly options: object }[] = [];
  bufferedAmount = 0;

  send(data: string, options: object, done: (error?: Error) => void): void {
    this.sent.push({ data, options });
    done(new Error('a failure that is told as an end'));
  }

  ping(...args: unknown[]): void {
    this.calls.push('ping');
    (args[2] as (error: Error) => void)(new Error('not open'));
  }

  close(status: number): void {
    this.calls.push(['close', status]);
  }

  terminate(): void {
    this.calls.push('terminate');
  }

  pause(): void {
    this.calls.push('pause');
  }

  resume(): void {
    this.calls.push('resume');
  }
}

class Heard extends FakeHandlers {
  signs = 0;

  heard(): void {
    this.signs += 1;
  }
}

interface Connected {
  readonly clock: FakeClock;
  readonly webSocket: FakeWebSocket;
  readonly socket: FakeSocket;
  readonly handlers: Heard;
  readonly channel: WebSocketChannel;
  /** A message as `ws` tells of it. */
  readonly message: (text: string | Buffer, isBinary?: boolean) => void;
  /** Bytes as they arrive below it, of frames that are not masked. */
  readonly bytes: (...bytes: number[]) => void;
}

function connect(t: TestContext, frameBytes = 1_000): Connected {
  const [webSocket, socket, handlers] = [new FakeWebSocket(), new FakeSocket(), new Heard(frameBytes)];
  const channel = new WebSocketChannel(webSocket as unknown as WebSocket, frameTime);
  channel.handlers = handlers;
  channel.watch(socket);
  return {
    ...{ clock: FakeClock.of(t), webSocket, socket, handlers, channel },
    message: (text, isBinary = false) => webSocket.emit('message', Buffer.from(text), isBinary),
    bytes: (...bytes) => socket.emit('data', Buffer.from(bytes)),
  };
}

describe('what a WebSocket says', () => {
  it('on a server goes past ws, in one write for each turn, made once for all who are told', async (t) => {
    const [one, other] = [connect(t), connect(t)];
    const texts = ['1', 'é'];
    for (const { channel } of [one, other]) {
      channel.send(texts);
      channel.send(['3']);
    }
    await endOfTurn();
    for (const { socket, webSocket } of [one, other]) {
      assert.deepEqual(socket.written, [[toFrames(texts).toString(), toFrames(['3']).toString()]]);
      assert.deepEqual(webSocket.sent, []);
    }
  });

  it('on a server is nothing while ws is not open', async (t) => {
    const { socket, webSocket, channel } = connect(t);
    webSocket.readyState = 2;
    channel.send(['1']);
    await endOfTurn();
    assert.equal(socket.text, '');
  });

  it('on a client is one text a message, by ws', () => {
    const webSocket = new FakeWebSocket();
    const channel = new WebSocketChannel(webSocket as unknown as WebSocket, frameTime);
    channel.send(['1', 'é']);
    assert.deepEqual(webSocket.sent, [
      { data: '1', options: { binary: false, compress: false } },
      { data: 'é', options: { binary: false, compress: false } },
    ]);
    channel.close();
    channel.send(['3']);
    assert.equal(webSocket.sent.length, 2);
    webSocket.emit('close', 1000, Buffer.alloc(0));
  });

  it('is its backlog as ws tells it', (t) => {
    const { webSocket, channel } = connect(t);
    webSocket.bufferedAmount = 7;
    assert.equal(channel.backlog, 7);
  });

  it('is nothing more after the end', async (t) => {
    const { socket, channel } = connect(t);
    channel.close();
    channel.send(['1']);
    await endOfTurn();
    assert.equal(socket.text, '');
  });
});

describe('what a WebSocket hears', () => {
  it('is one text a message, and no JSON where it is no text', (t) => {
    const { handlers, message } = connect(t);
    message('é');
    message('{}', true);
    assert.equal(handlers.heardTexts[0], 'é');
    assert.throws(() => void JSON.parse(handlers.heardTexts[1] ?? '{}'), SyntaxError);
  });

  it('may be as long as the limit in bytes', (t) => {
    const { handlers, message } = connect(t, 2);
    message('é');
    assert.deepEqual([handlers.heardTexts, handlers.told], [['é'], []]);
    message('é1');
    assert.deepEqual([handlers.heardTexts, handlers.told], [['é'], ['frameBytes']]);
  });

  it('is too long also where ws itself refuses it, and an error otherwise', (t) => {
    const { webSocket, handlers } = connect(t);
    const tooLong = Object.assign(new Error('too long'), { code: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' });
    webSocket.emit('error', tooLong);
    assert.deepEqual(handlers.told, ['frameBytes']);
    webSocket.emit('error', new Error('reset'));
    webSocket.emit('close', 1006, Buffer.alloc(0));
    assert.deepEqual(handlers.told, ['frameBytes', 'reset', 'gone']);
  });

  it('is nothing while nobody listens', (t) => {
    const { channel, handlers, message, bytes, clock } = connect(t);
    channel.handlers = undefined;
    message('1');
    bytes(0x81, 0x7e, 0xff);
    assert.deepEqual([handlers.heardTexts, handlers.told, clock.size], [[], [], 0]);
  });

  it('is a sign of life where it is a ping or a pong', (t) => {
    const { webSocket, channel, handlers } = connect(t);
    webSocket.emit('ping');
    webSocket.emit('pong');
    assert.equal(handlers.signs, 2);
    channel.ping();
    assert.deepEqual(webSocket.calls, ['ping']);
    channel.destroy();
    webSocket.emit('pong');
    assert.equal(handlers.signs, 2);
  });
});

describe('a message that has begun', () => {
  it('must come to its end in time', (t) => {
    const { clock, handlers, bytes } = connect(t);
    bytes(0x81);
    assert.deepEqual([clock.next, clock.holding], [frameTime, 0]);
    clock.pass(60);
    bytes(0x02, 0x41);
    assert.equal(clock.next, 40);
    bytes(0x41);
    assert.equal(clock.size, 0);
    // The end of one and the beginning of the next.
    bytes(0x81, 0x01);
    clock.pass(60);
    bytes(0x41, 0x81);
    assert.equal(clock.next, frameTime);
    clock.pass(frameTime);
    assert.deepEqual(handlers.told, ['frameTime']);
  });

  it('is none where a ping or a pong comes', (t) => {
    const { clock, bytes } = connect(t);
    for (const frame of [0x89, 0x8a]) {
      bytes(frame);
      bytes(0x00);
      assert.equal(clock.size, 0);
    }
  });

  it('has as much time again once it is read on after a pause', (t) => {
    const { clock, webSocket, channel, bytes } = connect(t);
    channel.pause();
    channel.resume();
    assert.equal(clock.size, 0);
    bytes(0x81);
    clock.pass(60);
    channel.pause();
    assert.equal(clock.size, 0);
    channel.resume();
    assert.equal(clock.next, frameTime);
    assert.deepEqual(webSocket.calls, ['pause', 'resume', 'pause', 'resume']);
    channel.destroy();
  });

  it('is too long as soon as its headers say so, whatever came of it', (t) => {
    const { handlers, bytes } = connect(t, 3);
    bytes(0x01, 0x02);
    assert.deepEqual(handlers.told, []);
    bytes(0x41, 0x41, 0x80, 0x01);
    assert.deepEqual(handlers.told, []);
    bytes(0x41, 0x01, 0x03, 0x41, 0x41, 0x41);
    assert.deepEqual(handlers.told, []);
    bytes(0x80, 0x01);
    assert.deepEqual(handlers.told, ['frameBytes']);
  });
});

describe('a WebSocket that this side ends', () => {
  it('is closed in order, and terminated after five seconds', (t) => {
    const { clock, webSocket, channel, bytes } = connect(t);
    bytes(0x81);
    channel.close();
    channel.close();
    assert.deepEqual(webSocket.calls, ['resume', ['close', 1000]]);
    assert.equal(clock.holding, 0);
    clock.pass(4_999);
    assert.equal(webSocket.calls.length, 2);
    clock.pass(1);
    assert.equal(webSocket.calls.at(-1), 'terminate');
    assert.equal(clock.size, 0);
  });

  it('now is terminated', (t) => {
    const { webSocket, channel } = connect(t);
    channel.destroy();
    assert.deepEqual(webSocket.calls, ['terminate']);
  });

  it('needs not be terminated where it has ended', (t) => {
    const { clock, webSocket, channel, handlers } = connect(t);
    channel.close();
    webSocket.emit('close', 1000, Buffer.alloc(0));
    assert.deepEqual([clock.size, handlers.told], [0, ['gone']]);
  });

  it('tells nothing more, but that it is gone', (t) => {
    for (const end of ['close', 'destroy'] as const) {
      const { clock, webSocket, channel, handlers, message, bytes } = connect(t, 2);
      bytes(0x81);
      channel[end]();
      message('1');
      message('123');
      bytes(0x7d);
      webSocket.emit('error', Object.assign(new Error(), { code: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' }));
      clock.pass(frameTime);
      assert.deepEqual([handlers.heardTexts, handlers.told], [[], []]);
      webSocket.emit('close', 1000, Buffer.alloc(0));
      assert.deepEqual([handlers.told, clock.size], [['gone'], 0]);
    }
  });
});

describe('a WebSocket that the other side ends', () => {
  it('is told once, with its status and reason', (t) => {
    for (const [reason, message] of [
      ['', 'it closed its WebSocket with 1001'],
      ['bye', 'it closed its WebSocket with 1001: bye'],
    ] as const) {
      const { clock, webSocket, channel, handlers, bytes } = connect(t);
      bytes(0x81);
      webSocket.emit('close', 1001, Buffer.from(reason));
      assert.deepEqual([handlers.told, clock.size], [[message, 'gone'], 0]);
      channel.close();
      assert.deepEqual(webSocket.calls, []);
    }
  });
});
