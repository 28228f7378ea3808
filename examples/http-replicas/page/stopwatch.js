// @ts-check
/**
 * Measures a click: until every replica that lives shows what it changed, or until the one that it killed has a
 * successor. One at a time; the last one counts.
 */
import { write } from './dom.js';
import { formatTime } from './format.js';

/**
 * @import { Change } from '../events.ts'
 * @import { Card } from './card.js'
 * @import { Cards } from './cards.js'
 *
 * @typedef {object} Click
 * @property {string} command
 * @property {number} at by `performance.now()`
 * @property {string} what is to be seen in the end, as in "until ..."
 * @property {(cards: Cards, version: number | undefined) => Sight} look what can be seen by now
 *
 * @typedef {object} Sight
 * @property {Map<Card, number | undefined>} shown by each card, since when
 * @property {string} [what] if more can be said by now
 */

/** Until the wait is given up, in milliseconds. */
const patience = 10_000;

export class Stopwatch {
  #cards;
  #element;
  /** @type {Click | undefined} */
  #click;
  /** Whether it has been carried out. */
  #isDone = false;
  /** @type {number | undefined} */
  #version;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {Cards} cards
   * @param {HTMLElement} element
   */
  constructor(cards, element) {
    this.#cards = cards;
    this.#element = element;
  }

  /** @param {Click} click */
  start(click) {
    clearTimeout(this.#timer);
    this.#click = click;
    this.#isDone = false;
    this.#version = undefined;
    this.#timer = setTimeout(() => this.#giveUp(), patience);
    for (const card of this.#cards.living) card.showLag(undefined);
    this.#show('running', '…', `until ${click.what}`);
  }

  /**
   * @param {string} command
   * @param {number | undefined} version
   */
  done(command, version) {
    if (this.#click?.command !== command) return;
    this.#isDone = true;
    this.#version = version;
    this.look();
  }

  /**
   * @param {string} command
   * @param {string} reason
   */
  failed(command, reason) {
    if (this.#click?.command === command) this.stop(`Not done: ${reason}.`);
  }

  /** Has something new been shown? */
  look() {
    if (this.#click === undefined || !this.#isDone) return;
    const { at, what } = this.#click;
    const sight = this.#click.look(this.#cards, this.#version);
    const times = [...sight.shown.values()];
    for (const [card, time] of sight.shown) card.showLag(time === undefined ? undefined : time - at);
    if (times.length === 0 || times.includes(undefined)) return;
    const last = Math.max(...times.map(Number)) - at;
    this.#end();
    this.#show('done', formatTime(last), `until ${sight.what ?? what}`);
  }

  /**
   * Measures no more.
   *
   * @param {string} why
   */
  stop(why) {
    if (this.#click === undefined) return;
    this.#end();
    this.#show('failed', '–', why);
  }

  #giveUp() {
    const shown = this.#isDone ? this.#click?.look(this.#cards, this.#version).shown : undefined;
    const missing = [...(shown ?? [])]
      .filter(([, time]) => time === undefined)
      .map(([{ replica }]) => replica);
    const who = missing.length === 0 ? 'Nobody answered' : `Not shown by replica ${missing.join(', ')}`;
    this.stop(`${who} in ${patience / 1_000} s.`);
  }

  #end() {
    clearTimeout(this.#timer);
    this.#click = undefined;
  }

  /**
   * @param {'running' | 'done' | 'failed'} state
   * @param {string} figure
   * @param {string} sense
   */
  #show(state, figure, sense) {
    this.#element.dataset['state'] = state;
    this.#element.setAttribute('aria-busy', String(state === 'running'));
    write('measured', figure, this.#element);
    write('measured-what', sense, this.#element);
  }
}

/**
 * Each replica that lived at the click, and lives, knows of the change.
 *
 * @param {Cards} cards
 * @param {Change['what']} what
 * @param {string} key
 * @returns {Click['look']}
 */
export function changeOf(cards, what, key) {
  const replicas = cards.living.map(({ replica }) => replica);
  return ({ living }, version = Infinity) => ({
    shown: new Map(
      living
        .filter(({ replica }) => replicas.includes(replica))
        .map((card) => [card, card.shownAt(what, key, version)]),
    ),
  });
}

/**
 * The card is grey, and another replica serves in its place.
 *
 * @param {Card} killed
 * @returns {Click['look']}
 */
export function successorOf(killed) {
  return ({ living }) => {
    const successor = living.find(
      ({ place, replica }) => place === killed.place && replica !== killed.replica,
    );
    if (successor === undefined) return { shown: new Map([[killed, undefined]]) };
    return {
      shown: new Map([[successor, successor.statusAt]]),
      what: `replica ${successor.replica} served in the place of replica ${killed.replica}`,
    };
  };
}
