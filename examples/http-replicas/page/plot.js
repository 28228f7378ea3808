// @ts-check
/**
 * A small plot of the last minute: one sample a second, the newest at the right.
 */
import { formatRate } from './format.js';

const samples = 60;
/** Of the view box, as the page's markup has it. */
const height = 30;
/** Room for half the line's width. */
const margin = 2;

export class Plot {
  #svg;
  #what;
  /** @type {number[]} */
  #values = [];

  /**
   * @param {Element} svg with its paths
   * @param {string} what is counted
   */
  constructor(svg, what) {
    this.#svg = svg;
    this.#what = what;
  }

  get highest() {
    return Math.max(0, ...this.#values);
  }

  /** @param {number} value */
  push(value) {
    this.#values = [...this.#values, value].slice(-samples);
  }

  /** @param {number} top of the scale, so that several plots can be compared */
  draw(top) {
    const count = this.#values.length;
    const points = this.#values.map((value, index) => {
      const x = samples - count + index;
      const y = height - margin - (Math.min(value, top) / top) * (height - 2 * margin);
      return `${x} ${y.toFixed(2)}`;
    });
    const line = count === 0 ? '' : `M${points.join('L')}`;
    this.#path('line', line);
    this.#path('area', count === 0 ? '' : `${line}V${height}H${samples - count}Z`);
    // A line of no length, whose round ends make a dot.
    this.#path('now', count === 0 ? '' : `M${points.at(-1)}h0`);
    this.#svg.setAttribute(
      'aria-label',
      count === 0
        ? `${this.#what}: nothing yet`
        : `${this.#what} in the last minute: now ${formatRate(this.#values.at(-1) ?? 0)}, at most ${formatRate(this.highest)}`,
    );
  }

  /**
   * @param {'line' | 'area' | 'now'} name
   * @param {string} data
   */
  #path(name, data) {
    this.#svg.querySelector(`.${name}`)?.setAttribute('d', data);
  }
}
