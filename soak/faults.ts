/**
 * What befalls the members, and when: workers are killed and stopped, and the remote clients come and go.
 */
import type { Crew } from './crew.js';
import type { Crowd } from './crowd.js';
import type { MemberProcess } from './process.js';
import type { Random } from './random.js';

export interface FaultOptions {
  /** Seconds, as are all of them. */
  readonly killEvery: number;
  readonly stopEvery: number;
  readonly stopFor: number;
  readonly remoteEvery: number;
  readonly remotes: number;
}

export interface FaultCounts {
  killed: number;
  stopped: number;
}

/** When a worker was killed, or stopped, by the clock of `performance.now()`. */
export interface Moment {
  readonly at: number;
  readonly what: keyof FaultCounts;
}

/** Remote clients are stopped so much longer: much waits in the system's buffers before a server can know. */
const remoteFactor = 2;

export class Faults {
  readonly counts: FaultCounts = { killed: 0, stopped: 0 };
  readonly moments: Moment[] = [];
  readonly #options: FaultOptions;
  readonly #crew: Crew;
  readonly #crowd: Crowd;
  readonly #random: Random;
  readonly #stopped = new Map<MemberProcess, number>();
  #killAt = Infinity;
  #stopAt = Infinity;
  #remoteAt = Infinity;

  constructor(options: FaultOptions, crew: Crew, crowd: Crowd, random: Random) {
    this.#options = options;
    this.#crew = crew;
    this.#crowd = crowd;
    this.#random = random;
  }

  begin(): void {
    const now = performance.now();
    const { killEvery, stopEvery } = this.#options;
    this.#killAt = now + killEvery * 1000;
    // Not at the same time as the rests, which end it at once.
    this.#stopAt = now + stopEvery * 500;
    this.#remoteAt = now;
  }

  /** Has happen what is due. */
  tick(): void {
    const now = performance.now();
    for (const [member, until] of this.#stopped) {
      if (now < until) continue;
      this.#stopped.delete(member);
      member.continue();
    }
    const { killEvery, stopEvery, remoteEvery, remotes } = this.#options;
    if (killEvery > 0 && now >= this.#killAt) {
      this.#killAt = now + killEvery * 1000;
      this.#kill();
    }
    if (stopEvery > 0 && now >= this.#stopAt) {
      this.#stopAt = now + stopEvery * 1000;
      this.#stop(this.#crew.pick(), 1);
    }
    if (remotes > 0 && now >= this.#remoteAt) {
      this.#remoteAt = now + remoteEvery * 1000;
      this.#stop(this.#crowd.befall(), remoteFactor);
    }
  }

  /** Who is stopped goes on at once. */
  end(): void {
    for (const member of this.#stopped.keys()) member.continue();
    this.#stopped.clear();
  }

  #kill(): void {
    const member = this.#crew.pickAny();
    if (member === undefined) return;
    this.#count('killed');
    this.#stopped.delete(member);
    member.kill();
  }

  #stop(member: MemberProcess | undefined, factor: number): void {
    if (member === undefined) return;
    if (factor === 1) this.#count('stopped');
    member.stop();
    const { stopFor } = this.#options;
    this.#stopped.set(member, performance.now() + stopFor * 1000 * factor * (0.5 + this.#random.next()));
  }

  #count(what: keyof FaultCounts): void {
    this.counts[what] += 1;
    this.moments.push({ at: performance.now(), what });
  }
}
