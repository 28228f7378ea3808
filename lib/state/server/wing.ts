/** The state wing of a server: what it holds for its clients, and the methods by which they use it. */
import type { ClientInfo } from '../../server/access.js';
import type { Method } from '../../server/methods.js';
import type { Wing, WingHost } from '../../server/wing.js';
import { Caches, type CachesStats } from './caches/caches.js';
import { Maps, type MapsStats } from './maps/maps.js';
import { Persistence } from './persistence/persistence.js';
import { Retained, type RetainedStats } from './retained.js';
import { checkRights } from './rights.js';
import type { SavesStats, StateOptions } from './persistence/store.js';

/** What a server holds for its clients. */
export interface StateStats extends MapsStats, RetainedStats, CachesStats, SavesStats {}

const noSaves: SavesStats = { saves: 0, failedSaves: 0, isUnsaved: false };

export class StateWing implements Wing {
  readonly methods: Readonly<Record<string, Method>>;
  readonly #maps: Maps;
  readonly #retained: Retained;
  readonly #caches: Caches;
  readonly #persistence: Persistence | undefined;

  /**
   * @param options without them, what is held ends with the server.
   * @throws PubSubError `ERR_PUBSUB_INVALID_ARGUMENT` for options that are none.
   */
  constructor(host: WingHost, options: StateOptions | undefined) {
    this.#maps = new Maps(host, (name, key) => this.#persistence?.touchMap(name, key));
    this.#retained = new Retained(host, (event) => this.#persistence?.touchRetained(event));
    this.#caches = new Caches(host);
    const methods = { ...this.#maps.methods, ...this.#retained.methods };
    if (options !== undefined) this.#persistence = this.#persist(host, options);
    this.methods = { ...(this.#persistence?.guard(methods) ?? methods), ...this.#caches.methods };
  }

  register(client: ClientInfo): void {
    checkRights(client);
  }

  start(): Promise<void> | undefined {
    return this.#persistence?.start();
  }

  close(): Promise<void> | undefined {
    this.#maps.close();
    return this.#persistence?.close();
  }

  stats(): StateStats {
    const saves = this.#persistence?.stats() ?? noSaves;
    return { ...this.#maps.stats(), ...this.#retained.stats(), ...this.#caches.stats(), ...saves };
  }

  #persist(host: WingHost, options: StateOptions): Persistence {
    return new Persistence(host, options, {
      maps: this.#maps.held,
      retained: this.#retained.held,
      version: () => this.#maps.version,
      restore: ({ maps, retained, version }) => {
        this.#maps.restore(maps, version);
        this.#retained.restore(retained);
      },
    });
  }
}
