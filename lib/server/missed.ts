/**
 * What a connection that is behind does not get: counted by event name, until it can be told. Bounded by the names
 * that it subscribes to.
 */
import type { Columns } from '../protocol/columns.js';
import type { Missed } from '../protocol/messages.js';

export class MissedEvents {
  #counts = new Map<string, number>();

  add({ names, index, lengths }: Columns): void {
    if (index === undefined) {
      this.#add(names[0] as string, lengths.length);
      return;
    }
    for (const position of index) this.#add(names[position] as string, 1);
  }

  /** Takes what was counted: messages with no more than `size` names each, so that none is too long. */
  take(size: number): Missed[] {
    const all = [...this.#counts];
    this.#counts = new Map();
    const messages: Missed[] = [];
    for (let start = 0; start < all.length; start += size) {
      const part = all.slice(start, start + size);
      messages.push({
        kind: 'missed',
        names: part.map(([name]) => name),
        counts: part.map(([, count]) => count),
      });
    }
    return messages;
  }

  #add(name: string, count: number): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + count);
  }
}
