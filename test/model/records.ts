/** What a run has asked of the library, and what became of it; and how a client's calls are recorded. */
import { PubSubError, type Client, type Gap, type PubSubErrorCode, type Subscription } from 'clustercast';
import type { SimulatedWorker } from 'clustercast/testing';
import type { Told } from '../support/ledger.js';

export interface WorkerRecord {
  readonly worker: Omit<SimulatedWorker, 'id' | 'connect'>;
  state: 'running' | 'stopped' | 'ended';
}

export interface ClientRecord {
  /** None where it is in another process. */
  readonly client: Client | undefined;
  /** None where it is in the primary. */
  readonly worker: WorkerRecord | undefined;
  /** Whether it was asked to. */
  isClosing: boolean;
}

/** What a subscription received on one link. */
export interface Segment {
  epoch: string;
  id: string;
  readonly entries: (number | Told)[];
}

/** A call of `subscribe`, as its client sees it. */
export interface Subscribed {
  readonly event: string;
  readonly segments: Segment[];
  outcome: Outcome<null>;
  /** Its id now. */
  id: string;
}

export interface SubscriptionRecord {
  readonly of: ClientRecord;
  /** None where its process could not be asked. */
  subscribed: Subscribed | undefined;
  isUnsubscribed: boolean;
}

export interface PublishRecord {
  readonly of: ClientRecord;
  readonly key: number;
  /** What it came to; where its process can be asked no more, it cannot be known. */
  outcome: Outcome<number> | 'unasked';
}

/** What a promise came to; `undefined` while it is not settled. */
export type Outcome<T> =
  { readonly value: T } | { readonly code: PubSubErrorCode | 'another error' } | undefined;

export function isLiving({ client, worker, isClosing }: ClientRecord): boolean {
  return !isClosing && worker?.state !== 'ended' && client?.stats().state !== 'closed';
}

/** Subscribes, and records what becomes of it. @param epoch of the server that the client has found. */
export function subscribe(
  client: Client,
  event: string,
  epoch: () => string,
): [Subscribed, () => Promise<void>] {
  const segments: Segment[] = [{ epoch: '', id: '', entries: [] }];
  let subscription: Subscription<unknown> | undefined;
  const record: Subscribed = {
    event,
    segments,
    outcome: undefined,
    get id() {
      return subscription?.id ?? '';
    },
  };
  const onValue = (value: unknown): void => void segments.at(-1)?.entries.push(value as number);
  const onGap = ({ reason, count }: Gap): void => {
    // What an overflow has cost is told on the link that it was on.
    if (reason === 'overflow') segments.at(-1)?.entries.push({ missed: count });
    else segments.push({ epoch: epoch(), id: record.id, entries: [] });
  };
  const granted = client.subscribe(event, onValue, { onGap }).then((given) => {
    subscription = given;
    if (segments[0] !== undefined) Object.assign(segments[0], { epoch: epoch(), id: given.id });
    return null;
  });
  follow(granted, (outcome) => (record.outcome = outcome));
  const unsubscribe = async (): Promise<void> => {
    await subscription?.unsubscribe().catch(() => undefined);
  };
  return [record, unsubscribe];
}

/** Publishes `key`, and tells `settled` what becomes of it. */
export function publish(
  client: Client,
  event: string,
  key: number,
  timeout: number | undefined,
  settled: (outcome: Outcome<number>) => void,
): void {
  const published = client.publish(event, key, { timeout });
  follow(
    published.then(({ listeners }) => listeners),
    settled,
  );
}

function follow<T>(promise: Promise<T>, settled: (outcome: Outcome<T>) => void): void {
  promise.then(
    (value) => settled({ value }),
    (error: unknown) => settled({ code: error instanceof PubSubError ? error.code : 'another error' }),
  );
}
