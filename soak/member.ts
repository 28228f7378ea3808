/**
 * One client of the soak, in a process of its own: publishes numbered values of mixed sizes, subscribes, ends
 * subscriptions and begins others, and tells the judge what it received as it goes.
 */
import type { Client, PubSubError, Subscription } from 'clustercast';
import { eventNames, Recorder, valueId } from './entries.js';
import type { MemberConfig, Report, ToMember } from './messages.js';
import { Random } from './random.js';
import { sabotaged } from './sabotage.js';
import { isIntact, makeValue, sizeOf, type Value } from './values.js';

/** Milliseconds between two rounds of publishing, and between two reports. */
const publishTime = 10;
const reportTime = 50;
/** Who has been stopped does not catch up on more than so many milliseconds. */
const longestArrears = 100;

/** A slow member stands still so many milliseconds after so many values. */
const slowTime = 120;
const slowValues = 200;
const standstill = new Int32Array(new SharedArrayBuffer(4));

/** These mean that the value was certainly not accepted; any other code, that nobody knows. */
const certain: ReadonlySet<string> = new Set(
  ['BACKPRESSURE', 'CLOSED', 'LIMIT', 'NO_PRIMARY', 'INVALID_ARGUMENT'].map((code) => `ERR_PUBSUB_${code}`),
);

export class Member {
  readonly #client: Client;
  readonly #config: MemberConfig;
  readonly #random: Random;
  readonly #recorder: Recorder;
  readonly #subscriptions = new Map<number, Subscription<unknown>>();
  #outcomes: number[] = [];
  #errors: string[] = [];
  #lastSubscription = 0;
  #lastNumber = 0;
  #isPaused = false;
  #publishedAt = performance.now();
  #churnedAt = performance.now();
  #taken = 0;
  /** What is under way. */
  readonly #pending = new Set<Promise<unknown>>();

  constructor(client: Client, config: MemberConfig) {
    this.#client = client;
    this.#config = config;
    this.#random = new Random(config.seed);
    this.#recorder = sabotaged(new Recorder(), config.sabotage);
  }

