/**
 * What a way to publish between the workers of a cluster, or to hold entries for them, has to offer to be measured beside
 * others.
 */
import type { ServerCommand } from '../harness/servers.js';

export interface Contestant {
  readonly name: string;
  /** What it is, for the table's reader. */
  readonly description: string;
  /** The package that it needs. */
  readonly package?: string;
  /** The server that it needs. */
  readonly server?: ServerCommand;
  /**
   * Makes the primary ready; called before the first worker is forked. `address` is where the server listens; without
   * one, a path at which nothing is, for a socket.
   */
  startPrimary(address: string): Promise<void>;
}

export interface Pubsub extends Contestant {
  readonly answers: Answers;
  /** Set where all of it happens in one process: there are no workers then, and no primary. */
  readonly isInProcess?: true;
  /** Set where a publisher that subscribes hears, and counts, itself. */
  readonly echoes?: true;
  /** Makes this worker ready. */
  connectWorker(address: string): Promise<Peer>;
}

/**
 * What a publisher is told of each publish: to how many subscribers it was handed, to how many workers, that it was
 * carried out, or nothing. Where it is nothing, `answered` is called when the publish has been accepted, and whoever
 * measures has to see that not too much is under way.
 */
export type Answers = 'subscribers' | 'workers' | 'receipt' | 'nothing';

/** One worker's side. */
export interface Peer {
  /** Resolves when no later publish of others is missed. */
  subscribe(event: string, receive: (value: string) => void): Promise<void>;
  /**
   * Publishes; `answered` is called once, with how many others were handed the value, or why it failed.
   * A callback, so that nobody pays for promises who does not make any.
   */
  publish(event: string, value: string, answered: (listeners: number, error?: Error) => void): void;
}

/** Holds entries for the workers: text by key. */
export interface Keeper extends Contestant {
  /** Set where nothing is shared: each worker has to fill its own. */
  readonly isUnshared?: true;
  /** Set where whoever has joined may lack some of the entries that are written meanwhile, for a moment. */
  readonly mayLackWritten?: true;
  /** Makes this worker ready. */
  hold(address: string): Promise<Holder>;
}

/** One worker's side. */
export interface Holder {
  /** Resolves when all of it is written. */
  fill(entries: readonly Entry[]): Promise<void>;
  /** Takes everything into local memory, as whoever wants to read it there does. */
  join(): Promise<Local>;
  /** Gives it up again. */
  leave(): Promise<void>;
  /** Reads one entry where it is kept; or a cache, as one that may have to load it is read. */
  ask(key: string): Promise<string | undefined> | string | undefined;
}

/** A cache in each worker: `fill` loads what `entriesOf` makes, `join` gives what is in it, `ask` reads it. */
export interface Cacher extends Keeper {
  hold(address: string): Promise<CacheHolder>;
}

export interface CacheHolder extends Holder {
  /** Whether an entry is in it; loads nothing. */
  has(key: string): Promise<boolean> | boolean;
  /** Has all workers drop an entry. */
  invalidate(key: string): Promise<void>;
  /**
   * Has `dropped` called for each entry that another worker has had dropped here. Where there is no such thing, the
   * promise of `invalidate` has to resolve when all have dropped it.
   */
  onDropped?(dropped: (key: string) => void): void;
}

export type Entry = readonly [key: string, value: string];

/** What is in local memory. */
export interface Local {
  readonly size: number;
  get(key: string): string | undefined;
}
