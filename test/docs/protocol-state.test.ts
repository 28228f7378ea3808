/** What docs/protocol.md says of state: each example is what a real client says to a real server, or is answered. */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { defaultLimits, Server, type Adapter, type AdapterHost } from 'clustercast';
import { ownCapabilities } from '#lib/protocol/capabilities.js';
import {
  readRequest,
  readServerMessage,
  spellClientMessage,
  spellRequest,
  spellServerMessage,
} from '#lib/protocol/documented.js';
import { CachingClient } from '#lib/state/client/caching-client.js';
import { until } from '../support/until.js';
import { blocks, example } from './document.js';

const names = blocks.flatMap(({ name = '' }) => (/^(map|cache)-/.test(name) ? [name] : []));

/** Connects clients whose messages are put down, as documented ones. */
class Tapped implements Adapter {
  readonly name = 'tapped';
  readonly isTrusted = true;
  #host: AdapterHost | undefined;

  start(host: AdapterHost): void {
    this.#host = host;
  }

  close(): void {
    // The server has ended its connections.
  }

  /** A client, and how to lose its link. What it says and hears is put into `said`. */
  connect(said: unknown[]): { client: CachingClient; lose: () => void } {
    const host = this.#host ?? assert.fail('it has not been started');
    const link = { lose: (): void => undefined };
    const client = new CachingClient({
      silence: '',
      ref: () => undefined,
      unref: () => undefined,
      open: (handlers) => {
        const channel = {
          backlog: 0,
          takesGaps: true,
          close: () => queueMicrotask(() => handlers.closed({ isFinal: true })),
          send: (messages: Parameters<typeof handlers.receive>[0]) => {
            said.push(...messages.flatMap(spellServerMessage));
            queueMicrotask(() => handlers.receive(messages));
          },
        };
        const accepted = host.accept(channel, { label: 'tapped', clientId: undefined });
        link.lose = () => {
          accepted.closed({ isFinal: false });
          handlers.closed({ isFinal: false });
        };
        const { epoch } = host;
        const { clientId } = accepted;
        queueMicrotask(() => handlers.opened({ epoch, clientId, capabilities: ownCapabilities }));
        return {
          send: (messages) => {
            said.push(...messages.flatMap(spellClientMessage));
            accepted.receive(messages);
          },
          close: () => accepted.closed({ isFinal: true }),
        };
      },
    });
    return { client, lose: () => link.lose() };
  }
}

/** `said` as JSON, with the words of the document in place of what is random or long. */
function inWords(said: unknown, words: ReadonlyMap<string, string>): unknown {
  let text = JSON.stringify(said);
  for (const [random, word] of words) text = text.replaceAll(random, word);
  return JSON.parse(text);
}

/** All of it, by name. */
async function talk(): Promise<Map<string, unknown>> {
  const golden = new Map<string, unknown>();
  const tapped = new Tapped();
  const server = new Server([tapped]);
  await server.start();
  const said: unknown[] = [];
  const [{ client: a }, { client: b, lose }] = [tapped.connect([]), tapped.connect(said)];
  const [theirs, pages] = [await a.map<unknown>('flags'), 'x'.repeat(defaultLimits.mapPartLength)];
  await theirs.set('dark-mode', { on: true });
  await b.ready;
  const words = new Map([
    [server.epoch, 'epoch-1'],
    [pages, '…'],
  ]);
  const step = async (shown: readonly (string | undefined)[], act: () => Promise<unknown>): Promise<void> => {
    said.length = 0;
    await act();
    // Another link gives it another one.
    words.set(String(b.clientId), 'client-b');
    assert.equal(said.length, shown.length, JSON.stringify(said).slice(0, 2_000));
    for (const [position, name] of shown.entries()) {
      if (name !== undefined) golden.set(name, inWords(said[position], words));
    }
  };
  await step(['map-attach', 'map-attached'], () => b.map('flags'));
  const flags = await b.map('flags');
  await step(['map-set', 'map-change', 'map-set-answer'], () =>
    flags.set('dark-mode', { on: false }, { ifVersion: 1 }),
  );
  await step([undefined, 'map-conflict'], () =>
    assert.rejects(flags.set('dark-mode', { on: false }, { ifVersion: 1 })),
  );
  await a.request('map.set', { map: 'pages', key: '/', value: pages });
  await a.request('map.set', { map: 'pages', key: '/about', value: 'short' });
  await step([undefined, 'map-attached-more', 'map-read', 'map-read-answer'], () => b.map('pages'));
  await (await b.map('pages')).close();
  await step(['map-attach-again', 'map-changes'], () => {
    // Said in this turn, and so before `b` has another link.
    void theirs.delete('dark-mode');
    lose();
    return until(() => !flags.isStale, 'the link is there again');
  });
  await step(['cache-attach', 'cache-attached'], async () => {
    const products = b.cache('products', { load: (key) => key });
    await until(() => !products.isStale, 'it is attached');
  });
  await step(['cache-invalidation', 'cache-dropped', 'cache-dropped-answer'], async () => {
    await a.cache('products').invalidate(['p1', 'p2']);
    await until(() => said.length === 3, 'the answer');
  });
  await step(['cache-invalidate', 'cache-invalidate-answer'], () => b.cache('orders').invalidateTag('of:u1'));
  await Promise.all([a.close(), b.close()]);
  await server.close();
  return golden;
}

describe('the examples of state in docs/protocol.md', () => {
  let golden: ReadonlyMap<string, unknown>;

  before(async () => {
    golden = await talk();
  });

  it('are all that is shown', () => {
    assert.deepEqual(names.toSorted(), [...golden.keys()].toSorted());
  });

  for (const name of names) {
    it(`are what is said, and understood: ${name}`, () => {
      const shown: unknown = example(name);
      assert.deepEqual(golden.get(name), shown);
      const isRequest = typeof shown === 'object' && shown !== null && 'method' in shown;
      if (isRequest) {
        const read = readRequest(shown, defaultLimits);
        assert.ok(read.kind === 'request');
        assert.deepEqual(spellRequest(read), shown);
      } else {
        assert.deepEqual(spellServerMessage(readServerMessage(shown, defaultLimits)), [shown]);
      }
    });
  }
});
