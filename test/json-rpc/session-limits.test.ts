/** The limits of a connection on the server: what counts when, and what becomes of who goes beyond. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hello, Play, refusalOf, request } from '../support/text-session.js';

const secret = 'secret-0123456789';

function beyond(name: string, limit: number): object {
  return refusalOf(null, -32003, 'LIMIT', `beyond the limit of ${limit} (${name})`);
}

/** Pings with these ids. */
const pings = (...ids: number[]): object[] => ids.map((id) => request(id, 'ping'));

const answered = (play: Play): unknown[] =>
  play.text
    .frames()
    .flat()
    .map(({ id }) => id);

describe('the longest frame', () => {
  const limits = { unknownFrameBytes: 10, frameBytes: 20 };

  it('is short until the peer has said who it is', (t) => {
    const [greeted, asking] = [
      new Play(t, { isTrusted: false, limits }),
      new Play(t, { isTrusted: false, limits }),
    ];
    assert.equal(greeted.session.frameBytes, 10);
    greeted.say(request(1, 'ping'));
    assert.equal(greeted.session.frameBytes, 10);
    greeted.say(hello({ client_id: secret }));
    assert.equal(greeted.session.frameBytes, 20);
    asking.say(request(1, 'publish'));
    assert.equal(asking.session.frameBytes, 10);
    // The core has seen the id in a request.
    asking.core.clientId = secret;
    assert.equal(asking.session.frameBytes, 20);
  });

  it('is long at once where the server trusts', (t) => {
    assert.equal(new Play(t, { limits }).session.frameBytes, 20);
  });

  it('is named, by the name that counts, before the connection ends', (t) => {
    for (const [isTrusted, name, limit] of [
      [false, 'unknownFrameBytes', 10],
      [true, 'frameBytes', 20],
    ] as const) {
      const play = new Play(t, { isTrusted, limits });
      play.session.exceeded('frameBytes');
      assert.deepEqual(play.text.frames(), [beyond(name, limit)]);
      assert.deepEqual([play.text.calls, play.told()], [['close'], [['turnedAway', name], ['ended']]]);
    }
  });

  it('has its time, too', (t) => {
    const play = new Play(t, { limits: { frameTime: 7 } });
    play.say(request(1, 'm'));
    play.told();
    play.session.exceeded('frameTime');
    play.session.exceeded('frameTime');
    assert.deepEqual(play.text.frames(), [beyond('frameTime', 7)]);
    assert.deepEqual(play.text.calls, ['close']);
    const reason = 'beyond the limit of 7 (frameTime)';
    assert.deepEqual(play.told(), [
      ['turnedAway', 'frameTime'],
      ['ended'],
      ['closed', true, 'ERR_PUBSUB_CLOSED', reason],
    ]);
  });
});

describe('the time to say who one is', () => {
  const options = { isTrusted: false, limits: { identifyTime: 100 } };

  it('ends the connection of who has not', (t) => {
    const play = new Play(t, options);
    play.clock.pass(50);
    play.say(request(1, 'ping'), request(2, 'publish'));
    play.told();
    play.text.frames();
    play.clock.pass(49);
    assert.deepEqual(play.told(), []);
    play.clock.pass(1);
    assert.deepEqual(play.text.frames(), [beyond('identifyTime', 100)]);
    assert.deepEqual(play.text.calls, ['close']);
    assert.deepEqual(
      play.told().map(([what]) => what),
      ['turnedAway', 'ended', 'closed'],
    );
    assert.equal(play.clock.size, 0);
  });

  it('is over for who has, by hello or by a request', (t) => {
    const [greeted, asking] = [new Play(t, options), new Play(t, options)];
    greeted.say(hello({ client_id: secret }));
    assert.equal(greeted.clock.size, 1);
    asking.core.onMessage = () => (asking.core.clientId = secret);
    asking.say(request(1, 'publish', { client_id: secret }));
    assert.equal(asking.clock.size, 0);
    for (const play of [greeted, asking]) {
      play.clock.pass(200);
      assert.deepEqual(play.text.calls, []);
    }
  });

  it('is not held against who was made known otherwise meanwhile', (t) => {
    const play = new Play(t, options);
    play.say(request(1, 'publish'));
    play.core.clientId = secret;
    play.clock.pass(200);
    assert.deepEqual(play.text.calls, []);
  });

  it('does not count where the server trusts, and holds no process', (t) => {
    const trusted = new Play(t, { ...options, isTrusted: true });
    assert.equal(trusted.clock.size, 0);
    const play = new Play(t, options);
    assert.deepEqual([play.clock.size, play.clock.holding], [1, 0]);
  });
});

