// @ts-check
/**
 * The page's own replica of the flags: what it holds, and whether the replicas hold the same.
 */

/**
 * @import { ReplicatedMap } from '/clustercast-state.js'
 * @import { ReplicaStatus } from '../events.ts'
 * @import { Cards } from './cards.js'
 */

export class OwnFlags {
  #cards;
  #element;
  /** Once it is there. @type {ReplicatedMap<boolean> | undefined} */
  #map;

  /**
   * @param {Cards} cards
   * @param {HTMLElement} element that says how it stands
   */
  constructor(cards, element) {
    this.#cards = cards;
    this.#element = element;
  }

  get names() {
    return this.#map === undefined ? [] : [...this.#map.keys()];
  }

  /** @param {string} name */
  isOn(name) {
    return this.#map?.get(name) ?? false;
  }

  /**
   * @param {ReplicatedMap<boolean>} map
   * @param {() => void} changed is called with every change, and right now
   */
  follow(map, changed) {
    this.#map = map.on('change', changed).on('stale', changed).on('fresh', changed);
    changed();
  }

  /** How it stands. */
  show() {
    const { living } = this.#cards;
    const others = living.filter(({ status }) => status !== undefined && !this.#isLike(status));
    const isAgreed = this.#map?.isStale === false && living.length > 0 && others.length === 0;
    this.#element.dataset['state'] = isAgreed ? 'agreed' : 'open';
    this.#say(this.#text(others.map(({ replica }) => replica)));
  }

  /** @param {readonly number[]} others the replicas that hold something else */
  #text(others) {
    if (this.#map === undefined) return 'Not here yet.';
    if (this.#map.isStale) return 'Stale: as this page has known them last.';
    const { length } = this.#cards.living;
    if (length === 0) return 'Held by this page.';
    if (others.length > 0) return `Held by this page; not yet by replica ${others.join(', ')}.`;
    return `Held by this page as by ${length === 1 ? 'the only replica' : `all ${length} replicas`}.`;
  }

  /** @param {ReplicaStatus} status */
  #isLike({ flags }) {
    const map = this.#map;
    return (
      flags.length === map?.size && flags.every(({ name, version }) => map.entry(name)?.version === version)
    );
  }

  /** @param {string} text */
  #say(text) {
    if (this.#element.textContent !== text) this.#element.textContent = text;
  }
}
