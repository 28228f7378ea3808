/** The invalidations that a client makes in one turn of the event loop, on their way to the server in one request. */
import { deferred, type Deferred } from '../../client/deferred.js';
import { flushAtEndOfTurn, type Flushable } from '../../protocol/turn.js';
import type { Invalidation } from './cache-api.js';

/** So much travels in one request, in keys and tags, and in their characters; what is more goes in the next one. */
const mostNames = 1_000;
const mostCharacters = 64 * 1024;

export class Outgoing implements Flushable {
  readonly #send: (invalidation: Invalidation) => Promise<void>;
  #keys = new Set<string>();
  #tags = new Set<string>();
  #all = false;
  #sent: Deferred<void> | undefined;

  constructor(send: (invalidation: Invalidation) => Promise<void>) {
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

  flush(): void {
    const sent = this.#sent;
    if (sent === undefined) return;
    const parts = this.#all ? [everything] : [...inParts(this.#keys, this.#tags)];
    this.#sent = undefined;
    this.#keys = new Set();
    this.#tags = new Set();
    this.#all = false;
    Promise.all(parts.map((part) => this.#send(part))).then(
      () => sent.resolve(),
      (error: unknown) => sent.reject(error),
    );
  }
}

const everything: Invalidation = { keys: [], tags: [], all: true };

function* inParts(keys: ReadonlySet<string>, tags: ReadonlySet<string>): Iterable<Invalidation> {
  let part = { keys: [] as string[], tags: [] as string[], all: false };
  let names = 0;
  let length = 0;
  for (const [kind, set] of [
    ['keys', keys],
    ['tags', tags],
  ] as const) {
    for (const name of set) {
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
