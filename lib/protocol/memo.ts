/**
 * What has been made of an object, to be made once and used for many. Kept with its object, and gone with it.
 *
 * Not a `WeakMap`: V8's minor collections take its values for alive, whatever becomes of their keys
 * (`ScavengeVisitor::VisitEphemeronHashTable`). Large and short-lived ones would all be copied, twice, to be dropped by a
 * major collection only.
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
