/**
 * The answer to a JSON-RPC batch: one array, complete when each of its requests has been answered.
 */
export class BatchReply {
  readonly #replies: object[] = [];
  #awaited = 0;

  get isComplete(): boolean {
    return this.#replies.length === this.#awaited;
  }

  /** One more request is to be answered in it. */
  expect(): void {
    this.#awaited += 1;
  }

  add(reply: object): void {
    this.#replies.push(reply);
  }

  toText(): string {
    return JSON.stringify(this.#replies);
  }
}
