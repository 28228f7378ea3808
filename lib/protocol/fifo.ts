/**
 * A queue over one array: elements go in at its end and leave at its beginning, each at a constant cost, and what has
 * left is let go. Bounded by whoever fills it.
 */
export class Fifo<T> {
  #elements: T[] = [];
  /** Where the first one is; those before it have left. */
  #head = 0;

  get length(): number {
    return this.#elements.length - this.#head;
  }

  /** The element at `position`, counted from the first. Only where there is one. */
  at(position: number): T {
    return this.#elements[this.#head + position] as T;
  }

  put(position: number, element: T): void {
    this.#elements[this.#head + position] = element;
  }

  push(element: T): void {
    this.#elements.push(element);
  }

  /** Takes the first one out. Only where there is one. */
  shift(): T {
    const element = this.#elements[this.#head++] as T;
    // Moving the rest forward when half has left costs a constant per element.
    if (this.#head * 2 >= this.#elements.length) {
      this.#elements = this.#elements.slice(this.#head);
      this.#head = 0;
    }
    return element;
  }

  /** Keeps only those that are `wanted`. @returns them, in order. */
  keep(wanted: (element: T) => boolean): readonly T[] {
    this.#elements = this.#elements.slice(this.#head).filter(wanted);
    this.#head = 0;
    return [...this.#elements];
  }
}
