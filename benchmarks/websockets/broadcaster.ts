/**
 * What a way to tell many WebSockets the same has to offer to be measured beside others.
 */

export interface Broadcaster {
  readonly name: string;
  /** What it is, for the table's reader. */
  readonly description: string;
  /** Begins to listen on the loopback interface, for so many connections. */
  start(connections: number): Promise<Broadcast>;
}

export interface Broadcast {
  readonly port: number;
  /** Publishes values in one turn; resolves when whatever answers has answered. Checks that all were told. */
  publish(values: readonly string[]): Promise<void>;
}
