/** Values that say which they are and show whether they are whole, and what a subscription receives of them. */
import type { Client } from 'clustercast';
import type { Key, Told } from './ledger.js';

const span = 10_000_000;

/** The key of the nth value of a publisher. */
export function keyOf(publisher: number, n: number): number {
  return publisher * span + n;
}

export function publisherOf(key: Key): number {
  return Math.floor(Number(key) / span);
}

/** A value of about `length` characters. */
export function valueOf(key: number, length: number): unknown {
  return [key, length, fillerOf(key, length)];
}

/** Which value it is; one that is not whole has the key of no value. */
function readKey(value: unknown): Key {
  const [key, length, filler] = value as [number, number, string];
  return filler === fillerOf(key, length) ? key : `a damaged ${String(key)}`;
}

function fillerOf(key: number, length: number): string {
  return String.fromCodePoint(97 + (key % 26)).repeat(length);
}

/** Mostly small, some of a few kB, few of 50 kB, and every 2,500th of 1 MB. */
export function mixedLength(n: number): number {
  if (n % 2_500 === 1_250) return 1_000_000;
  if (n % 200 === 100) return 50_000;
  return n % 10 === 5 ? 3_000 : (n * 7) % 200;
}

/** Subscribes; the stream grows with what comes. */
export async function record(
  client: Client,
  event: string,
  onValue: () => void = () => undefined,
): Promise<(Key | Told)[]> {
  const stream: (Key | Told)[] = [];
  const take = (value: unknown): void => {
    stream.push(readKey(value));
    onValue();
  };
  await client.subscribe(event, take, { onGap: ({ count }) => stream.push({ missed: count }) });
  return stream;
}
