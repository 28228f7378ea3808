/**
 * What docs/protocol.md says of JSON-RPC: each example is said, by hand or by the real client, to the real server, or is
 * what that answers; the tables are those of the code.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { defaultLimits, Server } from 'clustercast';
import { JsonRpcAdapter, JsonRpcClient, tcp, type TextDialer } from 'clustercast/json-rpc';
import { readServerFrame } from '#lib/json-rpc/client-wire.js';
import { spellReply } from '#lib/json-rpc/replies.js';
import { isPubSubErrorCode } from '#lib/errors.js';
import { linesByHand, type ByHand } from '../support/media.js';
import { connect } from 'node:net';
import { Play } from '../support/text-session.js';
import { blocks, document } from './document.js';
import { rowsOf, sectionOf } from './markdown.js';

const dashboard = 'dashboard-7d1e5a0c';

/** Which examples were compared. */
const seen = new Set<string>();

function example(name: string): unknown {
  seen.add(name);
  const block = blocks.find((candidate) => candidate.name === name) ?? assert.fail(`there is no ${name}`);
  return JSON.parse(block.text);
}

/** Puts words in the place of what is random. */
class Words {
  readonly #words = new Map<unknown, string>();

  put(value: unknown, word: string): void {
    assert.match(String(value), /^[0-9a-f]{32}$/);
    this.#words.set(value, word);
  }

  in(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((element) => this.in(element));
    if (typeof value !== 'object' || value === null) return this.#words.get(value) ?? value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, this.in(inner)]));
  }
}

/** A server on TCP, whose peers speak by hand. */
async function open(
  isTrusted: boolean,
): Promise<{ server: Server; port: number; byHand: () => Promise<ByHand> }> {
  const source = tcp.listen({ port: 0 });
  const server = new Server([new JsonRpcAdapter(source, { isTrusted })]);
  server.registerClient({ id: dashboard });
  await server.start();
  const port = source.port ?? assert.fail('it does not listen');
  return { server, port, byHand: () => linesByHand(connect({ port, host: '127.0.0.1' })) };
}

async function ask(peer: ByHand, request: unknown): Promise<unknown> {
  peer.send(JSON.stringify(request));
  return JSON.parse(await peer.next()) as unknown;
}

