/**
 * A connection to the Redis server through `ioredis`, and what its pipelines answer.
 */
import type { ChainableCommander, Redis } from 'ioredis';

export async function connectRedis(path: string): Promise<Redis> {
  const { Redis } = await import('ioredis');
  return new Redis({ path });
}

/** Sends several commands together, and tells `answered` when all are carried out, or why one of them is not. */
export function carryOut(
  pipeline: ChainableCommander,
  answered: (listeners: number, error?: Error) => void,
): void {
  execute(pipeline).then(
    () => answered(0),
    (error: unknown) => answered(0, error as Error),
  );
}

async function execute(pipeline: ChainableCommander): Promise<void> {
  for (const [error] of (await pipeline.exec()) ?? []) if (error !== null) throw error;
}
