/** A stream socket as a pipe of lines: what it says and hears, its limits, and its end by either side. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { dialSocket } from '#lib/json-rpc/media/line-dialer.js';
import { LineSocket } from '#lib/json-rpc/media/line-socket.js';
import { FakeClock } from '../../support/fake-clock.js';
import { FakeSocket } from '../../support/fake-socket.js';
import { FakeHandlers } from '../../support/text-channel.js';
import { endOfTurn } from '../../support/turn.js';

const frameTime = 100;

interface Connected {
  readonly clock: FakeClock;
  readonly socket: FakeSocket;
  readonly handlers: FakeHandlers;
  readonly channel: LineSocket;
}

function connect(t: TestContext, frameBytes?: number): Connected {
  const clock = FakeClock.of(t);
  const socket = new FakeSocket();
  const handlers = new FakeHandlers(frameBytes);
  const channel = new LineSocket(socket.asSocket, frameTime);
  channel.handlers = handlers;
  return { clock, socket, handlers, channel };
}

describe('what a socket says', () => {
  it('is one text a line, and what is said in one turn goes out together', async (t) => {
    const { socket, channel } = connect(t);
    channel.send(['1', 'é']);
    channel.send(['3']);
    await endOfTurn();
    channel.send(['4']);
    await endOfTurn();
    assert.deepEqual(socket.written, [['1\né\n', '3\n'], ['4\n']]);
  });

  it('is not held back, and its other side is looked after', (t) => {
    const { socket } = connect(t);
    assert.deepEqual(socket.settings, [
      ['noDelay', true],
      ['keepAlive', true, 30_000],
    ]);
  });

  it('is its backlog until the medium has taken it', async (t) => {
    const { socket, channel } = connect(t);
    assert.equal(channel.backlog, 0);
    socket.isStalled = true;
    channel.send(['é']);
    await endOfTurn();
    channel.send(['12']);
    await endOfTurn();
    assert.equal(channel.backlog, 6);
  });

  it('is nothing more after the end of this side', async (t) => {
    const { socket, channel } = connect(t);
    channel.close();
    channel.send(['1']);
    await endOfTurn();
    assert.equal(socket.text, '');
    const other = connect(t);
    other.socket.end();
    assert.doesNotThrow(() => other.channel.send(['1']));
    await endOfTurn();
    assert.equal(other.socket.text, '');
  });
});

describe('what a socket hears', () => {
  it('are the lines that arrive, those that come together at once', async (t) => {
    const { socket, handlers, channel } = connect(t);
    const heard: (readonly string[])[] = [];
    handlers.receive = (texts) => heard.push(texts);
    await socket.arrive('1\n2\n3');
    await socket.arrive('4');
    await socket.arrive('5\n');
    assert.deepEqual(heard, [['1', '2'], ['345']]);
    channel.destroy();
  });

  it('may be as long as the limit is by then, which what came before it may have raised', async (t) => {
    const { socket, handlers, channel } = connect(t, 2);
    handlers.receive = (texts) => {
      handlers.heardTexts.push(...texts);
      handlers.frameBytes = 4;
    };
    await socket.arrive('12\n3456\n');
    assert.deepEqual([handlers.heardTexts, handlers.told], [['12', '3456'], []]);
    await socket.arrive('1\n56789\n');
    assert.deepEqual([handlers.heardTexts, handlers.told], [['12', '3456', '1'], ['frameBytes']]);
    channel.destroy();
  });

  it('is nothing more after what was too long, in whatever pieces it comes', async (t) => {
    const { socket, handlers, channel } = connect(t, 2);
    await socket.arrive('é');
    assert.deepEqual(handlers.told, []);
    await socket.arrive('1');
    await socket.arrive('\n2\n', '3\n');
    assert.deepEqual([handlers.heardTexts, handlers.told], [[], ['frameBytes']]);
    assert.equal(socket.readableFlowing, true);
    channel.destroy();
  });

  it('is nothing while nobody listens', async (t) => {
    const { socket, channel, handlers } = connect(t);
    channel.handlers = undefined;
    await socket.arrive('1\n');
    channel.handlers = handlers;
    await socket.arrive('2\n');
    assert.deepEqual(handlers.heardTexts, ['2']);
    channel.destroy();
  });

  it('waits while it is paused', async (t) => {
    const { socket, channel, handlers } = connect(t);
    channel.pause();
    await socket.arrive('1\n');
    assert.deepEqual(handlers.heardTexts, []);
    channel.resume();
    await endOfTurn();
    assert.deepEqual(handlers.heardTexts, ['1']);
    channel.destroy();
  });
});

describe('the time for a line', () => {
  it('runs from its beginning, however it comes, and is over with its end', async (t) => {
    const { clock, socket, handlers, channel } = connect(t);
    await socket.arrive('1\n');
    assert.equal(clock.size, 0);
    await socket.arrive('2');
    assert.deepEqual([clock.size, clock.holding], [1, 0]);
    clock.pass(60);
    await socket.arrive('2');
    assert.equal(clock.next, 40);
    await socket.arrive('2\n3');
    assert.equal(clock.next, frameTime);
    await socket.arrive('\n');
    assert.equal(clock.size, 0);
    clock.pass(1_000);
    assert.deepEqual(handlers.told, []);
    channel.destroy();
  });

  it('is exceeded once, and nothing is heard after it', async (t) => {
    const { clock, socket, handlers, channel } = connect(t);
    await socket.arrive('1');
    clock.pass(frameTime);
    await socket.arrive('\n2\n3');
    clock.pass(frameTime);
    assert.deepEqual([handlers.heardTexts, handlers.told, clock.size], [[], ['frameTime'], 0]);
    channel.destroy();
  });

  it('does not run while the socket is paused, and anew from then on', async (t) => {
    const { clock, socket, handlers, channel } = connect(t);
    await socket.arrive('1');
    clock.pass(60);
    channel.pause();
    clock.pass(1_000);
    assert.deepEqual([clock.size, handlers.told], [0, []]);
    channel.resume();
    assert.equal(clock.next, frameTime);
    channel.pause();
    await socket.arrive('\n');
    channel.resume();
    await endOfTurn();
    assert.equal(clock.size, 0);
    channel.destroy();
  });

  it('is over with the socket, whoever ends it', async (t) => {
    for (const end of [
      ({ channel }: Connected) => channel.close(),
      ({ channel }: Connected) => channel.destroy(),
      ({ socket }: Connected) => void socket.destroy(),
    ]) {
      const connected = connect(t);
      await connected.socket.arrive('1');
      end(connected);
      await endOfTurn();
      connected.clock.pass(frameTime);
      connected.channel.resume();
      assert.deepEqual(
        connected.handlers.told.filter((what) => what === 'frameTime'),
        [],
      );
      connected.socket.destroy();
      await endOfTurn();
      assert.equal(connected.clock.size, 0);
    }
  });

  it('is over as soon as this side destroys the socket', async (t) => {
    const { clock, socket, handlers, channel } = connect(t);
    await socket.arrive('1');
    channel.destroy();
    clock.pass(frameTime);
    assert.deepEqual(handlers.told, []);
  });

  it('does not begin where hearing has ended the socket', async (t) => {
    const { clock, socket, handlers, channel } = connect(t);
    handlers.receive = () => channel.destroy();
    await socket.arrive('1\n2');
    assert.equal(clock.size, 0);
  });
});

describe('a socket that this side closes', () => {
  it('ends after what was said, and tells nothing more, but that it is gone', async (t) => {
    const { clock, socket, handlers, channel } = connect(t);
    channel.send(['1']);
    channel.close();
    channel.close();
    assert.equal(channel.isOver, true);
    await socket.arrive('2\n');
    await socket.arriveEnd();
    assert.deepEqual([socket.text, socket.writableFinished, socket.destroyed], ['1\n', true, true]);
    assert.deepEqual([handlers.heardTexts, handlers.told, clock.size], [[], ['gone'], 0]);
  });

  it('is destroyed after five seconds where the other side does not end it', async (t) => {
    const { clock, socket, channel } = connect(t);
    socket.isStalled = true;
    channel.send(['1']);
    channel.close();
    assert.equal(clock.holding, 0);
    clock.pass(4_999);
    assert.equal(socket.destroyed, false);
    clock.pass(1);
    assert.equal(socket.destroyed, true);
    await endOfTurn();
    assert.equal(clock.size, 0);
  });

  it('while it is paused is read to its end', async (t) => {
    const { socket, channel } = connect(t);
    channel.pause();
    channel.close();
    await socket.arriveEnd();
    assert.equal(socket.destroyed, true);
  });

  it('now drops what waits, and tells nothing more, but that it is gone', async (t) => {
    const { socket, handlers, channel } = connect(t);
    socket.isStalled = true;
    channel.send(['1']);
    channel.destroy();
    assert.deepEqual([socket.destroyed, channel.isOver], [true, true]);
    channel.close();
    assert.deepEqual(handlers.told, []);
    await endOfTurn();
    assert.deepEqual(handlers.told, ['gone']);
  });
});

describe('a socket that the other side closes', () => {
  it('is told once, with the error where there is one', async (t) => {
    for (const error of [undefined, new Error('reset')]) {
      const { socket, handlers, channel } = connect(t);
      socket.destroy(error);
      await endOfTurn();
      assert.deepEqual([handlers.told, channel.isOver], [[error?.message ?? 'closed', 'gone'], true]);
    }
  });

  it('half is told the answers of this turn, and then ended', async (t) => {
    const { clock, socket, handlers, channel } = connect(t);
    handlers.receive = () => setImmediate(() => channel.send(['answer']));
    await socket.arrive('1\n');
    await socket.arriveEnd();
    assert.equal(socket.text, 'answer\n');
    await endOfTurn();
    assert.deepEqual([socket.destroyed, handlers.told, clock.size], [true, ['closed', 'gone'], 0]);
  });

  it('half and does not read is given five seconds', async (t) => {
    const { clock, socket, handlers, channel } = connect(t);
    socket.isStalled = true;
    channel.send(['1']);
    await socket.arriveEnd();
    clock.pass(4_999);
    assert.equal(socket.destroyed, false);
    clock.pass(1);
    await endOfTurn();
    assert.deepEqual([socket.destroyed, handlers.told, clock.size], [true, ['closed', 'gone'], 0]);
  });
});

describe('whether a socket holds the process', () => {
  it('is a matter of the socket', (t) => {
    const { socket, channel } = connect(t);
    channel.unref();
    channel.ref();
    assert.deepEqual(socket.settings.slice(2), [['unref'], ['ref']]);
  });
});

describe('a socket that connects', () => {
  it('is open once it is connected, unless it has been closed', () => {
    for (const isClosed of [false, true]) {
      const socket = new FakeSocket();
      const told: string[] = [];
      const handlers = Object.assign(new FakeHandlers(), { opened: () => void told.push('opened') });
      const channel = dialSocket(socket.asSocket, handlers, frameTime);
      assert.deepEqual(told, []);
      if (isClosed) channel.destroy();
      socket.emit('connect');
      assert.deepEqual(told, isClosed ? [] : ['opened']);
      socket.destroy();
    }
  });
});
