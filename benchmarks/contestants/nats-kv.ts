/**
 * A bucket of NATS' key-value store, in the memory of its server: each worker watches it, and keeps what it is told in a Map.
 */
import type { KV, KvWatchEntry } from '@nats-io/kv';
import type { Keeper, Local, Pubsub } from './contestant.js';
import { chunksOf, keyOf } from './entries.js';
import { nats } from './nats.js';

const bucket = 'products';
/** How many are written at a time. */
const window = 1_000;

/** What a watch is told, and a Map that follows it. */
interface Watched {
  readonly map: Map<string, string>;
  /** Resolves when all is there that was there. */
  readonly complete: Promise<Local>;
  stop(): void;
}

export const natsKv: Pubsub & Keeper = {
  name: 'nats-kv',
  description:
    'a bucket of NATS JetStream in the memory of its server, through @nats-io/kv; each worker has a watch that keeps a ' +
    'Map, and one awaited put() per value',
  answers: 'receipt',
  echoes: true,
  package: '@nats-io/kv',
  server: {
    command: 'nats-server',
    install: 'apt-get install nats-server',
    listensOn: 'port',
    argumentsFor: (address, folder) => [
      ...(nats.server?.argumentsFor(address, folder) ?? []),
      ...['--jetstream', '--store_dir', folder],
    ],
  },

  async startPrimary(servers) {
    await openBucket(servers);
  },

  async connectWorker(servers) {
    const kv = await openBucket(servers);
    return {
      async subscribe(_event, receive) {
        await (
          await watch(kv, ({ isUpdate }, value) => {
            if (isUpdate) receive(value);
          })
        ).complete;
      },
      publish(_event, value, answered) {
        kv.put(keyOf(value), value).then(
          () => answered(0),
          (error: unknown) => answered(0, error as Error),
        );
      },
    };
  },

  async hold(servers) {
    const kv = await openBucket(servers);
    let watched: Watched | undefined;
    return {
      async fill(entries) {
        for (const chunk of chunksOf(entries, window))
          await Promise.all(chunk.map(([key, value]) => kv.put(key, value)));
      },
      async join() {
        watched = await watch(kv, () => undefined);
        return watched.complete;
      },
      leave() {
        watched?.stop();
        return Promise.resolve();
      },
      async ask(key) {
        return (await kv.get(key))?.string();
      },
    };
  },
};

async function openBucket(servers: string): Promise<KV> {
  const { connect } = await import('@nats-io/transport-node');
  const { Kvm } = await import('@nats-io/kv');
  return new Kvm(await connect({ servers })).create(bucket, { storage: 'memory' });
}

async function watch(kv: KV, take: (entry: KvWatchEntry, value: string) => void): Promise<Watched> {
  const map = new Map<string, string>();
  const isEmpty = (await kv.status()).values === 0;
  const entries = await kv.watch();
  const complete = new Promise<Local>((resolve, reject) => {
    if (isEmpty) resolve(map);
    void follow().catch(reject);
    async function follow(): Promise<void> {
      for await (const entry of entries) {
        const value = entry.string();
        map.set(entry.key, value);
        take(entry, value);
        if (entry.delta === 0) resolve(map);
      }
    }
  });
  return { map, complete, stop: () => entries.stop() };
}
