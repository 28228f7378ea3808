/**
 * What is said to one peer, in order; and the answers to JSON-RPC batches, each one array, said when it is complete.
 */

/** The answer to one batch. */
export class BatchReply {
  readonly #replies: (object | undefined)[];
  #missing: number;

  /** @param awaited how many answers will be in it. */
  constructor(awaited: number) {
    this.#replies = Array<undefined>(awaited).fill(undefined);
    this.#missing = awaited;
  }

  get isComplete(): boolean {
    return this.#missing === 0;
  }

  /** @param place of its request among those that are answered in it. Each once. */
  put(place: number, reply: object): void {
    this.#replies[place] = reply;
    this.#missing -= 1;
  }

  toText(): string {
    return JSON.stringify(this.#replies.filter((reply) => reply !== undefined));
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

  constructor(write: (texts: readonly string[]) => void) {
    this.#write = write;
  }

  say(texts: readonly string[]): void {
    if (this.#waiting.length === 0) this.#write(texts);
    else this.#waiting.push(texts);
  }

  /** A batch has its place where its first answer had been, so that no event overtakes an answer in it. */
  sayIn({ batch, place }: BatchPlace, reply: object): void {
    batch.put(place, reply);
    if (!this.#waiting.includes(batch)) this.#waiting.push(batch);
    this.#drain();
  }

  /** Says what waits, also the batches that will not be complete. */
  finish(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const next of waiting) this.#write(next instanceof BatchReply ? [next.toText()] : next);
  }

  #drain(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (next instanceof BatchReply && !next.isComplete) return;
      this.#waiting.shift();
      this.#write(next instanceof BatchReply ? [next.toText()] : next);
    }
  }
}
