/**
 * A connection to the Redis server through `ioredis`, and what its pipelines answer.
 */
import type { ChainableCommander, Redis } from 'ioredis';

export async function connectRedis(path: string): Promise<Redis> {
  const { Redis } = await import('ioredis');
  return new Redis({ path });
}

/** Sends several commands together; rejects where one of them fails. */
export async function execute(pipeline: ChainableCommander): Promise<void> {
  for (const [error] of (await pipeline.exec()) ?? []) if (error !== null) throw error;
}
