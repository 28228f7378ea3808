/**
 * A member's process as the primary sees it: what it reports goes to the judge; it is signalled, paused and closed; and
 * it is known whether its end was wanted.
 */
import type { ChildProcess } from 'node:child_process';
import type { Judge } from './judge/judge.js';
import type { FromMember, ToMember } from './messages.js';
import { within } from './within.js';

/** Milliseconds that a member may take for an answer; it may have to be given much before. */
const answerTime = 90_000;

export class MemberProcess {
  readonly number: number;
  readonly name: string;
  /** Settles when it publishes and subscribes; rejects where it ends before. */
  readonly ready: Promise<void>;
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  readonly #judge: Judge;
  #waiting: { readonly for: FromMember['soak']; readonly resolve: () => void }[] = [];
  #isEnding = false;
  #isOver = false;
  #isStopped = false;
  #isReady = false;

  /** @param start forks the process; the judge knows of the member before. */
  constructor(number: number, name: string, judge: Judge, start: () => ChildProcess) {
    this.number = number;
    this.name = `${name} (member ${number})`;
    this.#judge = judge;
    judge.join(number, this.name);
    this.#child = start();
    // At the end of the turn: a member may tell in it what it was sent in it, before the reference is sent the same.
    this.#child.on('message', (message) => {
      setImmediate(() => this.#hear(message as Partial<FromMember> | null));
    });
    this.#child.on('error', () => undefined);
    this.ended = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => {
        this.#over(signal ?? `code ${code}`);
        resolve();
      });
    });
    this.ready = this.#answer('ready');
    this.ready.catch(() => undefined);
  }

  /** Neither over nor about to be. */
  get lives(): boolean {
    return !this.#isEnding && !this.#isOver;
  }

  /** Publishes and subscribes. */
  get isReady(): boolean {
    return this.#isReady;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  kill(): void {
    this.#isEnding = true;
    this.#child.kill('SIGKILL');
  }

  stop(): void {
    this.#isStopped = true;
    this.#child.kill('SIGSTOP');
  }

  continue(): void {
    this.#isStopped = false;
    this.#child.kill('SIGCONT');
  }

  /** Resolves when it publishes nothing, and all that it has published is answered and reported. */
  async pause(): Promise<void> {
    await this.#say('pause', 'paused');
  }

  resume(): void {
    void this.#say('resume');
  }

  /** Has it end in order. */
  async close(): Promise<void> {
    this.#isEnding = true;
    await this.#say('close', 'closed');
    await within(this.ended, `the end of ${this.name}`, answerTime);
  }

  async #say(soak: ToMember['soak'], answer?: FromMember['soak']): Promise<void> {
    const answered = answer === undefined ? undefined : this.#answer(answer);
    if (!this.#isOver) this.#child.send({ soak } satisfies ToMember, () => undefined);
    await answered;
  }

  #answer(what: FromMember['soak']): Promise<void> {
    const answer = new Promise<void>((resolve) => this.#waiting.push({ for: what, resolve }));
    return within(answer, `${what}, from ${this.name}`, answerTime);
  }

  #hear(message: Partial<FromMember> | null): void {
    if (message?.soak === 'report') {
      this.#judge.report(this.number, message as FromMember & { soak: 'report' });
    } else if (message?.soak !== undefined) {
      if (message.soak === 'ready') this.#isReady = true;
      this.#settle((waiting) => waiting === message.soak);
    }
  }

  #over(how: string): void {
    this.#isOver = true;
    this.#judge.leave(this.number);
    if (!this.#isEnding) this.#judge.violations.add('death', `${this.name}: ${how}`);
    this.#settle(() => true);
  }

  #settle(isIt: (what: FromMember['soak']) => boolean): void {
    const settled = this.#waiting.filter((waiting) => isIt(waiting.for));
    this.#waiting = this.#waiting.filter((waiting) => !isIt(waiting.for));
    for (const { resolve } of settled) resolve();
  }
}
