/**
 * One bare client: a socket whose events must come with consecutive numbers, from 0 on, over all rounds, and without a
 * byte between them. So what is lost, doubled or late shows at the next one.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { within } from '../../harness/deadline.js';
import { numberAt } from '../../harness/values.js';
import type { Bare } from './media.js';
import { size } from './round.js';

export interface Listener {
  /** The number at which the round ends. */
  readonly end: number;
  /** Called once a round, when the last event has come. */
  done(): void;
  failed(problem: string): void;
}

const connectDeadline = 30_000;

export class BareClient {
  readonly #listener: Listener;
  readonly #before: Buffer;
  readonly #after: Buffer;
  readonly #length: number;
  #next = 0;
  #rest: Buffer | undefined;

  constructor(listener: Listener, { before, after }: Bare) {
    this.#listener = listener;
    this.#before = before;
    this.#after = after;
    this.#length = before.length + size + after.length;
  }

  /** Resolves when no later event is missed. */
  async connect(port: number, bare: Bare): Promise<void> {
    const socket = connect({ port, host: '127.0.0.1' });
    await within(connectDeadline, 'a connection', once(socket, 'connect'));
    await within(connectDeadline, 'a subscription', bare.subscribe(socket));
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', (error) => this.#listener.failed(`a connection failed: ${error.message}`));
    socket.on('close', () => this.#listener.failed('a connection was closed'));
  }

  #receive(chunk: Buffer): void {
    const data = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    let start = 0;
    for (; start + this.#length <= data.length; start += this.#length) this.#take(data, start);
    this.#rest = start === data.length ? undefined : data.subarray(start);
  }

  #take(data: Buffer, start: number): void {
    const valueAt = start + this.#before.length;
    const { end } = this.#listener;
    if (
      data.compare(this.#before, 0, this.#before.length, start, valueAt) !== 0 ||
      data.compare(this.#after, 0, this.#after.length, valueAt + size, start + this.#length) !== 0 ||
      numberAt(data, valueAt) !== this.#next ||
      this.#next === end
    ) {
      const text = data.toString('latin1', start, start + this.#length);
      this.#listener.failed(`expected number ${this.#next} of ${end}, received ${text}`);
    } else if (++this.#next === end) {
      this.#listener.done();
    }
  }
}
