/**
 * State that outlives its server: loaded before anybody gets to see it, saved as it changes. Brings together what is held,
 * the text of it, and the place where that is kept.
 */
import { debugLog } from '../../../debug.js';
import type { Method } from '../../../server/methods.js';
import type { WingHost } from '../../../server/wing.js';
import { Gate } from './gate.js';
import { readState } from './reader.js';
import type { SavedState } from './saved.js';
import { Snapshot, type HeldState } from './snapshot.js';
import { Store, type SavesStats, type StateOptions } from './store.js';

/** What the wing holds. */
interface Held extends HeldState {
  /** Takes what an earlier run has left, and gives no version up to `saved.version` again. */
  restore(saved: SavedState): void;
}

const nothing: SavedState = { version: 0, maps: new Map(), retained: new Map() };

/**
 * Where the clock on the wall was set back: at least so many may an earlier run have given without having saved them, and at
 * most twice as many are left out. By chance, since a run that has saved none leaves no trace.
 */
const versionsAhead = 2 ** 32;

/** In the year 2112. A clock that is beyond it must not use up the numbers. */
const lastTime = 2 ** 52;

const log = debugLog('server');

export class Persistence {
  readonly #host: WingHost;
  readonly #held: Held;
  readonly #gate: Gate;
  readonly #store: Store;
  /** While it is spelled. */
  #snapshot: Snapshot | undefined;
  #isClosed = false;

  /** @throws PubSubError `ERR_PUBSUB_INVALID_ARGUMENT` for options that are none. */
  constructor(host: WingHost, options: StateOptions, held: Held) {
    this.#host = host;
    this.#held = held;
    this.#gate = new Gate(host);
    this.#store = new Store(options, () => this.#spell());
  }

  stats(): SavesStats {
    return this.#store.stats();
  }

  /** The same methods; what calls them before everything is loaded waits for that. */
  guard(methods: Readonly<Record<string, Method>>): Readonly<Record<string, Method>> {
    return this.#gate.guard(methods);
  }

  /** @throws PubSubError as {@link readState} and {@link Store.load} do. Nothing is saved then, at any time. */
  async start(): Promise<void> {
    const text = await this.#store.load();
    const saved = text === undefined || text === null ? nothing : readState(text, this.#host.limits);
    if (this.#isClosed) return;
    this.#held.restore({ ...saved, version: versionAfter(saved.version) });
    log('loaded %d maps, %d retained values', saved.maps.size, saved.retained.size);
    this.#gate.open();
  }

  /** @throws PubSubError as {@link Store.close} does. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#gate.close();
    // Where nothing was loaded, nothing has changed either.
    await this.#store.close();
  }

  touchMap(name: string, key: string | undefined): void {
    this.#snapshot?.touchMap(name, key);
    this.#store.changed();
  }

  touchRetained(event: string): void {
    this.#snapshot?.touchRetained(event);
    this.#store.changed();
  }

  #spell(): Pick<Snapshot, 'next' | 'end'> {
    const snapshot = new Snapshot(this.#held);
    this.#snapshot = snapshot;
    return {
      next: () => snapshot.next(),
      end: () => {
        this.#snapshot = undefined;
        return snapshot.end();
      },
    };
  }
}

/**
 * From which a run counts its versions: above all that any earlier run has given, also those that were not saved. The
 * microseconds since 1970 grow faster than changes are made.
 */
function versionAfter(saved: number): number {
  const time = Math.min(Date.now() * 1_000, lastTime);
  return time > saved ? time : saved + Math.ceil((1 + Math.random()) * versionsAhead);
}
