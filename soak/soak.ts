/**
 * A run of the soak, in the primary: the server, the reference, the members, what befalls them, and the rests at which
 * everything must have come in.
 */
import { startPrimary, type Primary } from 'clustercast';
import { JsonRpcAdapter, tcp, webSocket } from 'clustercast/json-rpc';
import { randomUUID } from 'node:crypto';
import { Crew } from './crew.js';
import { Crowd, type Doors } from './crowd.js';
import { eventNames } from './entries.js';
import { Faults } from './faults.js';
import { Judge } from './judge/judge.js';
import { Numbers } from './numbers.js';
import type { Options } from './options.js';
import type { Outcome, Rest, Sample } from './outcome.js';
import { Random } from './random.js';
import type { Value } from './values.js';
import { takeVitals, takeVitalsAtRest } from './vitals.js';
import { pause } from './within.js';

/** So that some of the remote clients that are stopped are given up, and connect again when they go on. */
const silenceTime = 8_000;
/** Milliseconds between two looks at what is due, and at what is to be forgotten. */
const tickTime = 50;
const tidyTime = 500;
/** How long nobody need have told anything, when nothing is published any more, until it is known that nothing comes. */
const silentTime = 10_000;
/** How long it may take until the server has forgotten who left. */
const forgetTime = 10_000;
/** The share of the time that is not compared with what follows, and how long it is at most. */
const warmUpShare = 0.2;
const longestWarmUp = 60_000;

export class Soak {
  readonly #options: Options;
  readonly #judge = new Judge();
  readonly #samples: Sample[] = [];
  readonly #rests: Rest[] = [];
  /** When everybody was there. */
  #startedAt = performance.now();
  readonly #primary: Primary;
  readonly #crew: Crew;
  readonly #crowd: Crowd;
  readonly #faults: Faults;
  readonly #liveness = { stale: 0, recovered: 0 };
  #sampledAt = 0;
  #tidiedAt = 0;

  private constructor(options: Options, primary: Primary, doors: Doors) {
    const random = new Random(options.seed);
    const numbers = new Numbers();
    this.#options = options;
    this.#primary = primary;
    this.#crew = new Crew(options, this.#judge, numbers, random.fork());
    this.#crowd = new Crowd(doors, this.#judge, numbers, random.fork());
    this.#faults = new Faults(options, this.#crew, this.#crowd, random.fork());
  }

  /** Starts everything but the faults. */
  static async start(options: Options): Promise<Soak> {
    const ids = Array.from({ length: options.remotes }, () => randomUUID());
    const lines = tcp.listen({ port: 0 });
    const sockets = webSocket.listen({ port: 0 });
    const { window, output } = options;
    const primary = await startPrimary({
      serialization: 'advanced',
      clients: ids.map((id) => ({ id })),
      adapters: [new JsonRpcAdapter(lines), new JsonRpcAdapter(sockets)],
      limits: {
        outputBytes: output,
        silenceTime,
        ...(window === undefined ? {} : { windowMessages: window }),
      },
    });
    const soak = new Soak(options, primary, { tcp: lines.port ?? 0, webSocket: sockets.port ?? 0, ids });
    await soak.#listen();
    // Not before the reference hears everything that they publish.
    soak.#crew.begin();
    return soak;
  }

  /** How far it is, in a line. */
  get progress(): string {
    const { published, tally, violations, kept } = this.#judge;
    const { killed, stopped } = this.#faults.counts;
    const last = this.#samples.at(-1);
    return [
      `${minutes(this.#time)} of ${minutes(this.#options.minutes * 60_000)}`,
      `${figure(published)} published`,
      `${figure(tally.received)} received`,
      `${figure(tally.told)} told as missed`,
      `${killed} killed, ${stopped} stopped, ${this.#crowd.members.length} remote`,
      `${figure(kept)} open`,
      `${((last?.held ?? 0) / 2 ** 20).toFixed(1)} MiB`,
      `${figure(violations.total)} violations`,
    ].join(', ');
  }

  /** Lasts as long as it is to. Rejects where it cannot go on. */
  async run(): Promise<Outcome> {
    const end = this.#options.minutes * 60_000;
    await this.#crewIsReady();
    this.#startedAt = performance.now();
    this.#faults.begin();
    await this.#go(Math.min(end * warmUpShare, longestWarmUp));
    await this.#rest();
    const part = this.#options.restEvery * 1000;
    while (this.#time < end) {
      // The last part is longer rather than too short to be worth a rest.
      await this.#go(end - this.#time < part * 1.5 ? end : this.#time + part);
      await this.#rest();
    }
    await this.#crew.close();
    const server = this.#primary.server.stats();
    await this.#primary.close();
    return {
      seed: this.#options.seed,
      time: this.#time,
      judge: this.#judge,
      samples: this.#samples,
      rests: this.#rests,
      faults: this.#faults.counts,
      moments: this.#faults.moments.map(({ at, what }) => ({ at: at - this.#startedAt, what })),
      liveness: this.#liveness,
      crowd: this.#crowd.counts,
      server,
    };
  }

