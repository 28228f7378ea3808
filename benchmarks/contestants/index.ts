/**
 * Who is measured, by name: processes are told the name.
 */
import { bareMap } from './bare-map.js';
import { bentocache } from './bentocache.js';
import { clustercastCache } from './clustercast-cache.js';
import { clustercast } from './clustercast.js';
import { clustercastMap } from './clustercast-map.js';
import type { Cacher, Contestant, Keeper, Pubsub } from './contestant.js';
import { ioredis } from './ioredis.js';
import { limit } from './limit.js';
import { lruCache } from './lru-cache.js';
import { mqemitter } from './mqemitter.js';
import { natsKv } from './nats-kv.js';
import { nats } from './nats.js';
import { redisHash } from './redis-hash.js';
import { redisKeys } from './redis-keys.js';
import { redis } from './redis.js';
import { relay } from './relay.js';
import { socketIo } from './socket-io.js';
import { zeromq } from './zeromq.js';

/** Where a value is written that all hold, this is another way to hand it to them. */
const stores: readonly (Pubsub & Keeper)[] = [clustercastMap, redisKeys, redisHash, natsKv];
const pubsubs: readonly Pubsub[] = [
  ...[clustercast, relay, limit, socketIo, ioredis, redis, nats, zeromq, mqemitter],
  ...stores,
];
const cachers: readonly Cacher[] = [clustercastCache, bentocache];
/** What publishes nothing. */
const local: readonly Keeper[] = [bareMap, lruCache, ...cachers];
const keepers: readonly Keeper[] = [...local, ...stores];

/** @throws Error where there is none of that name. */
export function contestant(name: string | undefined): Pubsub {
  return find(pubsubs, name);
}

/** @throws Error where there is none of that name. */
export function keeper(name: string | undefined): Keeper {
  return find(keepers, name);
}

/** @throws Error where there is none of that name. */
export function cacher(name: string | undefined): Cacher {
  return find(cachers, name);
}

/** What is said of one, whatever it does. @throws Error where there is none of that name. */
export function known(name: string | undefined): Contestant {
  return find([...pubsubs, ...local], name);
}

function find<C extends Contestant>(all: readonly C[], name: string | undefined): C {
  const found = all.find((candidate) => candidate.name === name);
  if (found === undefined) {
    throw new Error(`there is no contestant ${name}, only ${all.map((one) => one.name).join(', ')}`);
  }
  return found;
}
