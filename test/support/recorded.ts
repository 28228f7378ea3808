/** A subscription that keeps what it receives, with its gaps at their places. */
import type { Client, Gap, Subscription } from 'clustercast';

export interface Recorded {
  readonly subscription: Subscription<unknown>;
  readonly stream: (number | string | Gap)[];
}

/** Subscribes to `event`, whose values are numbers or texts. */
export async function record(client: Client, event: string): Promise<Recorded> {
  const stream: Recorded['stream'] = [];
  const subscription = await client.subscribe(event, (value) => stream.push(value as number | string), {
    onGap: (gap) => stream.push(gap),
  });
  return { subscription, stream };
}

/** What `Recorded.stream` has where so many values of `event` were missed. */
export function overflow(event: string, count: number): Gap {
  return { reason: 'overflow', count, events: new Map([[event, count]]) };
}
