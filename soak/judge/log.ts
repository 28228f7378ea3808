/**
 * The reference's view of one event: what was published, in the one order of all events. Its beginning is forgotten
 * when no subscription can need it any more, so that it does not grow.
 */

const chunkSize = 1024;

interface Chunk {
  readonly ids: Float64Array;
  /** Places in the order of all events, rising. */
  readonly positions: Float64Array;
}

export class EventLog {
  #chunks: Chunk[] = [];
  /** The number of the first chunk that is still there. */
  #firstChunk = 0;
  #end = 0;

  /** Entries before this one are forgotten. */
  get start(): number {
    return this.#firstChunk * chunkSize;
  }

  get end(): number {
    return this.#end;
  }

  append(id: number, position: number): void {
    const place = this.#end % chunkSize;
    if (place === 0) {
      this.#chunks.push({ ids: new Float64Array(chunkSize), positions: new Float64Array(chunkSize) });
    }
    const chunk = this.#chunks.at(-1) as Chunk;
    chunk.ids[place] = id;
    chunk.positions[place] = position;
    this.#end += 1;
  }

  idAt(index: number): number {
    return this.#chunkOf(index).ids[index % chunkSize] as number;
  }

  positionAt(index: number): number {
    return this.#chunkOf(index).positions[index % chunkSize] as number;
  }

  /** The first entry that is not before `position`. */
  from(position: number): number {
    let low = this.start;
    let high = this.#end;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.positionAt(middle) < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The first entry from `index` on with this id; -1 where there is none. */
  find(id: number, index: number): number {
    for (let at = Math.max(index, this.start); at < this.#end; at++) if (this.idAt(at) === id) return at;
    return -1;
  }

  /** Forgets what is before `position`, in whole chunks. */
  forget(position: number): void {
    const count = Math.floor((this.from(position) - this.start) / chunkSize);
    if (count === 0) return;
    this.#chunks = this.#chunks.slice(count);
    this.#firstChunk += count;
  }

  #chunkOf(index: number): Chunk {
    const chunk = this.#chunks[Math.floor(index / chunkSize) - this.#firstChunk];
    if (chunk === undefined) throw new RangeError(`entry ${index} is not there any more`);
    return chunk;
  }
}
