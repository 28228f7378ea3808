/** How many cases went which way: a property that nothing ever gets to the end of holds for no reason. */
import assert from 'node:assert/strict';

/** Fewer cases than this say nothing. */
const enough = 1_000;

export class Tally {
  readonly #counts = new Map<string, number>();
  #total = 0;

  note(way: string): void {
    this.#counts.set(way, (this.#counts.get(way) ?? 0) + 1);
    this.#total += 1;
  }

  /** Fails unless each of `ways` was taken at least once in five hundred times. */
  check(...ways: readonly string[]): void {
    if (this.#total < enough) return;
    const rare = ways.filter((way) => (this.#counts.get(way) ?? 0) < this.#total / 500);
    const counts = [...this.#counts].map(([way, count]) => `${count} ${way}`).join(', ');
    assert.deepEqual(rare, [], `too few of a kind: ${counts}`);
  }
}
