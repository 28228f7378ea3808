/**
 * A recorder that falsifies: what a check has never found wrong proves nothing, so it is shown something wrong.
 */
import { Recorder } from './entries.js';
import type { Sabotage } from './messages.js';

/** The value that is falsified, of those of the first subscription. */
const when = 50;

/** `recorder` as it is, or what does the same but for one value. */
export function sabotaged(recorder: Recorder, sabotage: Sabotage | undefined): Recorder {
  return sabotage === undefined ? recorder : new Saboteur(sabotage);
}

class Saboteur extends Recorder {
  readonly #sabotage: Sabotage;
  #values = 0;
  #held: number | undefined;

  constructor(sabotage: Sabotage) {
    super();
    this.#sabotage = sabotage;
  }

  override value(subscription: number, id: number): void {
    if (subscription === 1) this.#values += 1;
    if (subscription !== 1 || this.#values < when || this.#values > when + 1) {
      super.value(subscription, id);
    } else if (this.#values === when) {
      this.#falsify(subscription, id);
    } else {
      super.value(subscription, id);
      if (this.#held !== undefined) super.value(subscription, this.#held);
    }
  }

  #falsify(subscription: number, id: number): void {
    switch (this.#sabotage) {
      case 'lose':
        break;
      case 'double':
        super.value(subscription, id);
        super.value(subscription, id);
        break;
      case 'swap':
        this.#held = id;
        break;
      case 'miscount':
        super.gap(subscription, 2);
        break;
    }
  }
}
