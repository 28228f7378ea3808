/** The invalidations that a client makes in one turn of the event loop, on their way to the server in one request. */
import type { RequestOptions } from '../../../client/api.js';
import { deferred, type Deferred } from '../../../client/deferred.js';
import { flushAtEndOfTurn, type Flushable } from '../../../protocol/turn.js';
import type { Invalidation } from './api.js';

/** So much travels in one request, in keys and tags, and in their characters; what is more goes in the next one. */
const mostNames = 1_000;
const mostCharacters = 64 * 1024;

/** Sends what fits into one request. */
type Send = (invalidation: Invalidation, options: RequestOptions) => Promise<void>;

export class Outgoing implements Flushable {
  readonly #send: Send;
  #keys = new Set<string>();
  #tags = new Set<string>();
  #all = false;
  #sent: Deferred<void> | undefined;

  constructor(send: Send) {
    this.#send = send;
  }

  /** Resolves when all that was added in this turn is carried out. */
  add({ keys, tags, all }: Invalidation): Promise<void> {
    for (const key of keys) this.#keys.add(key);
    for (const tag of tags) this.#tags.add(tag);
    this.#all ||= all;
    if (this.#sent === undefined) {
      this.#sent = deferred<void>();
      flushAtEndOfTurn(this);
    }
    return this.#sent.promise;
  }

  /** At once, and alone. Resolves when it is carried out. */
  async send({ keys, tags, all }: Invalidation, options: RequestOptions): Promise<void> {
    const parts = all ? [everything] : [...inParts(keys, tags)];
    await Promise.all(parts.map((part) => this.#send(part, options)));
  }

  flush(): void {
    const sent = this.#sent;
    if (sent === undefined) return;
    const said = { keys: [...this.#keys], tags: [...this.#tags], all: this.#all };
    this.#sent = undefined;
    this.#keys = new Set();
    this.#tags = new Set();
    this.#all = false;
    this.send(said, {}).then(
      () => sent.resolve(),
      (error: unknown) => sent.reject(error),
    );
  }
}

export const everything: Invalidation = { keys: [], tags: [], all: true };

function* inParts(keys: readonly string[], tags: readonly string[]): Iterable<Invalidation> {
  let part = { keys: [] as string[], tags: [] as string[], all: false };
  let names = 0;
  let length = 0;
  for (const [kind, list] of [
    ['keys', keys],
    ['tags', tags],
  ] as const) {
    for (const name of list) {
      if (names > 0 && (names >= mostNames || length + name.length > mostCharacters)) {
        yield part;
        part = { keys: [], tags: [], all: false };
        names = 0;
        length = 0;
      }
      part[kind].push(name);
      names += 1;
      length += name.length;
    }
  }
  if (names > 0) yield part;
}
