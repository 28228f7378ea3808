// @ts-check
/**
 * One replica on the page: what it holds and does, when that was first shown here, and how it ended.
 */
import { copy, find, write } from './dom.js';
import { formatAge, formatDuration, formatRate, formatTime } from './format.js';
import { Plot } from './plot.js';

/**
 * @import { Change, ReplicaRecord, ReplicaStatus } from '../events.ts'
 * @typedef {{ readonly version: number, readonly at: number }} Shown
 */

/** Between two samples of a plot, in milliseconds of the replica's own clock; statuses come more often at times. */
const sampleTime = 900;

export class Card {
  element = copy('#card');
  replica;
  place;
  plots;
  /** @type {ReplicaStatus | undefined} */
  status;
  /** When it first showed a status, by `performance.now()`. @type {number | undefined} */
  statusAt;
  /** @type {ReplicaRecord['ended']} */
  #end = null;
  /** From which the plots have their last sample. @type {ReplicaStatus | undefined} */
  #sampled;
  /** By what it is and its key: the version of each flag and product, and when it was first shown. @type {Map<string, Shown>} */
  #shown = new Map();

  /** @param {ReplicaRecord} record */
  constructor({ replica, pid, place }) {
    const { element } = this;
    this.replica = replica;
    this.place = place;
    element.dataset['replica'] = String(replica);
    write('number', String(replica), element);
    write('pid', String(pid), element);
    this.#killButton.setAttribute('aria-label', `Kill replica ${replica}`);
    this.plots = {
      requests: new Plot(find('.requests svg', element), 'Requests a second'),
      events: new Plot(find('.events svg', element), 'Events a second'),
    };
  }

  get isLive() {
    return this.#end === null;
  }

  /**
   * When it first showed that its replica knows of a change, by `performance.now()`.
   *
   * @param {Change['what']} what
   * @param {string} key
   * @param {number} version
   */
  shownAt(what, key, version) {
    const shown = this.#shown.get(`${what} ${key}`);
    return shown !== undefined && shown.version >= version ? shown.at : undefined;
  }

  /** @param {ReplicaStatus} status */
  showStatus(status) {
    const before = this.status;
    this.status = status;
    this.#sample(status);
    write('uptime', formatDuration(status.uptime), this.element);
    find('[data-field="stale"]', this.element).hidden = !status.isStale;
    this.#list('flags', status.flags, before?.flags, ({ name, on }) => {
      const chip = document.createElement('li');
      chip.dataset['flag'] = name;
      chip.dataset['on'] = String(on);
      chip.textContent = `${name} ${on ? 'on' : 'off'}`;
      return chip;
    });
    this.#list('cached', status.cached, before?.cached, ({ id, name, price }) => {
      const tile = document.createElement('li');
      const amount = document.createElement('b');
      tile.dataset['product'] = id;
      amount.textContent = price.toFixed(2);
      tile.append(`${name} `, amount);
      return tile;
    });
    this.tick();
    if (before !== undefined && before.lastChange?.at !== status.lastChange?.at) this.#flash();
    this.#note(status); // now that it is shown
  }

  /** @param {NonNullable<ReplicaRecord['ended']>} end */
  showEnd(end) {
    this.#end = end;
    this.element.dataset['state'] = 'dead';
    this.#killButton.disabled = true;
    find('[data-field="ended"]', this.element).hidden = false;
    this.tick();
  }

  /** @param {number | undefined} milliseconds from the click that is measured */
  showLag(milliseconds) {
    write('lag', milliseconds === undefined ? '–' : formatTime(milliseconds), this.element);
  }

  /** What changes with time alone. */
  tick() {
    if (this.#end !== null) {
      const { how, at } = this.#end;
      write(
        'ended',
        `${how.startsWith('SIG') ? 'Killed by' : 'Ended with'} ${how}, ${formatAge(at)}`,
        this.element,
      );
    }
    const last = this.status?.lastChange;
    if (!last) return;
    write('change', `${last.what} ${last.key}`, this.element);
    write('when', `${last.isOwn ? 'made here' : 'heard'} ${formatAge(last.at)}`, this.element);
  }

  get #killButton() {
    return /** @type {HTMLButtonElement} */ (find('[data-action="kill"]', this.element));
  }

  /** @param {ReplicaStatus} status */
  #note({ flags, changes }) {
    const now = performance.now();
    this.statusAt ??= now;
    // A flag's version is that of its last change, whether the replica heard of it or was not there yet.
    const held = flags.map(({ name, version }) => ({ what: 'flag', key: name, version }));
    for (const { what, key, version } of [...held, ...changes]) {
      const known = this.#shown.get(`${what} ${key}`)?.version ?? 0;
      if (known < version) this.#shown.set(`${what} ${key}`, { version, at: now });
    }
  }

  /** @param {ReplicaStatus} status */
  #sample(status) {
    const last = this.#sampled;
    if (last !== undefined && status.uptime - last.uptime < sampleTime) return;
    this.#sampled = status;
    if (last === undefined) return;
    const seconds = (status.uptime - last.uptime) / 1_000;
    for (const name of /** @type {const} */ (['requests', 'events'])) {
      const rate = (status[name] - last[name]) / seconds;
      this.plots[name].push(rate);
      write(name, formatRate(rate), this.element);
    }
  }

  /**
   * Makes the items anew, by their names, if they are others than before.
   *
   * @template {{ readonly name: string }} T
   * @param {string} field
   * @param {readonly T[]} items
   * @param {readonly T[] | undefined} before
   * @param {(item: T) => HTMLElement} make
   */
  #list(field, items, before, make) {
    if (before !== undefined && JSON.stringify(items) === JSON.stringify(before)) return;
    const sorted = items.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    find(`[data-field="${field}"]`, this.element).replaceChildren(...sorted.map((item) => make(item)));
  }

  /** Leads the eye to what has changed. */
  #flash() {
    this.element.classList.remove('changed');
    void this.element.offsetWidth; // so that it begins anew
    this.element.classList.add('changed');
  }
}
