/**
 * Whether the other process gives signs of life. Time is counted in this process's own looks: one that has itself stood
 * still looks once when it goes on, and does not take its own silence for that of the other.
 */
import type { Limits } from '../protocol/limits.js';

export class Liveness {
  readonly #heartbeatTime: number;
  readonly #staleLooks: number;
  readonly #changed: (isStale: boolean, silence: number) => void;
  #wasHeard = true;
  /** Looks in a row that found nothing. */
  #silentLooks = 0;

  /** @param changed is told when it becomes stale and when it recovers, with the milliseconds of silence so far. */
  constructor(
    { heartbeatTime, staleTime }: Pick<Limits, 'heartbeatTime' | 'staleTime'>,
    changed: (isStale: boolean, silence: number) => void,
  ) {
    this.#heartbeatTime = heartbeatTime;
    this.#staleLooks = Math.max(2, Math.ceil(staleTime / heartbeatTime));
    this.#changed = changed;
  }

  /** Whether the last look found nothing. */
  get isSilent(): boolean {
    return this.#silentLooks > 0;
  }

  get isStale(): boolean {
    return this.#silentLooks >= this.#staleLooks;
  }

  /** At least, in milliseconds. */
  get silence(): number {
    return this.#silentLooks * this.#heartbeatTime;
  }

  heard(): void {
    this.#wasHeard = true;
    const { isStale, silence } = this;
    this.#silentLooks = 0;
    if (isStale) this.#changed(false, silence);
  }

  /** To be called each `heartbeatTime`. */
  look(): void {
    if (this.#wasHeard) {
      this.#wasHeard = false;
      return;
    }
    this.#silentLooks += 1;
    if (this.#silentLooks === this.#staleLooks) this.#changed(true, this.silence);
  }
}
