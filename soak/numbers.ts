/**
 * The numbers of members: each gets another one.
 */
export class Numbers {
  #last = 0;

  next(): number {
    return ++this.#last;
  }
}
