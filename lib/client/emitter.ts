/**
 * Typed events without Node: listeners are called in order; one that throws disturbs neither the others nor
 * the emitter; what nobody hears is handed on.
 */

/** Any function: what it takes is known where it is called. */
type Listener = (...args: never) => void;

export class Emitter<Events extends { [Type in keyof Events]: readonly unknown[] }> {
  readonly #listeners = new Map<keyof Events, Listener[]>();
  /** What `once` was given, by what it registered. */
  readonly #originals = new WeakMap<Listener, Listener>();
  readonly #failed: (error: unknown, type: keyof Events) => void;

  /** @param failed is told what a listener threw. */
  constructor(failed: (error: unknown, type: keyof Events) => void) {
    this.#failed = failed;
  }

  on<Type extends keyof Events>(type: Type, listener: (...args: Events[Type]) => void): void {
    // A new array each time, so that a list being walked does not change.
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
  }

  once<Type extends keyof Events>(type: Type, listener: (...args: Events[Type]) => void): void {
    const wrapper = (...args: Events[Type]): void => {
      this.off(type, wrapper);
      listener(...args);
    };
    this.#originals.set(wrapper, listener);
    this.on(type, wrapper);
  }

  off<Type extends keyof Events>(type: Type, listener: (...args: Events[Type]) => void): void {
    const listeners = this.#listeners.get(type) ?? [];
    const position = listeners.findLastIndex(
      (candidate) => candidate === listener || this.#originals.get(candidate) === listener,
    );
    if (position >= 0) this.#listeners.set(type, listeners.toSpliced(position, 1));
  }

  /** @returns whether anybody listened. */
  emit<Type extends keyof Events>(type: Type, ...args: Events[Type]): boolean {
    const listeners = this.#listeners.get(type) ?? [];
    for (const listener of listeners) {
      try {
        (listener as (...args: Events[Type]) => void)(...args);
      } catch (error) {
        this.#failed(error, type);
      }
    }
    return listeners.length > 0;
  }
}
