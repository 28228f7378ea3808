/**
 * The answer to a JSON-RPC batch: one array, complete when each of its requests has been answered.
 */
export class BatchReply {
  readonly #replies: object[] = [];
  readonly #awaited: number;

  /** @param awaited how many answers will be in it. */
  constructor(awaited: number) {
    this.#awaited = awaited;
  }

  get isComplete(): boolean {
    return this.#replies.length === this.#awaited;
  }

  add(reply: object): void {
    this.#replies.push(reply);
  }

  toText(): string {
    return JSON.stringify(this.#replies);
  }
}
