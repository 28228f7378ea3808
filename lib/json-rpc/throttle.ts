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

/** Frames that a paused medium may still deliver: what fits into one read of 64 KiB, at least a byte each. */
const maxWaiting = 64 * 1024;
/** What waits is looked at that often, in milliseconds, however soon there is room for one more request. */
const shortestWait = 10;

export class Throttle {
  readonly #host: ThrottleHost;
  readonly #rate: Rate;
  /** From `#next` on. */
  #waiting: string[] = [];
  #next = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isStopped = false;

  constructor(perSecond: number, host: ThrottleHost) {
    this.#rate = new Rate(perSecond);
    this.#host = host;
  }

  /** Whether the peer is not listened to now. */
  get isWaiting(): boolean {
    return this.#timer !== undefined;
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
      this.#wait();
      this.#host.pause();
    }
    this.#waiting.push(text);
    if (this.#waiting.length > maxWaiting) this.#host.overflowed();
  }

  #wait(): void {
    this.#timer = setTimeout(() => this.#goOn(), Math.max(this.#rate.wait, shortestWait)).unref();
  }

  #goOn(): void {
    while (this.#next < this.#waiting.length) {
      if (this.#rate.wait > 0) {
        this.#wait();
        return;
      }
      this.#host.receive(this.#waiting[this.#next++] ?? '');
      if (this.#isStopped) return;
    }
    this.#timer = undefined;
    this.#waiting = [];
    this.#next = 0;
    this.#host.resume();
  }
}
