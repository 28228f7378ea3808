/**
 * Events that the server publishes itself, of one name, collected for all who are subscribed: what a wing says in a turn,
 * often a change for each request of a batch, travels as one. It grows as long as nobody has been sent it, and none of
 * them has been given anything since whose order to it matters.
 */
import { ColumnsBuilder, type Columns } from '../protocol/columns.js';
import type { EncodedValue } from '../protocol/value.js';

export class Told {
  readonly name: string;
  readonly #builder = new ColumnsBuilder();
  #columns: Columns | undefined;
  #isOpen = true;

  constructor(name: string) {
    this.name = name;
  }

  /** Whether more may be added. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  add(value: EncodedValue): void {
    this.#builder.add(this.name, value);
  }

  seal(): void {
    this.#isOpen = false;
  }

  /** All of them, for good: the same columns for everybody. */
  get columns(): Columns {
    this.seal();
    this.#columns ??= this.#builder.build();
    return this.#columns;
  }
}
