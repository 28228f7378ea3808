/**
 * What a way to publish between the workers of a cluster has to offer to be measured beside others.
 */
import type { ServerCommand } from '../harness/servers.js';

export interface Pubsub {
  readonly name: string;
  /** What it is, for the table's reader. */
  readonly description: string;
  readonly answers: Answers;
  /** Set where all of it happens in one process: there are no workers then, and no primary. */
  readonly isInProcess?: true;
  /** Set where a publisher that subscribes hears, and counts, itself. */
  readonly echoes?: true;
  /** The package that it needs. */
  readonly package?: string;
  /** The server that it needs. */
  readonly server?: ServerCommand;
  /**
   * Makes the primary ready; called before the first worker is forked. `address` is where the server listens; without
   * one, a path at which nothing is, for a socket.
   */
  startPrimary(address: string): Promise<void>;
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
