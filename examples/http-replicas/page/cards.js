// @ts-check
/**
 * The replicas on the page: a card each, and a column for each place, in which a successor stands above the one whose
 * place it has taken. Shows what it is told, and knows nothing of how that comes.
 */
import { Card } from './card.js';

/** @import { ReplicaRecord, ReplicaStatus } from '../events.ts' */

/** What the scale of a plot reaches at least. */
const lowestTop = { requests: 10, events: 5 };

export class Cards {
  #list;
  /** @type {Map<number, Card>} */
  #cards = new Map();
  /** The last of each replica, also of one whose card is yet to come. @type {Map<number, ReplicaStatus>} */
  #statuses = new Map();

  /** @param {HTMLElement} list */
  constructor(list) {
    this.#list = list;
  }

  /** Of the replicas that live. */
  get living() {
    return [...this.#cards.values()].filter(({ isLive }) => isLive);
  }

  /** @param {number} replica */
  get(replica) {
    return this.#cards.get(replica);
  }

  clear() {
    this.#cards.clear();
    this.#statuses.clear();
    this.#list.replaceChildren();
  }

  /** @param {readonly ReplicaRecord[]} records of all replicas that there are to show */
  showRecords(records) {
    for (const [replica, card] of this.#cards) {
      if (records.some((record) => record.replica === replica)) continue;
      card.element.remove();
      this.#cards.delete(replica);
      this.#statuses.delete(replica);
    }
    for (const record of records) {
      const card = this.#cards.get(record.replica) ?? this.#add(record);
      if (record.ended !== null && card.isLive) card.showEnd(record.ended);
    }
  }

  /** @param {ReplicaStatus} status */
  showStatus(status) {
    this.#statuses.set(status.replica, status);
    const card = this.#cards.get(status.replica);
    if (card?.isLive !== true) return;
    card.showStatus(status);
    this.#drawPlots();
  }

  /** What changes with time alone. */
  tick() {
    for (const card of this.#cards.values()) card.tick();
  }

  /** @param {ReplicaRecord} record */
  #add(record) {
    const card = new Card(record);
    this.#cards.set(record.replica, card);
    this.#place(record.place).prepend(card.element);
    const status = this.#statuses.get(record.replica);
    if (status !== undefined) card.showStatus(status);
    this.#drawPlots();
    return card;
  }

  /** @param {number} number */
  #place(number) {
    while (this.#list.children.length < number) {
      const place = document.createElement('div');
      place.className = 'place';
      this.#list.append(place);
    }
    return /** @type {Element} */ (this.#list.children[number - 1]);
  }

  /** All on one scale, so that they can be compared. */
  #drawPlots() {
    const cards = [...this.#cards.values()];
    for (const name of /** @type {const} */ (['requests', 'events'])) {
      const top = Math.max(lowestTop[name], ...cards.map(({ plots }) => plots[name].highest));
      for (const { plots } of cards) plots[name].draw(top);
    }
  }
}