  /** Ends every process, at once. */
  kill(): void {
    this.#crew.kill();
    this.#crowd.kill();
  }

  get #time(): number {
    return performance.now() - this.#startedAt;
  }

  /** The reference: a client of the primary, which receives all there is. */
  async #listen(): Promise<void> {
    const reference = this.#primary.connect();
    this.#primary.on('stale', () => (this.#liveness.stale += 1));
    this.#primary.on('recovered', () => (this.#liveness.recovered += 1));
    reference.on('gap', ({ reason, count }) =>
      this.#judge.violations.add('reference', `${count} by ${reason}`),
    );
    for (const [event, name] of eventNames.entries()) {
      await reference.subscribe(name, (value) => this.#judge.ordered(event, (value as Value).id));
    }
  }

  /** Lets things happen until that time. */
  async #go(end: number): Promise<void> {
    while (this.#time < end) {
      this.#faults.tick();
      this.#look();
      await pause(tickTime);
    }
  }

  async #rest(): Promise<void> {
    this.#faults.end();
    await this.#crewIsReady();
    const remotes = this.#crowd.members.filter(({ lives }) => lives);
    await Promise.all(remotes.map(({ ready }) => ready));
    const present = [...this.#crew.members, ...remotes.filter(({ lives }) => lives)];
    // At first some still publish while others have paused; then nobody does, and each learns what is on its way to it.
    await Promise.all(present.map((member) => member.pause()));
    if (await this.#settle()) {
      await Promise.all(present.map((member) => member.pause()));
      await this.#settle();
    }
    this.#judge.finish();
    await this.#crowd.leave();
    await this.#until(() => this.#leftover() === undefined, forgetTime);
    const leftover = this.#leftover();
    if (leftover !== undefined) this.#judge.violations.add('leftover', leftover);
    const vitals = await takeVitalsAtRest();
    const { connections, subscriptions } = this.#primary.server.stats();
    this.#rests.push({ time: this.#time, ...vitals, connections, subscriptions });
    for (const member of this.#crew.members) member.resume();
  }

  /** @returns whether everything has come in, as far as one knows; nothing more comes otherwise. */
  async #settle(): Promise<boolean> {
    let reports: number;
    do {
      reports = this.#judge.reports;
      await this.#until(() => this.#isQuiet, silentTime);
    } while (!this.#isQuiet && this.#judge.reports > reports);
    return this.#isQuiet;
  }

  /** Whether everything has come in, as far as one knows, and nobody is to be told of a gap. */
  get #isQuiet(): boolean {
    return this.#judge.isComplete && this.#primary.server.stats().behind === 0;
  }

  /** What the server holds beyond what the living have. */
  #leftover(): string | undefined {
    const { connections, subscriptions, behind, stale } = this.#primary.server.stats();
    if (behind + stale > 0) return `${behind} connections behind, ${stale} stale`;
    const wanted = {
      connections: this.#crew.members.length + 1,
      subscriptions: this.#judge.open + eventNames.length,
    };
    if (connections === wanted.connections && subscriptions === wanted.subscriptions) return undefined;
    return (
      `${connections} connections instead of ${wanted.connections}, ` +
      `${subscriptions} subscriptions instead of ${wanted.subscriptions}`
    );
  }

  async #crewIsReady(): Promise<void> {
    // Who was killed has a successor when its end is known.
    while (this.#crew.members.some(({ lives }) => !lives)) await pause(tickTime);
    await Promise.all(this.#crew.members.map(({ ready }) => ready));
  }

  async #until(condition: () => boolean, milliseconds: number): Promise<void> {
    const end = performance.now() + milliseconds;
    while (!condition() && performance.now() < end) {
      this.#look();
      await pause(tickTime);
    }
  }

  #look(): void {
    const time = this.#time;
    if (time - this.#tidiedAt >= tidyTime) {
      this.#tidiedAt = time;
      this.#judge.tidy();
    }
    if (time - this.#sampledAt < this.#options.sampleEvery * 1000) return;
    this.#sampledAt = time;
    this.#samples.push({ time, ...takeVitals() });
  }
}

function minutes(milliseconds: number): string {
  return `${(milliseconds / 60_000).toFixed(1)} min`;
}

function figure(count: number): string {
  return count.toLocaleString('en-US');
}
