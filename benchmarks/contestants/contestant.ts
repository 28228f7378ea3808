/**
 * What a way to publish between the workers of a cluster has to offer to be measured beside others.
 */

export interface Pubsub {
  readonly name: string;
  /** What it is, for the table's reader. */
  readonly description: string;
  /** Makes the primary ready; called before the first worker is forked. */
  startPrimary(): Promise<void>;
  /** Makes this worker ready. */
  connectWorker(): Promise<Peer>;
}

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
