/**
 * Who is measured, by name: processes are told the name.
 */
import { clustercast } from './clustercast.js';
import type { Pubsub } from './contestant.js';
import { ioredis } from './ioredis.js';
import { limit } from './limit.js';
import { mqemitter } from './mqemitter.js';
import { nats } from './nats.js';
import { redis } from './redis.js';
import { relay } from './relay.js';
import { socketIo } from './socket-io.js';
import { zeromq } from './zeromq.js';

const all: readonly Pubsub[] = [clustercast, relay, limit, socketIo, ioredis, redis, nats, zeromq, mqemitter];

/** @throws Error where there is none of that name. */
export function contestant(name: string | undefined): Pubsub {
  const found = all.find((candidate) => candidate.name === name);
  if (found === undefined) {
    throw new Error(`there is no contestant ${name}, only ${all.map((one) => one.name).join(', ')}`);
  }
  return found;
}
