/**
 * What is said to one peer, in order; and the answers to JSON-RPC batches, each one array, said when it is complete.
 */

/** The answer to one batch. */
export class BatchReply {
  readonly #replies: (string | undefined)[];
  #missing: number;
  #length = 0;

  /** @param awaited how many answers will be in it. */
  constructor(awaited: number) {
    this.#replies = Array<undefined>(awaited).fill(undefined);
    this.#missing = awaited;
  }

  /** The characters of those that are there. */
  get length(): number {
    return this.#length;
  }

  get isComplete(): boolean {
    return this.#missing === 0;
  }

  /** @param place of its request among those that are answered in it. Each once. */
  put(place: number, reply: string): void {
    this.#replies[place] = reply;
    this.#length += reply.length;
    this.#missing -= 1;
  }

  toText(): string {
    return `[${this.#replies.filter((reply) => reply !== undefined).join(',')}]`;
  }
}

/** Where one of its answers belongs. */
export interface BatchPlace {
  readonly batch: BatchReply;
  readonly place: number;
}

export class Output {
  readonly #write: (texts: readonly string[]) => void;
  /** From the first batch that is not complete. */
  #waiting: (readonly string[] | BatchReply)[] = [];
  #length = 0;

  constructor(write: (texts: readonly string[]) => void) {
    this.#write = write;
  }

  /** The characters of what waits. */
  get length(): number {
    return this.#length;
  }

  say(texts: readonly string[]): void {
    if (this.#waiting.length === 0) {
      this.#write(texts);
      return;
    }
    this.#waiting.push(texts);
    this.#length += charactersOf(texts);
  }

  /** A batch has its place where its first answer had been, so that no event overtakes an answer in it. */
  sayIn({ batch, place }: BatchPlace, reply: string): void {
    batch.put(place, reply);
    this.#length += reply.length;
    if (!this.#waiting.includes(batch)) this.#waiting.push(batch);
    this.#drain();
  }

  /** Says what waits, also the batches that will not be complete. */
  finish(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#length = 0;
    for (const next of waiting) this.#write(next instanceof BatchReply ? [next.toText()] : next);
  }

  #drain(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (next instanceof BatchReply && !next.isComplete) return;
      this.#waiting.shift();
      this.#length -= charactersOf(next);
      this.#write(next instanceof BatchReply ? [next.toText()] : next);
    }
  }
}

function charactersOf(waiting: readonly string[] | BatchReply): number {
  if (waiting instanceof BatchReply) return waiting.length;
  return waiting.reduce((sum, { length }) => sum + length, 0);
}
