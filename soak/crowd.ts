/**
 * The remote clients: over TCP and WebSockets, they come, are slow, are stopped, are killed, and go.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { eventNames } from './entries.js';
import type { Judge } from './judge/judge.js';
import { configVariable, type RemoteConfig } from './messages.js';
import type { Numbers } from './numbers.js';
import { MemberProcess } from './process.js';
import type { Random } from './random.js';

export interface Doors {
  readonly tcp: number;
  readonly webSocket: number;
  /** Ids of registered clients: as many as there may be at a time. */
  readonly ids: readonly string[];
}

/** What befell them so far. */
export interface CrowdCounts {
  came: number;
  slow: number;
  stopped: number;
  killed: number;
  left: number;
}

/** Values that each publishes in a second. */
const rate = 20;
const churnTime = 1_500;

export class Crowd {
  readonly counts: CrowdCounts = { came: 0, slow: 0, stopped: 0, killed: 0, left: 0 };
  readonly #doors: Doors;
  readonly #judge: Judge;
  readonly #numbers: Numbers;
  readonly #random: Random;
  readonly #places = new Map<string, MemberProcess>();

  constructor(doors: Doors, judge: Judge, numbers: Numbers, random: Random) {
    this.#doors = doors;
    this.#judge = judge;
    this.#numbers = numbers;
    this.#random = random;
  }

  get members(): readonly MemberProcess[] {
    return [...this.#places.values()];
  }

  /** Something befalls one of them. @returns one that is to be stopped. */
  befall(): MemberProcess | undefined {
    const present = this.members.filter(({ lives, isStopped }) => lives && !isStopped);
    const isFull = this.#places.size >= this.#doors.ids.length;
    const member = this.#random.pick(present);
    if (!isFull && (member === undefined || this.#random.chance(0.6))) {
      this.#come();
      return undefined;
    }
    if (member === undefined) return undefined;
    const fate = this.#random.next();
    if (fate < 0.35) {
      this.counts.stopped += 1;
      return member;
    }
    if (fate < 0.65) {
      this.counts.killed += 1;
      member.kill();
    } else {
      this.counts.left += 1;
      void member.ready.then(() => member.close()).catch(() => member.kill());
    }
    return undefined;
  }

  /** Has all of them leave. */
  async leave(): Promise<void> {
    await Promise.all(
      this.members.map(async (member) => {
        if (member.lives) await member.close();
        await member.ended;
      }),
    );
  }

  /** At once. */
  kill(): void {
    for (const member of this.members) member.kill();
  }

  #come(): void {
    const id = this.#doors.ids.find((candidate) => !this.#places.has(candidate));
    if (id === undefined) return;
    const medium = this.#random.pick(['tcp', 'websocket'] as const) ?? 'tcp';
    const number = this.#numbers.next();
    const isSlow = this.#random.chance(0.3);
    const config: RemoteConfig = {
      member: number,
      seed: this.#random.integer(0, 0xffffffff),
      rate,
      events: this.#eventsFor(isSlow),
      churnTime,
      isSlow,
      sabotage: undefined,
      medium,
      port: medium === 'tcp' ? this.#doors.tcp : this.#doors.webSocket,
      id,
    };
    this.counts.came += 1;
    if (isSlow) this.counts.slow += 1;
    const member = new MemberProcess(number, `${medium} client`, this.#judge, () =>
      fork(fileURLToPath(new URL('./remote.js', import.meta.url)), [], {
        env: { ...process.env, [configVariable]: JSON.stringify(config) },
        serialization: 'advanced',
      }),
    );
    this.#places.set(id, member);
    void member.ended.then(() => this.#places.delete(id));
  }

  /** Who is slow wants all, and so more than it can take. */
  #eventsFor(isSlow: boolean): readonly number[] {
    const last = eventNames.length - 1;
    if (isSlow) return eventNames.map((_, event) => event);
    return Array.from({ length: this.#random.integer(1, 4) }, () => this.#random.integer(0, last));
  }
}
