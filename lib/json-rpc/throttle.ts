/**
 * The frames of one peer, at the rate that it may have: those beyond it wait, in order, and the pipe is paused
 * meanwhile. Nothing is lost.
 */
import { Rate } from './rate.js';

export interface ThrottleHost {
  /** A frame whose turn it is. */
  receive(text: string): void;
  /** The peer is beyond its rate: it is not to be listened to until `resume`. */
  pause(): void;
  resume(): void;
  /** It goes on all the same: the medium cannot pause. */
  overflowed(): void;
}

/** Frames that a paused medium may still deliver: what fits into one read of 64 KiB, at least two bytes each. */
const maxWaiting = 32 * 1024;

export class Throttle {
  readonly #host: ThrottleHost;
  readonly #rate: Rate;
  #waiting: string[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isStopped = false;

  constructor(perSecond: number, host: ThrottleHost) {
    this.#rate = new Rate(perSecond);
    this.#host = host;
  }

  receive(text: string): void {
    if (this.#isStopped) return;
    if (this.#timer === undefined && this.#rate.wait === 0) this.#host.receive(text);
    else this.#postpone(text);
  }

  /** The frame at hand has made so many requests. */
  take(count: number): void {
    this.#rate.take(count);
  }

  /** Forgets what waits, and takes nothing more. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#waiting = [];
  }

  #postpone(text: string): void {
    if (this.#timer === undefined) {
      this.#timer = setTimeout(() => this.#goOn(), this.#rate.wait).unref();
      this.#host.pause();
    }
    this.#waiting.push(text);
    if (this.#waiting.length > maxWaiting) this.#host.overflowed();
  }

  #goOn(): void {
    this.#timer = undefined;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const text of waiting) this.receive(text);
    if (this.#timer === undefined && !this.#isStopped) this.#host.resume();
  }
}
