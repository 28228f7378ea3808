/** What the contract's cases play on: one server, and clients of one transport. Each transport brings its own. */
import type { Client, ClientInfo, Limits, ServerStats } from 'clustercast';

export interface StageOptions {
  readonly clients?: readonly ClientInfo[];
  readonly limits?: Partial<Limits>;
  /** Whether the server waits for `start()`. Default: it is started. */
  readonly startsLate?: boolean;
}

export interface ConnectOptions {
  readonly clientId?: string;
  readonly timeout?: number;
  readonly limits?: Partial<Limits>;
}

/** A connection that speaks the documented messages by hand. */
export interface Raw {
  send(message: unknown): void;
  /** The next message from the server. */
  next(): Promise<unknown>;
}

export interface Stage {
  connect(options?: ConnectOptions): Client;
  raw(): Promise<Raw>;
  start(): Promise<void>;
  stats(): Promise<ServerStats>;
  /** Ends the server. */
  closeServer(): Promise<void>;
}

/** Opens a stage, which the suite closes after the case. */
export type OpenStage = (options?: StageOptions) => Promise<Stage>;

/** One thing that holds on every transport. */
export interface Case {
  readonly name: string;
  readonly run: (open: OpenStage) => Promise<void>;
}