describe('the rate of requests', () => {
  const options = { isTrusted: false, limits: { requestsPerSecond: 4, identifyTime: 1_000_000 } };

  it('stops the reading of who goes beyond, and goes on in order when there is room', (t) => {
    const play = new Play(t, options);
    play.say(...pings(1, 2, 3, 4, 5, 6));
    assert.deepEqual([answered(play), play.text.calls], [[1, 2, 3, 4], ['pause']]);
    assert.deepEqual(play.told(), [['turnedAway', 'requestsPerSecond']]);
    assert.deepEqual([play.clock.size, play.clock.holding], [2, 0]); // the other one: to say who it is
    // What was on its way comes nevertheless, after what waits, also where there would be room.
    play.clock.pass(249);
    play.say(...pings(7));
    assert.deepEqual(answered(play), []);
    play.clock.pass(1);
    assert.deepEqual([answered(play), play.text.calls], [[5], ['pause']]);
    play.clock.pass(500);
    assert.deepEqual(
      [answered(play), play.text.calls],
      [
        [6, 7],
        ['pause', 'resume'],
      ],
    );
    play.clock.pass(10_000);
    play.say(...pings(8, 9, 10, 11));
    assert.deepEqual(answered(play), [8, 9, 10, 11]);
  });

  it('counts each element of a batch, and what is refused', (t) => {
    for (const frame of [pings(1, 2, 3, 4), ['{', '{', '{', '{'], Array(4).fill('[[[[[')] as const) {
      const play = new Play(t, { isTrusted: false, limits: { ...options.limits, jsonDepth: 4 } });
      if (typeof frame[0] === 'object') play.say(frame);
      else play.say(...frame);
      assert.deepEqual(play.text.calls, []);
      play.say(...pings(5));
      assert.deepEqual(play.text.calls, ['pause']);
    }
  });

  it('lets one batch go beyond it, and has that made up for', (t) => {
    const play = new Play(t, options);
    play.say(pings(1, 2, 3, 4, 5, 6, 7, 8));
    assert.deepEqual(answered(play), [1, 2, 3, 4, 5, 6, 7, 8]);
    play.say(...pings(9));
    assert.deepEqual([play.text.calls, play.clock.next], [['pause'], 1_250]);
  });

  it('does not count where the server trusts', (t) => {
    const play = new Play(t, { ...options, isTrusted: true });
    play.say(...pings(...Array(1_000).keys()));
    assert.equal(answered(play).length, 1_000);
    assert.deepEqual([play.text.calls, play.clock.size], [[], 0]);
  });

  it('keeps no more than a read may bring from a medium that cannot pause', (t) => {
    const play = new Play(t, { isTrusted: false, limits: { requestsPerSecond: 1 } });
    play.say('1');
    play.session.receive(Array<string>(64 * 1024).fill('1'));
    assert.deepEqual(play.text.calls, ['pause']);
    play.say('1');
    assert.deepEqual(play.text.calls, ['pause', 'destroy']);
    assert.deepEqual(play.told().slice(2), [
      ['turnedAway', 'requestsPerSecond'],
      ['turnedAway', 'requestsPerSecond'],
      ['ended'],
    ]);
    assert.equal(play.clock.size, 0);
  });

  it('forgets what waits when the connection ends, and resumes nothing', (t) => {
    const play = new Play(t, options);
    play.say(...pings(1, 2, 3, 4, 5));
    play.session.closed();
    assert.equal(play.clock.size, 0);
    play.clock.pass(10_000);
    assert.deepEqual([answered(play), play.text.calls], [[1, 2, 3, 4], ['pause']]);
  });

  it('is not resumed where what waited has ended the connection', (t) => {
    const play = new Play(t, options);
    play.say(...pings(1, 2, 3, 4), hello());
    play.clock.pass(250);
    assert.deepEqual(play.text.calls, ['pause', 'close']);
  });
});

