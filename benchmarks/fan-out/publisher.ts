/**
 * A publisher's loop: as many unanswered publishes as it may have, until all is answered. Where publishes are not
 * answered, as many as the slowest receiver has not told of yet.
 */
import type { Peer } from '../contestants/contestant.js';
import { now } from '../harness/clock.js';
import type { ProgressListener } from '../harness/progress.js';
import { numberedValues } from '../harness/values.js';
import { eventAt, followedWindowOf, progressStep, windowOf, type Workload } from './workload.js';

/** When the first publish was made and the last one answered; without answers, when the last one was accepted. */
export interface Published {
  readonly startedAt: number;
  readonly answeredAt: number;
}

interface Options {
  readonly peer: Peer;
  readonly workload: Workload;
  /** The worker's number. */
  readonly publisher: number;
  /** What answers have to say, by the position of the name. */
  readonly expected: readonly number[] | undefined;
  /** Of the receivers, where publishes are not answered. */
  readonly progress: ProgressListener | undefined;
}

export class Publisher {
  readonly #options: Options;
  readonly #events: readonly string[];
  #first = 0;

  constructor(options: Options) {
    this.#options = options;
    this.#events = Array.from({ length: options.workload.names }, (_, position) => eventAt(position));
  }

  /** Values with the next `count` numbers. */
  async publish(count: number): Promise<Published> {
    const first = this.#first;
    this.#first += count;
    const { workload, publisher, progress } = this.#options;
    const values = numberedValues(first, count, workload.size, publisher);
    return progress === undefined
      ? this.#publishAnswered(values)
      : this.#publishFollowed(values, first, progress);
  }

  #publishAnswered(values: readonly string[]): Promise<Published> {
    const { peer, workload, expected } = this.#options;
    const { names } = workload;
    const count = values.length;
    const window = windowOf(workload);
    return new Promise((resolve, reject) => {
      let published = 0;
      let answers = 0;
      let position = 0;
      let answeredPosition = 0;
      let isPublishing = false;
      // Answers come in the order of the publishes, or what they say would not be what is expected.
      const answered = (told: number, error?: Error): void => {
        const listeners = expected?.[answeredPosition];
        if (++answeredPosition === names) answeredPosition = 0;
        if (error !== undefined) {
          reject(error);
        } else if (listeners !== undefined && told !== listeners) {
          reject(new Error(`an answer told ${told} listeners instead of ${listeners}`));
        } else if (++answers === count) {
          resolve({ startedAt, answeredAt: now() });
        } else if (!isPublishing) {
          publishMore();
        }
      };
      const publishMore = (): void => {
        isPublishing = true;
        while (published < count && published - answers < window) {
          const value = values[published++] as string;
          const event = this.#events[position] as string;
          if (++position === names) position = 0;
          peer.publish(event, value, answered);
        }
        isPublishing = false;
      };
      const startedAt = now();
      publishMore();
    });
  }

  #publishFollowed(values: readonly string[], first: number, progress: ProgressListener): Promise<Published> {
    const { peer, workload } = this.#options;
    const step = progressStep(workload);
    const window = followedWindowOf(workload);
    return new Promise((resolve, reject) => {
      let published = 0;
      const accepted = (_listeners: number, error?: Error): void => {
        if (error !== undefined) reject(error);
      };
      const publishMore = (): void => {
        const end = Math.min(values.length, progress.least * step - first + window);
        for (; published < end; published++) {
          const event = this.#events[(first + published) % workload.names] as string;
          peer.publish(event, values[published] as string, accepted);
        }
        if (published === values.length) resolve({ startedAt, answeredAt: now() });
      };
      progress.onProgress = publishMore;
      const startedAt = now();
      publishMore();
    });
  }
}