describe('the examples of JSON-RPC in docs/protocol.md', () => {
  it('of a conversation by hand are what the real server takes, and answers', async () => {
    const { server, byHand } = await open(true);
    const [a, b] = [await byHand(), await byHand()];
    const words = new Words();
    const subscribed = (await ask(a, example('rpc-subscribe'))) as { params: { client_id: string } };
    words.put(subscribed.params.client_id, 'client-a');
    assert.deepEqual(words.in(subscribed), example('rpc-subscribed'));
    const published = (await ask(b, example('rpc-publish'))) as { params: { result: { client_id: string } } };
    words.put(published.params.result.client_id, 'client-b');
    assert.deepEqual(words.in(published), example('rpc-published'));
    assert.deepEqual(JSON.parse(await a.next()), example('rpc-event'));
    assert.deepEqual(words.in(await ask(b, example('rpc-request'))), example('rpc-result'));
    assert.deepEqual(JSON.parse(await a.next()), example('rpc-event'));
    assert.deepEqual(words.in(await ask(a, example('rpc-unsubscribe'))), example('rpc-unsubscribed'));
    const again = {
      jsonrpc: '2.0',
      method: 'unsubscribe',
      params: { request_id: '3', subscription_id: '1' },
    };
    assert.deepEqual(await ask(a, again), example('rpc-refused'));
    assert.deepEqual(await ask(a, { jsonrpc: '2.0', id: 2, method: 'nope' }), example('rpc-error'));
    assert.deepEqual(words.in(await ask(a, example('rpc-batch'))), example('rpc-batch-answer'));
    assert.deepEqual(
      await ask(a, { jsonrpc: '2.0', method: 'publish', params: {} }),
      example('rpc-unreadable'),
    );
    assert.deepEqual(await ask(a, JSON.parse('['.repeat(65) + ']'.repeat(65))), example('rpc-limit'));
    assert.deepEqual(await ask(a, example('rpc-ping')), example('rpc-pong'));
    for (const peer of [a, b]) peer.close();
    await server.close();
  });

  it('of a handshake are what the real client says, and the real server answers', async () => {
    const { server, port, byHand } = await open(false);
    const said: string[] = [];
    const heard: string[] = [];
    const client = new JsonRpcClient(dashboard, tapped(tcp.connect({ port }), said, heard));
    await client.ready;
    const words = new Words();
    words.put(server.epoch, 'epoch-1');
    assert.deepEqual(
      said.map((text) => JSON.parse(text) as unknown),
      [example('rpc-hello')],
    );
    assert.deepEqual(
      heard.map((text) => words.in(JSON.parse(text))),
      [example('rpc-welcome')],
    );
    await client.publish('user::logged_in', { id: 'u1' });
    assert.deepEqual(JSON.parse(said.at(-1) ?? ''), example('rpc-publish'));
    const subscription = await client.subscribe('user::logged_in');
    const subscribe = JSON.parse(said.at(-1) ?? '') as { params: object };
    assert.deepEqual(
      { ...subscribe, params: { ...subscribe.params, request_id: '1' } },
      example('rpc-subscribe'),
    );
    await subscription.unsubscribe();
    await client.close();
    const stranger = await byHand();
    stranger.send(
      JSON.stringify({ jsonrpc: '2.0', id: 'hello', method: 'hello', params: { client_id: 'nobody' } }),
    );
    assert.deepEqual(JSON.parse(await stranger.next()), example('rpc-hello-refused'));
    await stranger.closed;
    await server.close();
  });

  it('what was missed', (t) => {
    const play = new Play(t);
    const missed = { kind: 'missed', names: ['user::logged_in'], counts: [812] } as const;
    play.session.send([missed]);
    const [said] = play.text.frames();
    assert.deepEqual(said, example('rpc-gap'));
    assert.deepEqual(readServerFrame(JSON.stringify(said), defaultLimits, true), [
      { kind: 'message', message: missed },
    ]);
  });

  it('are all compared', () => {
    const named = blocks.flatMap(({ name = '' }) => (name.startsWith('rpc-') ? [name] : []));
    assert.deepEqual(named.toSorted(), [...seen].toSorted());
  });
});

describe('the error numbers in docs/protocol.md', () => {
  it('are those of the code', () => {
    const rows = rowsOf(sectionOf(document, 'Standard requests'));
    assert.equal(rows.length, 9);
    for (const [number, text = ''] of rows) {
      const code = /^`?(ERR_PUBSUB_\w+)/.exec(text)?.[1] ?? 'ERR_PUBSUB_CLOSED';
      assert.ok(isPubSubErrorCode(code));
      if (number === '-32700') continue; // only by what cannot be parsed
      const failure = { code, message: 'text' };
      const reply = spellReply({ kind: 'response', id: 1 }, { kind: 'response', id: 1, ok: false, failure });
      assert.deepEqual((reply as { error: unknown }).error, {
        code: Number(number),
        message: 'text',
        data: { code },
      });
    }
  });
});

/** `dialer`, with all that passes. */
function tapped(dialer: TextDialer, said: string[], heard: string[]): TextDialer {
  return {
    target: dialer.target,
    open: (handlers, limits) => {
      const channel = dialer.open(
        {
          frameBytes: handlers.frameBytes,
          opened: () => handlers.opened(),
          receive: (texts) => {
            heard.push(...texts);
            handlers.receive(texts);
          },
          exceeded: (limit) => handlers.exceeded(limit),
          closed: (error) => handlers.closed(error),
        },
        limits,
      );
      const send = channel.send.bind(channel);
      channel.send = (texts) => {
        said.push(...texts);
        send(texts);
      };
      return channel;
    },
  };
}
