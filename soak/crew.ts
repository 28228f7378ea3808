/**
 * The workers: so many at a time, each in its place, and a successor for each that ends.
 */
import cluster from 'node:cluster';
import { fileURLToPath } from 'node:url';
import { eventNames } from './entries.js';
import type { Judge } from './judge/judge.js';
import { configVariable, type MemberConfig, type Sabotage } from './messages.js';
import type { Numbers } from './numbers.js';
import { MemberProcess } from './process.js';
import type { Random } from './random.js';

export interface CrewOptions {
  readonly workers: number;
  /** Values that they publish in a second, in all. */
  readonly rate: number;
  readonly sabotage: Sabotage | undefined;
}

/** Milliseconds between two changes of a worker's subscriptions. */
const churnTime = 2_000;

export class Crew {
  readonly #options: CrewOptions;
  readonly #judge: Judge;
  readonly #numbers: Numbers;
  readonly #random: Random;
  readonly #members: MemberProcess[] = [];
  #isClosing = false;

  constructor(options: CrewOptions, judge: Judge, numbers: Numbers, random: Random) {
    this.#options = options;
    this.#judge = judge;
    this.#numbers = numbers;
    this.#random = random;
    cluster.setupPrimary({ exec: fileURLToPath(new URL('./worker.js', import.meta.url)), args: [] });
  }

  /** Forks the workers, which publish as soon as they can. */
  begin(): void {
    const { workers, sabotage } = this.#options;
    for (let place = 0; place < workers; place++) this.#fork(place, sabotage);
  }

  /** Those in whose places nobody else is yet. */
  get members(): readonly MemberProcess[] {
    return this.#members;
  }

  /** One of them that does what it should. */
  pick(): MemberProcess | undefined {
    return this.#random.pick(
      this.#members.filter(({ lives, isReady, isStopped }) => lives && isReady && !isStopped),
    );
  }

  /** One of them, stopped or not. */
  pickAny(): MemberProcess | undefined {
    return this.#random.pick(this.#members.filter(({ lives }) => lives));
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    await Promise.all(this.#members.map((member) => member.close()));
  }

  /** At once. */
  kill(): void {
    this.#isClosing = true;
    for (const member of this.#members) member.kill();
  }

  #fork(place: number, sabotage?: Sabotage): void {
    const { workers, rate } = this.#options;
    const number = this.#numbers.next();
    const config: MemberConfig = {
      member: number,
      seed: this.#random.integer(0, 0xffffffff),
      rate: rate / workers,
      events: this.#eventsFor(place),
      churnTime,
      isSlow: false,
      sabotage: place === 0 ? sabotage : undefined,
    };
    const member = new MemberProcess(number, `worker ${place + 1}`, this.#judge, () => {
      return cluster.fork({ [configVariable]: JSON.stringify(config) }).process;
    });
    this.#members[place] = member;
    void this.#succeed(member, place);
  }

  async #succeed(member: MemberProcess, place: number): Promise<void> {
    await member.ended;
    if (!this.#isClosing) this.#fork(place);
  }

  /** The first one wants all, the second one all and one twice, the others some. */
  #eventsFor(place: number): readonly number[] {
    const all = eventNames.map((_, event) => event);
    if (place < 2) return [...all, ...all.slice(0, place)];
    const count = this.#random.integer(2, all.length - 1);
    return Array.from({ length: count }, () => this.#random.integer(0, all.length - 1));
  }
}
