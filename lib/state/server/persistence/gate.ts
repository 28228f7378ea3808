/** Requests that wait, in their order, until what they are about is there. Bounded as what a client itself has waiting is. */
import { PubSubError } from '../../../errors.js';
import type { Params } from '../../../protocol/messages.js';
import { encodeValue } from '../../../protocol/value.js';
import { Later, type Caller, type Method } from '../../../server/methods.js';
import type { WingHost } from '../../../server/wing.js';

/** What one client has waiting. */
interface Waiting {
  requests: number;
  length: number;
}

interface Queued {
  readonly caller: Caller;
  /** Of what it takes, in characters. */
  readonly length: number;
  readonly carryOut: () => void;
}

/** What a request takes besides its parameters, in characters, roughly. */
const overhead = 256;

export class Gate {
  readonly #host: Pick<WingHost, 'limits' | 'turnedAway'>;
  #isOpen = false;
  #queue: Queued[] = [];
  #length = 0;
  /** What those left whose connections have ended is let go when so much waits. */
  #sweepAt: number;
  readonly #clients = new WeakMap<Caller, Waiting>();

  constructor(host: Pick<WingHost, 'limits' | 'turnedAway'>) {
    this.#host = host;
    this.#sweepAt = host.limits.outboxLength;
  }

  /** The same methods; until it is open, what calls them waits. */
  guard(methods: Readonly<Record<string, Method>>): Readonly<Record<string, Method>> {
    const guarded = Object.entries(methods).map(([name, method]): [string, Method] => [
      name,
      (caller, identity, params) => {
        if (this.#isOpen) return method(caller, identity, params);
        const length = this.#admit(caller, params) + overhead;
        return new Later((answer) => {
          const carryOut = (): void => answer(() => method(caller, identity, params));
          this.#queue.push({ caller, length, carryOut });
          this.#length += length;
          if (this.#length > this.#sweepAt) this.#sweep();
        });
      },
    ]);
    return Object.fromEntries(guarded);
  }

  /** For good: who waits is answered, in order. */
  open(): void {
    this.#isOpen = true;
    for (const { carryOut } of this.#queue.splice(0)) carryOut();
  }

  /** Forgets who waits; their connections have ended. */
  close(): void {
    this.#queue = [];
  }

  #sweep(): void {
    this.#queue = this.#queue.filter(({ caller }) => caller.isOpen);
    this.#length = this.#queue.reduce((sum, { length }) => sum + length, 0);
    this.#sweepAt = Math.max(this.#host.limits.outboxLength, 2 * this.#length);
  }

  /**
   * @returns the length of `params`, in characters.
   * @throws PubSubError `ERR_PUBSUB_LIMIT` where the client has too much waiting already.
   */
  #admit(caller: Caller, params: Params): number {
    const waiting = this.#clients.get(caller) ?? { requests: 0, length: 0 };
    this.#clients.set(caller, waiting);
    const { length: added } = encodeValue(params, Infinity);
    const length = waiting.length + added;
    this.#check('outboxMessages', waiting.requests + 1);
    // As with a client's own: the first one may be of any length.
    if (waiting.requests > 0) this.#check('outboxLength', length);
    waiting.requests += 1;
    waiting.length = length;
    return added;
  }

  #check(limit: 'outboxMessages' | 'outboxLength', found: number): void {
    if (found <= this.#host.limits[limit]) return;
    this.#host.turnedAway(limit);
    throw new PubSubError(
      'ERR_PUBSUB_LIMIT',
      `the server is starting, and no more than ${this.#host.limits[limit]} may wait for that (${limit})`,
    );
  }
}
