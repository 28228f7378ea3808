/**
 * What clients and servers say to each other, as the core handles it. How a message is spelled on a wire is
 * the transport's matter; the documented spelling is in `documented.ts`, that of the batch in `batch.ts`.
 */
import type { PubSubErrorCode } from '../errors.js';
import type { Columns } from './columns.js';

/** Chosen by the client, repeated in the answer. Ours are numbers, which travel as decimal strings. */
export type RequestId = string | number;

/** The fields of a request besides the documented ones belong to the method that it names. */
export type Params = Readonly<Record<string, unknown>>;

/** The fields of a successful answer. */
export type Result = Readonly<Record<string, unknown>>;

/** One request; it gets exactly one {@link Response}. */
export interface Request {
  readonly kind: 'request';
  readonly id: RequestId;
  readonly clientId: string | undefined;
  readonly method: string;
  readonly params: Params;
}

/** Publishes in a row, with ids in a row; they get one {@link Published} or one {@link Refused}. */
export interface Publishes {
  readonly kind: 'publishes';
  readonly first: number;
  readonly columns: Columns;
}

/** What a peer sent that is no message. `id` is the request's, as far as one could be read. */
export interface Malformed {
  readonly kind: 'malformed';
  readonly id: RequestId;
  readonly problem: string;
}

/** The answer to one {@link Request}. */
export type Response =
  | { readonly kind: 'response'; readonly id: RequestId; readonly ok: true; readonly result: Result }
  | { readonly kind: 'response'; readonly id: RequestId; readonly ok: false; readonly failure: Failure };

/** Why a request was refused. A peer of another version may send no code, or one that we do not know. */
export interface Failure {
  readonly code: PubSubErrorCode | undefined;
  readonly message: string;
}

/** The answer to {@link Publishes} that were accepted. */
export interface Published {
  readonly kind: 'published';
  readonly first: number;
  /** Run lengths: so many publishes in a row, so many listeners each, and so on. */
  readonly listeners: readonly number[];
}

/** The answer to {@link Publishes} of which none was accepted. */
export interface Refused {
  readonly kind: 'refused';
  readonly first: number;
  readonly count: number;
  readonly failure: Failure;
}

/** Values of events to which the receiver has subscribed, in the server's order. */
export interface Events {
  readonly kind: 'events';
  readonly columns: Columns;
}

/** Events that the receiver has subscribed to and will not get: they would have been here, were it not behind. */
export interface Missed {
  readonly kind: 'missed';
  /** Distinct event names, at least one, and how many of each. */
  readonly names: readonly string[];
  readonly counts: readonly number[];
}

export type ClientMessage = Request | Publishes | Malformed;
export type ServerMessage = Response | Published | Refused | Events | Missed | Malformed;
