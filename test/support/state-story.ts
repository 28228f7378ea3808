/**
 * A long story of changes to state, each of which follows from its number: so who knows up to where it was told knows the
 * whole state, and who sees a state finds out whether there was such a one.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Client, ReplicatedMap } from 'clustercast';

/** By key, or by event. */
type Values<T> = Record<string, T>;

export interface State {
  readonly a: Values<Told>;
  readonly b: Values<Told>;
  readonly counters: Values<number>;
  readonly retained: Values<Told>;
}

/** The number of the change, and something that makes it long. */
type Told = readonly [number: number, padding: string];

type Change =
  | { readonly kind: 'set'; readonly map: 'a' | 'b'; readonly key: string; readonly value: Told }
  | { readonly kind: 'delete'; readonly map: 'a'; readonly key: string }
  | { readonly kind: 'clear'; readonly map: 'b' }
  | { readonly kind: 'retain'; readonly event: string; readonly value: Told }
  | { readonly kind: 'increment' };

/** Events of which the last value is retained. */
export const events: readonly string[] = ['e0', 'e1', 'e2'];

/** So many changes in a row leave no number of their own in the state. */
const unnumbered = 2;

/** Long enough that writing the whole takes a while. */
const padding = 'Ä line\n"of text" '.repeat(60);

/** @param number from 1. */
function changeOf(number: number): Change {
  const value: Told = [number, padding];
  const key = `k${(number * 7_919) % 37}`;
  switch (number % 10) {
    case 0:
      return number % 100 === 0 ? { kind: 'clear', map: 'b' } : { kind: 'increment' };
    case 1:
      return { kind: 'delete', map: 'a', key };
    case 2:
    case 3:
      return { kind: 'set', map: 'b', key, value };
    case 4:
      return { kind: 'retain', event: events[number % 3] as string, value };
    case 5:
      return { kind: 'increment' };
    default:
      return { kind: 'set', map: 'a', key, value };
  }
}

/** A client that tells the story, and reads what became of it. */
export class Teller {
  readonly #client: Client;
  readonly #a: ReplicatedMap<Told>;
  readonly #b: ReplicatedMap<Told>;
  readonly #counters: ReplicatedMap<number>;

  static async open(client: Client): Promise<Teller> {
    const [a, b] = [await client.map<Told>('a'), await client.map<Told>('b')];
    return new Teller(client, a, b, await client.map<number>('counters'));
  }

  private constructor(
    client: Client,
    a: ReplicatedMap<Told>,
    b: ReplicatedMap<Told>,
    counters: ReplicatedMap<number>,
  ) {
    this.#client = client;
    this.#a = a;
    this.#b = b;
    this.#counters = counters;
  }

  /** Has asked for the change of a number when it returns. */
  tell(number: number): Promise<unknown> {
    const change = changeOf(number);
    switch (change.kind) {
      case 'set':
        return (change.map === 'a' ? this.#a : this.#b).set(change.key, change.value);
      case 'delete':
        return this.#a.delete(change.key);
      case 'clear':
        return this.#b.clear();
      case 'retain':
        return this.#client.publish(change.event, change.value, { retain: true });
      case 'increment':
        return this.#counters.increment('total');
    }
  }

  async read(): Promise<State> {
    const retained: Values<Told> = {};
    for (const event of events) {
      const subscription = await this.#client.subscribe(event, (value) => (retained[event] = value as Told), {
        retained: true,
      });
      await subscription.unsubscribe();
    }
    const [a, b, counters] = [this.#a, this.#b, this.#counters].map((map) =>
      Object.fromEntries<unknown>(map),
    );
    return { a, b, counters, retained } as State;
  }
}

/** The state as it must be. */
export class Story {
  #number = 0;
  #state: State = { a: {}, b: {}, counters: {}, retained: {} };

  /** Of the last change. */
  get number(): number {
    return this.#number;
  }

  /** Goes on to where the state was `found`. @returns whether it was so, at a number from the last one on. */
  goTo(found: State): boolean {
    const told = [found.a, found.b, found.retained].flatMap((values) => Object.values(values));
    const last = Math.max(0, ...told.map(([number]) => number));
    while (this.#number < last) this.#advance();
    for (let more = 0; more <= unnumbered; more++) {
      if (isDeepStrictEqual(found, this.#state)) return true;
      this.#advance();
    }
    return false;
  }

  #advance(): void {
    const change = changeOf(++this.#number);
    const { a, b, counters, retained } = this.#state;
    switch (change.kind) {
      case 'set':
        (change.map === 'a' ? a : b)[change.key] = change.value;
        break;
      case 'delete':
        delete a[change.key];
        break;
      case 'clear':
        this.#state = { a, b: {}, counters, retained };
        break;
      case 'retain':
        retained[change.event] = change.value;
        break;
      case 'increment':
        counters['total'] = (counters['total'] ?? 0) + 1;
        break;
    }
  }
}
