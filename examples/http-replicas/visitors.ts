/**
 * Visitors that come by themselves, so that there is something to see: they read products all the time, and now
 * and then one of them changes a price.
 */
import { request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { assortment } from './assortment.js';

/** Between two looks at whether somebody comes, in milliseconds. */
const step = 25;
/** Of requests, how many change something. */
const changes = 0.02;
/** For one request, in milliseconds. */
const timeout = 5_000;
/** At a time: a service that stands still is not besieged. */
const most = 64;

export class Visitors {
  readonly #url: () => string;
  #come: AbortController | undefined;
  #count = 0;

  /** @param url where the service is now. */
  constructor(url: () => string) {
    this.#url = url;
  }

  get areComing(): boolean {
    return this.#come !== undefined;
  }

  set(on: boolean): void {
    if (on === this.areComing) return;
    this.#come?.abort();
    this.#come = on ? new AbortController() : undefined;
    if (this.#come !== undefined) void this.#receive(this.#come.signal);
  }

  async #receive(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      // More and fewer, in the course of half a minute.
      const rate = 30 + 20 * Math.sin(Date.now() / 5_000);
      if (Math.random() < (rate * step) / 1_000 && this.#count < most) void this.#visit(signal);
      await delay(step);
    }
  }

  /** Never rejects: a visitor whose replica dies has had bad luck. */
  async #visit(signal: AbortSignal): Promise<void> {
    const product = assortment[Math.floor(Math.random() * assortment.length)];
    if (product === undefined) return;
    const { id, name, price } = product;
    const isChange = Math.random() < changes;
    const body = isChange ? JSON.stringify({ name, price: somePrice(price) }) : undefined;
    this.#count += 1;
    await new Promise<void>((resolve) => {
      const url = new URL(`/products/${id}`, this.#url());
      const method = isChange ? 'PUT' : 'GET';
      // Without an agent, each comes on a connection of its own, and so to the replica whose turn it is.
      const visit = request(url, { method, signal, timeout, agent: false }, (response) => response.resume());
      visit.on('timeout', () => visit.destroy());
      visit.on('error', () => undefined);
      visit.on('close', resolve);
      visit.end(body);
    });
    this.#count -= 1;
  }
}

/** A quarter up or down from `price` at most, in steps of five cents. */
function somePrice(price: number): number {
  return Math.round(price * (0.75 + Math.random() / 2) * 20) / 20;
}
