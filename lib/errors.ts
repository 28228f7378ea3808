/**
 * The one error class of the package, and its codes. Knows nothing of what raises it.
 */

const codes = [
  /** Event name empty, over its limit or not well-formed; bad options; loaded state that is none. */
  'ERR_PUBSUB_INVALID_ARGUMENT',
  /** The value cannot be encoded as JSON. */
  'ERR_PUBSUB_SERIALIZE',
  /** `startPrimary` in a worker, `connectWorker` in the primary, or either in a worker thread. */
  'ERR_PUBSUB_WRONG_PROCESS',
  /** No server answered the handshake in time; what waited for it was never sent. */
  'ERR_PUBSUB_NO_PRIMARY',
  /** Registration, adapter or start after the start. */
  'ERR_PUBSUB_STARTED',
  /** The server does not know this client. */
  'ERR_PUBSUB_UNAUTHORIZED',
  /** Known, but not allowed to do this; or not its subscription. */
  'ERR_PUBSUB_FORBIDDEN',
  /** Sent, and no answer came in time; or state was not loaded or saved in time. */
  'ERR_PUBSUB_TIMEOUT',
  /** Used after the end; the request was certainly not accepted. */
  'ERR_PUBSUB_CLOSED',
  /** The link died after sending and before the answer: accepted or not, either is possible. */
  'ERR_PUBSUB_OUTCOME_UNKNOWN',
  /** The bounded outbox is full; the request was certainly not accepted. */
  'ERR_PUBSUB_BACKPRESSURE',
  /** A documented limit was reached. */
  'ERR_PUBSUB_LIMIT',
  /** The peer sent what the protocol does not allow. */
  'ERR_PUBSUB_PROTOCOL',
  /** A compare-and-set found another version; nothing was changed. */
  'ERR_PUBSUB_CONFLICT',
  /** The peer lacks a capability or a method that the call needs. */
  'ERR_PUBSUB_UNSUPPORTED',
] as const;

/** Every code that a {@link PubSubError} may carry. Callers branch on these; the messages may change. */
export type PubSubErrorCode = (typeof codes)[number];

/** Whether `value` is a code of this package. A peer of another version may send others. */
export function isPubSubErrorCode(value: unknown): value is PubSubErrorCode {
  return (codes as readonly unknown[]).includes(value);
}

/**
 * What this package throws and rejects with. Branch on {@link PubSubError.code}, not on the message.
 *
 * @example
 * ```ts
 * try {
 *   await client.publish('user::logged_in', user);
 * } catch (error) {
 *   if (error instanceof PubSubError && error.code === 'ERR_PUBSUB_BACKPRESSURE') return retryLater();
 *   throw error;
 * }
 * ```
 */
export class PubSubError extends Error {
  readonly code: PubSubErrorCode;

  constructor(code: PubSubErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  static {
    // On the prototype, as the built-in errors have it, so that it is not an own property of each error.
    Object.defineProperty(this.prototype, 'name', {
      value: 'PubSubError',
      configurable: true,
      writable: true,
    });
  }
}
