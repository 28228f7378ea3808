/**
 * The publisher: one value when all subscribers have the one before, or so many in a second by the clock.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Peer } from '../contestants/contestant.js';
import { now } from '../harness/clock.js';
import type { ProgressListener } from '../harness/progress.js';
import { numberedValues } from '../harness/values.js';
import { size, type Published, type Round } from './round.js';

/** By the position of the value. */
interface Times {
  readonly publishedAt: number[];
  readonly answeredAt: number[];
}

/** Milliseconds between two turns in which something is published. */
const tick = 1;

export class Publisher {
  readonly #peer: Peer;
  readonly #event: string;
  readonly #progress: ProgressListener;
  #first = 0;

  constructor(peer: Peer, event: string, progress: ProgressListener) {
    this.#peer = peer;
    this.#event = event;
    this.#progress = progress;
  }

  /** Resolves when all are answered. */
  async publish({ count, rate }: Round): Promise<Published> {
    const values = numberedValues(this.#first, count, size);
    this.#first += count;
    const times: Times = { publishedAt: [], answeredAt: [] };
    if (rate === undefined) await this.#oneByOne(values, times);
    else await this.#steadily(values, rate, times);
    return times;
  }

  async #oneByOne(values: readonly string[], times: Times): Promise<void> {
    for (const value of values) {
      const received = new Promise<void>((resolve) => {
        const due = this.#progress.least + 1;
        this.#progress.onProgress = (least) => {
          if (least === due) resolve();
        };
      });
      await Promise.all([this.#publishOne(value, times), received]);
    }
  }

  async #steadily(values: readonly string[], rate: number, times: Times): Promise<void> {
    const answers: Promise<void>[] = [];
    const startAt = now();
    while (answers.length < values.length) {
      await sleep(tick);
      const due = Math.min(values.length, Math.floor(((now() - startAt) * rate) / 1000));
      while (answers.length < due) answers.push(this.#publishOne(values[answers.length] as string, times));
    }
    await Promise.all(answers);
  }

  #publishOne(value: string, { publishedAt, answeredAt }: Times): Promise<void> {
    return new Promise((resolve, reject) => {
      const position = publishedAt.push(now()) - 1;
      this.#peer.publish(this.#event, value, (_listeners, error) => {
        answeredAt[position] = now();
        if (error === undefined) resolve();
        else reject(error);
      });
    });
  }
}
