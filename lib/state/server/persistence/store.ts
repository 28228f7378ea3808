/**
 * Where state is kept while no server runs: a place that the application gives, with a `load` and a `save`. Owns when is
 * saved: once for what has changed in a while, one save at a time, again where one fails, and at the end. Knows nothing of
 * what is in the text.
 */
import { debugLog } from '../../../debug.js';
import { PubSubError } from '../../../errors.js';
import { isObject } from '../../../protocol/guards.js';
import { invalid } from '../../given.js';

const log = debugLog('server');

export interface StateOptions {
  /**
   * Gives the text that was saved last, or `undefined` or `null` where there is none. Called once, at the start, which fails where
   * this rejects; then nothing is saved.
   */
  load(): Promise<string | null | undefined> | string | null | undefined;
  /**
   * Keeps a text in the place of the one before, so that a crash at any moment leaves one of the two. Never called while
   * another call has not ended. Where it throws or rejects, it is tried again, with what has changed meanwhile.
   */
  save(text: string): Promise<void> | void;
  /**
   * Milliseconds from a change to the save that it is in, and at least from the end of a save to the next one. From 0 to
   * 2,147,483,647. Default: 100.
   */
  readonly debounce?: number;
  /** Milliseconds that a load or a save may take. From 1 to 2,147,483,647. Default: 10,000. */
  readonly timeout?: number;
  /** Told why a save has failed, or that it has not ended in time. Default: nobody is told; `stats()` counts it. */
  readonly onSaveError?: (error: unknown) => void | Promise<void>;
}

export interface SavesStats {
  /** Saves that have ended well since the start. */
  readonly saves: number;
  /** Saves that have failed, or have not ended in time, since the start. */
  readonly failedSaves: number;
  /** Whether something has changed that is not saved. */
  readonly isUnsaved: boolean;
}

/** A text that is spelled part by part. */
interface Spelling {
  next(): boolean;
  end(): string;
}

/** After a save that has failed, at least so long, in milliseconds. */
const retryTime = 1_000;

const maxTime = 0x7fffffff;

export class Store {
  readonly #options: StateOptions;
  readonly #debounce: number;
  readonly #timeout: number;
  readonly #spell: () => Spelling;
  #saves = 0;
  #failedSaves = 0;
  #isDirty = false;
  #isClosing = false;
  /** Until the next save. */
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Until `save` has ended, however long that takes. */
  #isSaving = false;
  /** How the last save went: rejects where it has failed, or takes too long. */
  #outcome: Promise<void> = Promise.resolve();

  /** @throws PubSubError `ERR_PUBSUB_INVALID_ARGUMENT` for options that are none. */
  constructor(options: StateOptions, spell: () => Spelling) {
    this.#options = checkOptions(options);
    this.#debounce = checkTime('debounce', options.debounce ?? 100, 0);
    this.#timeout = checkTime('timeout', options.timeout ?? 10_000, 1);
    this.#spell = spell;
  }

  stats(): SavesStats {
    const isUnsaved = this.#isDirty || this.#isSaving;
    return { saves: this.#saves, failedSaves: this.#failedSaves, isUnsaved };
  }

  /** @throws PubSubError `ERR_PUBSUB_TIMEOUT`; and what `load` throws. */
  load(): Promise<string | null | undefined> {
    return this.#inTime('load', (async () => this.#options.load())());
  }

  /** Something is not as it was saved. */
  changed(): void {
    this.#isDirty = true;
    if (this.#timer !== undefined || this.#isSaving || this.#isClosing) return;
    this.#timer = setTimeout(() => this.#save(), this.#debounce);
  }

  /**
   * Saves what is not saved. Takes no longer than two saves may.
   *
   * @throws PubSubError `ERR_PUBSUB_TIMEOUT`; and what `save` throws. Something is not saved then.
   */
  async close(): Promise<void> {
    this.#isClosing = true;
    clearTimeout(this.#timer);
    // What has failed is tried once more; what does not end is in the way of another one.
    await this.#outcome.catch(() => undefined);
    if (!this.#isSaving && this.#isDirty) this.#save();
    if (this.#isSaving) await this.#outcome;
  }

  #save(): void {
    this.#timer = undefined;
    this.#isSaving = true;
    this.#outcome = this.#carryOut();
    // Whether or not somebody waits for it.
    this.#outcome.catch(() => undefined);
  }

  async #carryOut(): Promise<void> {
    try {
      const text = await this.#spellAll();
      await this.#inTime('save', this.#keep(text));
      this.#saves += 1;
      log('saved');
    } catch (error) {
      void this.#tellFailed(error);
      throw error;
    }
  }

  /** Part by part, for others to have their turns. */
  async #spellAll(): Promise<string> {
    try {
      const spelling = this.#spell();
      while (spelling.next()) await new Promise((resolve) => setImmediate(resolve));
      const text = spelling.end();
      // What changes from now on is not in it.
      this.#isDirty = false;
      return text;
    } catch (error) {
      this.#saveEnded(false);
      throw error;
    }
  }

  async #keep(text: string): Promise<void> {
    let isKept = false;
    try {
      await this.#options.save(text);
      isKept = true;
    } finally {
      this.#saveEnded(isKept);
    }
  }

  #saveEnded(isKept: boolean): void {
    this.#isSaving = false;
    if (!isKept) this.#isDirty = true;
    if (!this.#isDirty || this.#isClosing) return;
    this.#timer = setTimeout(
      () => this.#save(),
      isKept ? this.#debounce : Math.max(this.#debounce, retryTime),
    );
    // A place that is out of order does not keep the process alive.
    if (!isKept) this.#timer.unref();
  }

  async #tellFailed(error: unknown): Promise<void> {
    this.#failedSaves += 1;
    log('not saved: %s', error instanceof Error ? error.name : typeof error);
    try {
      await this.#options.onSaveError?.(error);
    } catch {
      log('onSaveError failed');
    }
  }

  /** @throws PubSubError `ERR_PUBSUB_TIMEOUT` where `work` takes too long, whose end nobody waits for then. */
  async #inTime<T>(what: 'load' | 'save', work: Promise<T>): Promise<T> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tooLate = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        const message = `the ${what} of the state has not ended within ${this.#timeout} ms`;
        reject(new PubSubError('ERR_PUBSUB_TIMEOUT', message));
      }, this.#timeout);
    });
    try {
      return await Promise.race([work, tooLate]);
    } finally {
      clearTimeout(timer);
    }
  }
}

function checkOptions(options: StateOptions): StateOptions {
  const given: unknown = options;
  if (isObject(given)) {
    const { load, save, onSaveError } = given;
    const areFunctions = typeof load === 'function' && typeof save === 'function';
    if (areFunctions && (onSaveError === undefined || typeof onSaveError === 'function')) return options;
  }
  throw invalid('state must have a load and a save, which are functions, and so must an onSaveError be');
}

function checkTime(name: string, time: number, least: number): number {
  if (typeof time === 'number' && time >= least && time <= maxTime) return time;
  throw invalid(
    `state.${name} must be a number of milliseconds from ${least} to ${maxTime}, not ${String(time)}`,
  );
}
