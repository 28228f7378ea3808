/** A server of stream sockets: whom it takes in, whom it turns away, and when it has ended. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { defaultLimits } from 'clustercast';
import type { TextChannel, TextHost, TextPeer } from 'clustercast/json-rpc';
import { LineServer } from '#lib/json-rpc/media/line-server.js';
import { FakeHandlers } from '../../support/text-channel.js';
import { until, within } from '../../support/until.js';

/** A host that keeps whom it takes in, and refuses where it is told to. */
class FakeHost implements TextHost {
  readonly limits = defaultLimits;
  readonly story: unknown[][] = [];
  readonly channels: TextChannel[] = [];
  readonly handlers = new FakeHandlers();
  isFull = false;

  refusal(address: string | undefined): 'connectionsPerAddress' | undefined {
    this.story.push(['refusal', address]);
    return this.isFull ? 'connectionsPerAddress' : undefined;
  }

  accept(channel: TextChannel, peer: TextPeer): FakeHandlers {
    this.story.push(['accept', peer]);
    this.channels.push(channel);
    return this.handlers;
  }

  turnedAway(limit: string): void {
    this.story.push(['turnedAway', limit]);
  }
}

const peer = { label: 'a peer', address: 'here' };

describe('a server of stream sockets', () => {
  it('takes in whom nothing keeps out, and hears each as a pipe', async () => {
    const host = new FakeHost();
    const server = new LineServer(host, () => peer);
    assert.equal(server.port, undefined);
    await server.listen({ port: 0, host: '127.0.0.1' });
    const socket = connect(server.port ?? 0, '127.0.0.1');
    socket.write('1\n2\n');
    await until(() => host.handlers.heardTexts.length === 2, 'both lines');
    assert.deepEqual(host.story, [
      ['refusal', 'here'],
      ['accept', peer],
    ]);
    // It has ended when the last socket has.
    let isClosed = false;
    const closed = server.close().then(() => (isClosed = true));
    host.channels[0]?.send(['3']);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    assert.deepEqual([answer.toString(), isClosed], ['3\n', false]);
    socket.end();
    await within(closed, 'the end of the server');
    await until(() => host.handlers.told.length > 1, 'the end of the pipe');
    assert.deepEqual(host.handlers.told, ['closed', 'gone']);
  });

  it('ends the socket of whom a limit keeps out, and counts it', async () => {
    const host = new FakeHost();
    host.isFull = true;
    const server = new LineServer(host, () => peer);
    await server.listen({ port: 0, host: '127.0.0.1' });
    const socket = connect(server.port ?? 0, '127.0.0.1');
    socket.on('error', () => undefined);
    await within(once(socket, 'close'), 'the end of the socket');
    assert.deepEqual(host.story, [
      ['refusal', 'here'],
      ['turnedAway', 'connectionsPerAddress'],
    ]);
    await within(server.close(), 'the end of the server');
  });

  it('does not start where it cannot listen', async () => {
    const [one, other] = [
      new LineServer(new FakeHost(), () => peer),
      new LineServer(new FakeHost(), () => peer),
    ];
    await one.listen({ port: 0, host: '127.0.0.1' });
    await assert.rejects(other.listen({ port: one.port ?? 0, host: '127.0.0.1' }), { code: 'EADDRINUSE' });
    await other.close();
    await one.close();
  });
});