  async run(): Promise<void> {
    process.on('message', (message) => this.#hear(message as Partial<ToMember> | null));
    process.on('disconnect', () => process.exit());
    this.#client.on('error', (error) => this.#tell(error));
    const { events } = this.#config;
    await Promise.all(events.map((event, place) => this.#subscribe(event, place === events.length - 1)));
    setInterval(() => this.#publish(), publishTime);
    setInterval(() => this.#report(), reportTime);
    say({ soak: 'ready' });
  }

  #publish(): void {
    const now = performance.now();
    if (this.#isPaused) {
      this.#publishedAt = now;
      return;
    }
    const { rate, churnTime } = this.#config;
    this.#publishedAt = Math.max(this.#publishedAt, now - longestArrears);
    const count = Math.floor(((now - this.#publishedAt) * rate) / 1000);
    if (count > 0) this.#publishedAt += (count * 1000) / rate;
    for (let published = 0; published < count; published++) this.#publishOne();
    if (now - this.#churnedAt >= churnTime) {
      this.#churnedAt = now;
      this.#keep(this.#churn());
    }
  }

  #publishOne(): void {
    const event = eventNames[this.#random.integer(0, eventNames.length - 1)] as string;
    const number = ++this.#lastNumber;
    const value = makeValue(valueId(this.#config.member, number), sizeOf(this.#random));
    this.#keep(
      this.#client.publish(event, value).then(
        () => this.#outcomes.push(number),
        (error: unknown) => this.#failed(number, error),
      ),
    );
  }

  #failed(number: number, error: unknown): void {
    const { code = 'none' } = error as Partial<PubSubError>;
    this.#errors.push(code);
    if (certain.has(code)) this.#outcomes.push(-number);
  }

  async #subscribe(event: number, isIterated: boolean): Promise<void> {
    const subscription = ++this.#lastSubscription;
    const name = eventNames[event] as string;
    const options = {
      onGap: ({ count }: { readonly count: number | undefined }) => this.#recorder.gap(subscription, count),
    };
    // Requests are carried out in their order: so the subscription begins between these two values.
    this.#publishOne();
    this.#recorder.asked(subscription, event, isIterated, this.#lastNumber);
    const asked = isIterated
      ? this.#client.subscribe(name, options)
      : this.#client.subscribe(name, (value) => this.#take(subscription, value), options);
    this.#publishOne();
    const granted = await asked.catch((error: unknown) => {
      this.#recorder.ended(subscription);
      throw error;
    });
    this.#recorder.granted(subscription);
    this.#subscriptions.set(subscription, granted);
    if (isIterated) void this.#iterate(subscription, granted).catch(() => undefined);
  }

  async #iterate(subscription: number, values: AsyncIterable<unknown>): Promise<void> {
    for await (const value of values) {
      if (!this.#subscriptions.has(subscription)) return;
      this.#take(subscription, value);
    }
  }

  #take(subscription: number, value: unknown): void {
    if (isIntact(value)) this.#recorder.value(subscription, value.id);
    else this.#recorder.damaged(subscription, Number((value as Partial<Value> | null)?.id));
    if (!this.#config.isSlow || this.#isPaused || ++this.#taken % slowValues > 0) return;
    Atomics.wait(standstill, 0, 0, slowTime);
  }

  /** Ends one subscription, of those with a handler, and begins another one. */
  async #churn(): Promise<void> {
    const numbers = [...this.#subscriptions.keys()];
    const number = this.#random.pick(numbers);
    const subscription = number === undefined ? undefined : this.#subscriptions.get(number);
    if (number === undefined || subscription === undefined) return;
    this.#subscriptions.delete(number);
    this.#recorder.ended(number);
    const event = this.#random.integer(0, eventNames.length - 1);
    const isIterated = this.#random.chance(1 / numbers.length);
    try {
      await Promise.all([subscription.unsubscribe(), this.#subscribe(event, isIterated)]);
    } catch (error) {
      this.#tell(error);
    }
  }

  #tell(error: unknown): void {
    this.#errors.push((error as Partial<PubSubError>).code ?? 'none');
  }

  #keep(promise: Promise<unknown>): void {
    const kept = promise.finally(() => this.#pending.delete(kept));
    this.#pending.add(kept);
  }

  #report(): void {
    const entries = this.#recorder.take();
    const outcomes = Float64Array.from(this.#outcomes);
    const errors = this.#errors;
    this.#outcomes = [];
    this.#errors = [];
    if (entries.length + outcomes.length + errors.length === 0) return;
    say({ soak: 'report', entries, outcomes, errors } satisfies Report);
  }

  #hear(message: Partial<ToMember> | null): void {
    if (message?.soak === 'resume') {
      this.#isPaused = false;
    } else if (message?.soak === 'pause') {
      this.#isPaused = true;
      void this.#settled().then(() => say({ soak: 'paused' }));
    } else if (message?.soak === 'close') {
      this.#isPaused = true;
      void this.#close();
    }
  }

  async #close(): Promise<void> {
    await this.#settled();
    await this.#client.close();
    this.#report();
    process.send?.({ soak: 'closed' }, undefined, undefined, () => process.exit());
  }

  /** All is answered; and what was sent to this client before an answer has come before it. */
  async #settled(): Promise<void> {
    await Promise.all(this.#pending);
    await this.#client.publish('soak::probe', null).catch((error: unknown) => this.#tell(error));
    // Who iterates takes the last values after the answer.
    await new Promise((resolve) => setImmediate(resolve));
    this.#report();
  }
}

function say(message: object): void {
  // Where it fails, nobody listens any more, and 'disconnect' ends the process.
  process.send?.(message, undefined, undefined, () => undefined);
}
