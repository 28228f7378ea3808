/**
 * What has been made of an object, to be made once and used for many. Kept with its object, and gone with it.
 *
 * Not a `WeakMap`: V8 may take its values for alive in a minor collection, whatever becomes of their keys. Under load, texts that
 * were short-lived and large survived in one until the next major collection (docs/decisions/0013-lists.md).
 */
export class Memo<Of extends object, Made> {
  readonly #key = Symbol('made');
  readonly #make: (of: Of) => Made;

  constructor(make: (of: Of) => Made) {
    this.#make = make;
  }

  /** What is made of `of`, which must not be frozen: the same each time. */
  of(of: Of): Made {
    const known = (of as Partial<Record<symbol, Made>>)[this.#key];
    return known ?? this.set(of, this.#make(of));
  }

  /** It is known already what would be made of `of`. */
  set(of: Of, made: Made): Made {
    Object.defineProperty(of, this.#key, { value: made, configurable: true });
    return made;
  }
}
