/** The state wing of a server: what it holds for its clients, and the methods by which they use it. */
import type { ClientInfo } from '../../server/access.js';
import type { Method } from '../../server/methods.js';
import type { Wing, WingHost } from '../../server/wing.js';
import { Maps, type MapsStats } from './maps.js';
import { Retained, type RetainedStats } from './retained.js';
import { checkRights } from './rights.js';

/** What a server holds for its clients. */
export interface StateStats extends MapsStats, RetainedStats {}

export class StateWing implements Wing {
  readonly methods: Readonly<Record<string, Method>>;
  readonly #maps: Maps;
  readonly #retained: Retained;

  constructor(host: WingHost) {
    this.#maps = new Maps(host);
    this.#retained = new Retained(host);
    this.methods = { ...this.#maps.methods, ...this.#retained.methods };
  }

  register(client: ClientInfo): void {
    checkRights(client);
  }

  close(): void {
    this.#maps.close();
  }

  stats(): StateStats {
    return { ...this.#maps.stats(), ...this.#retained.stats() };
  }
}
