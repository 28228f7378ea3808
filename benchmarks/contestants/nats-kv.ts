/**
 * A bucket of NATS' key-value store, in the memory of its server: each worker watches it, and keeps what it is told in a Map.
 */
import type { KV } from '@nats-io/kv';
import type { Keeper, Local, Pubsub } from './contestant.js';
import { chunksOf, keyOf } from './entries.js';
import { nats } from './nats.js';

const bucket = 'products';
/** How many are written at a time. */
const window = 1_000;

/** A Map that follows a watch. */
interface Watched {
  /** Resolves when all is there that was there. */
  readonly complete: Promise<Local>;
  stop(): void;
}

export const natsKv: Pubsub & Keeper = {
  name: 'nats-kv',
  description:
    'a bucket of NATS JetStream in the memory of its server, through @nats-io/kv; each worker has a watch that keeps a ' +
    'Map, and one awaited put() per value; it has joined when as many entries have come as ' +
    'there were, of which a few may be missing that are written meanwhile',
  answers: 'receipt',
  echoes: true,
  mayLackWritten: true,
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
        const { complete } = await watch(kv, receive);
        await complete;
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

/** Follows the bucket; `take` is called with what is written from now on. */
async function watch(kv: KV, take: (value: string) => void): Promise<Watched> {
  const map = new Map<string, string>();
  const { last_seq: last } = (await kv.status()).streamInfo.state;
  const entries = await kv.watch();
  const complete = new Promise<Local>((resolve, reject) => {
    if (last === 0) resolve(map);
    void follow().catch(reject);
    async function follow(): Promise<void> {
      for await (const entry of entries) {
        const value = entry.string();
        map.set(entry.key, value);
        if (entry.revision > last) take(value);
        // As many have come as were there when it began.
        if (entry.isUpdate) resolve(map);
      }
    }
  });
  return { complete, stop: () => entries.stop() };
}
