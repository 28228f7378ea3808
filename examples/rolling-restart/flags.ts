/**
 * What every process holds in memory: feature flags by name. A change is told to all others; a process that joins
 * asks the primary for what there was before it. A change says what it is newer than, so that it may be heard twice,
 * or before what it replaces, and all still end up with the same.
 */
import { randomUUID } from 'node:crypto';
import type { Client } from 'clustercast';

export interface Flag {
  readonly name: string;
  readonly value: string;
  readonly version: number;
  /** The number of the worker that set it: decides between two that were set at once. */
  readonly by: number;
}

export interface Events {
  'flag::changed': Flag;
  /** Somebody wants all flags; the value is the event to publish them as. */
  'flags::wanted': `flags::for ${string}`;
  [answer: `flags::for ${string}`]: readonly Flag[];
  /** A worker was told to end, and asks to be replaced. */
  'worker::leaving': number;
  /** To the worker of this number: end. */
  'worker::end': number;
  /** The last word of a worker: how many requests it has answered. */
  'worker::answered': number;
}

export class Flags {
  readonly #client: Client<Events>;
  readonly #by: number;
  readonly #flags = new Map<string, Flag>();
  /** How many were heard of. */
  changes = 0;

  constructor(client: Client<Events>, by: number) {
    this.#client = client;
    this.#by = by;
  }

  get(name: string): string | undefined {
    return this.#flags.get(name)?.value;
  }

  all(): Record<string, string> {
    return Object.fromEntries(Array.from(this.#flags.values(), ({ name, value }) => [name, value]));
  }

  /** Resolves when every worker has been told. */
  async set(name: string, value: string): Promise<void> {
    const version = (this.#flags.get(name)?.version ?? 0) + 1;
    const flag = { name, value, version, by: this.#by };
    this.#keep(flag); // a client does not hear itself
    await this.#client.publish('flag::changed', flag);
  }

  /** In the primary, before the first worker: it outlives them all, so it is the one to ask. */
  async lead(): Promise<void> {
    await this.#listen();
    await this.#client.subscribe('flags::wanted', (answer) =>
      this.#client.publish(answer, [...this.#flags.values()]),
    );
  }

  /** In a worker, before it takes requests. First listen, then ask: what changes in between is heard. */
  async join(): Promise<void> {
    // A worker that was too slow for a while is told so, and asks again.
    await this.#listen(() => void this.#fetch().catch(console.error));
    await this.#fetch();
  }

  async #listen(onGap?: () => void): Promise<void> {
    const heard = (flag: Flag): void => {
      this.changes += 1;
      this.#keep(flag);
    };
    await this.#client.subscribe('flag::changed', heard, { onGap });
  }

  async #fetch(): Promise<void> {
    const answer = `flags::for ${randomUUID()}` as const;
    const answers = await this.#client.subscribe(answer);
    await this.#client.publish('flags::wanted', answer);
    for await (const flags of answers) {
      flags.forEach((flag) => this.#keep(flag)); // added to what was heard meanwhile, never instead of it
      break;
    }
  }

  #keep(flag: Flag): void {
    const known = this.#flags.get(flag.name);
    const isNewer =
      known === undefined ||
      flag.version > known.version ||
      (flag.version === known.version && flag.by > known.by);
    if (isNewer) this.#flags.set(flag.name, flag);
  }
}
