/**
 * Retained values: the last value of an event that was published so, for whoever subscribes later. Kept by name, as texts;
 * who is subscribed, and what is published, is the server's matter.
 */
import type { Params, Result } from '../../protocol/messages.js';
import type { EncodedValue } from '../../protocol/value.js';
import type { Identity } from '../../server/access.js';
import type { Caller, Method } from '../../server/methods.js';
import type { WingHost } from '../../server/wing.js';
import { methods } from '../names.js';
import { full, readCountedValue } from './bounds.js';

export interface RetainedStats {
  /** Event names with a retained value. */
  readonly retained: number;
  /** The characters of these names and values. */
  readonly retainedLength: number;
}

export class Retained {
  readonly methods: Readonly<Record<string, Method>> = {
    [methods.publishRetained]: (caller, identity, params) => this.#publish(caller, identity, params),
    [methods.subscribeRetained]: (caller, identity, params) => this.#subscribe(caller, identity, params),
  };
  readonly #host: WingHost;
  readonly #touched: (event: string) => void;
  readonly #values = new Map<string, EncodedValue>();
  #length = 0;

  /** @param touched is told of which event the value is another one, or none, now. */
  constructor(host: WingHost, touched: (event: string) => void) {
    this.#host = host;
    this.#touched = touched;
  }

  /** By the name of the event. */
  get held(): ReadonlyMap<string, EncodedValue> {
    return this.#values;
  }

  /** Takes the values of an earlier run. */
  restore(values: ReadonlyMap<string, EncodedValue>): void {
    for (const [event, value] of values) this.#put(event, value);
  }

  stats(): RetainedStats {
    return { retained: this.#values.size, retainedLength: this.#length };
  }

  #publish(caller: Caller, identity: Identity, params: Params): Result {
    const { event_name: event, clear } = params;
    if (clear === true) {
      const listeners = this.#host.publishAs(caller, identity, event, 'null');
      this.#remove(String(event));
      return { listeners };
    }
    const value = readCountedValue(this.#host, params);
    // One who may not publish is not told whether anything is retained under that name.
    if (typeof event === 'string' && identity.canPublish) this.#checkRoom(event, value);
    const listeners = this.#host.publishAs(caller, identity, event, value);
    this.#put(String(event), value);
    this.#touched(String(event));
    return { listeners };
  }

  /** The value is the one that was there when the subscription came into force: nothing lies between, and nothing is in both. */
  #subscribe(caller: Caller, identity: Identity, { event_name: event }: Params): Result {
    const id = this.#host.subscribeAs(caller, identity, event);
    const retained = this.#values.get(String(event));
    return { subscription_id: id, ...(retained !== undefined && { retained }) };
  }

  #checkRoom(event: string, value: EncodedValue): void {
    const { retainedValues, retainedLength } = this.#host.limits;
    const length = this.#lengthWith(event, value);
    if (!this.#values.has(event) && this.#values.size >= retainedValues)
      throw full(this.#host, 'retainedValues', 'the server', 'retained values');
    if (length > retainedLength && length > this.#length)
      throw full(this.#host, 'retainedLength', 'the server', 'retained characters');
  }

  #put(event: string, value: EncodedValue): void {
    this.#length = this.#lengthWith(event, value);
    this.#values.set(event, value);
  }

  /** What there is with `value` in its place. */
  #lengthWith(event: string, value: EncodedValue): number {
    const old = this.#values.get(event);
    return this.#length + value.length + (old === undefined ? event.length : -old.length);
  }

  #remove(event: string): void {
    const old = this.#values.get(event);
    if (old === undefined) return;
    this.#values.delete(event);
    this.#length -= event.length + old.length;
    this.#touched(event);
  }
}