describe('the output that waits', () => {
  const limits = { unknownOutputBytes: 10, outputBytes: 20 };

  it('ends the connection when it is beyond its limit, which is lower for who is unknown', async (t) => {
    for (const [isTrusted, name, limit] of [
      [false, 'unknownOutputBytes', 10],
      [true, 'outputBytes', 20],
    ] as const) {
      const play = new Play(t, { isTrusted, limits });
      play.say(request(1, 'm'));
      play.text.backlog = limit;
      play.publish('e', 'far more than would fit');
      assert.equal(play.text.frames().length, 1);
      play.told();
      play.text.backlog = limit + 1;
      play.publish('e', 2);
      assert.deepEqual([play.text.frames(), play.text.calls], [[], ['destroy']]);
      // The server may be speaking to it right now, and hears of it later.
      assert.deepEqual(play.told(), [['turnedAway', name], ['ended']]);
      await Promise.resolve();
      const reason = `beyond the limit of ${limit} (${name})`;
      assert.deepEqual(play.told(), [['closed', true, 'ERR_PUBSUB_CLOSED', reason]]);
    }
  });

  it('is looked at for each answer, and nothing is said after the end', (t) => {
    const play = new Play(t, { limits });
    play.text.send = (texts) => {
      play.text.sent.push(texts);
      play.text.backlog = 21;
    };
    play.say(request(1, 'ping'), request(2, 'ping'), request(3, 'ping'));
    assert.deepEqual([play.text.frames().length, play.text.calls], [1, ['destroy']]);
    assert.deepEqual(play.told(), [['turnedAway', 'outputBytes'], ['ended']]);
  });

  it('counts what waits for the answer to a batch', async (t) => {
    const play = new Play(t, { limits: { outputBytes: 200 } });
    play.say(hello({ capabilities: ['gap'] }));
    play.text.frames();
    play.say([request(1, 'm'), request(2, 'm')]);
    const [first, second] = play.ids;
    play.respond(first);
    assert.ok(play.session.backlog > 0);
    play.publish('e', 'x'.repeat(10));
    assert.ok(play.session.backlog >= 1);
    play.told();
    play.respond(second);
    // For what was left out meanwhile.
    assert.deepEqual([play.session.backlog, play.told()], [0, [['drained']]]);
    play.say([request(3, 'm'), request(4, 'm')]);
    play.respond(play.ids[2]);
    for (let n = 1; n <= 3; n++) play.publish('e', 'x'.repeat(150));
    assert.deepEqual(play.text.calls, ['destroy']);
    await Promise.resolve();
  });

  it('may be as much as it can without a limit where nothing is said', (t) => {
    const play = new Play(t, { limits });
    play.text.backlog = 1_000;
    play.say({ jsonrpc: '2.0', id: 1, result: 7 });
    assert.deepEqual(play.text.calls, []);
  });

  it('ends the connection also where it is too much to say which limit was exceeded', (t) => {
    const play = new Play(t, { limits });
    play.text.backlog = 21;
    play.session.exceeded('frameBytes');
    assert.deepEqual([play.text.frames(), play.text.calls], [[], ['destroy']]);
    assert.deepEqual(play.told(), [['turnedAway', 'frameBytes'], ['turnedAway', 'outputBytes'], ['ended']]);
  });
});

describe('the silence of a peer', () => {
  it('is asked about where the medium can, and ends the connection after a second time', (t) => {
    const play = new Play(t, { hasPing: true, limits: { silenceTime: 5 } });
    play.session.checkSilence();
    assert.deepEqual(play.text.calls, ['ping']);
    play.session.heard();
    play.session.checkSilence();
    play.say(request(1, 'ping'));
    play.session.checkSilence();
    assert.deepEqual(play.text.calls, ['ping', 'ping', 'ping']);
    play.session.checkSilence();
    assert.deepEqual(play.text.calls, ['ping', 'ping', 'ping', 'destroy']);
    assert.deepEqual(play.told(), [['turnedAway', 'silenceTime'], ['ended']]);
    play.session.checkSilence();
    assert.deepEqual(play.told(), []);
  });

  it('is told to the server with the limit', async (t) => {
    const play = new Play(t, { hasPing: true, limits: { silenceTime: 5 } });
    play.say(request(1, 'm'));
    play.told();
    play.session.checkSilence();
    play.session.checkSilence();
    await Promise.resolve();
    const reason = 'beyond the limit of 5 (silenceTime)';
    assert.deepEqual(play.told().at(-1), ['closed', true, 'ERR_PUBSUB_CLOSED', reason]);
  });

  it('is nothing to blame who is not listened to for', (t) => {
    const limits = { requestsPerSecond: 1, identifyTime: 1_000_000 };
    const play = new Play(t, { isTrusted: false, hasPing: true, limits });
    play.say(request(1, 'ping'), request(2, 'ping'));
    for (let times = 0; times < 3; times++) play.session.checkSilence();
    assert.deepEqual(play.text.calls, ['pause']);
    play.clock.pass(1_000);
    for (let times = 0; times < 2; times++) play.session.checkSilence();
    assert.deepEqual(play.text.calls, ['pause', 'resume', 'ping', 'destroy']);
  });

  it('is of no interest without a ping, unless it was promised that there is none', (t) => {
    for (const heartbeat of [undefined, false, 1, 'true']) {
      const play = new Play(t);
      play.say(hello({ heartbeat }));
      for (let times = 0; times < 3; times++) play.session.checkSilence();
      assert.deepEqual(play.text.calls, [], String(heartbeat));
    }
    const play = new Play(t);
    play.say(hello({ heartbeat: true }));
    play.session.checkSilence();
    assert.deepEqual(play.text.calls, []);
    play.session.checkSilence();
    assert.deepEqual(play.text.calls, ['destroy']);
  });
});
