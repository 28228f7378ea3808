/**
 * One subscriber: a bare `ws` client that speaks JSON-RPC by hand. Events must come with consecutive numbers, from 0
 * on, over all rounds. So what is lost, doubled or late shows at the next one.
 */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { within } from '../harness/deadline.js';
import { numberAt } from '../harness/values.js';
import { afterValue, beforeValue, isSubscribed, subscribeText } from './wire.js';

/** Whom a subscriber tells, and who knows what may come. */
export interface Listener {
  /** How many events will have come at the end of the round. */
  readonly end: number;
  /** How many characters their values have. */
  readonly size: number;
  /** Called for each event, in order, with its number. */
  received(number: number, data: Buffer): void;
  failed(problem: string): void;
}

const connectDeadline = 20_000;

export class Subscriber {
  readonly #listener: Listener;
  #next = 0;

  constructor(listener: Listener) {
    this.#listener = listener;
  }

  /** Resolves when no later event is missed. */
  async connect(port: number): Promise<void> {
    const webSocket = new WebSocket(`ws://127.0.0.1:${port}/`, { perMessageDeflate: false });
    await within(connectDeadline, 'a connection', once(webSocket, 'open'));
    const answer = once(webSocket, 'message');
    webSocket.send(subscribeText);
    const [text] = (await within(connectDeadline, 'a subscription', answer)) as [Buffer];
    if (!isSubscribed(text.toString())) throw new Error(`it was answered ${text.toString()}`);
    webSocket.on('message', (data, isBinary) => this.#receive(data as Buffer, isBinary));
    webSocket.on('close', (code) => this.#listener.failed(`a connection was closed with ${code}`));
  }

  #receive(data: Buffer, isBinary: boolean): void {
    const { end, size } = this.#listener;
    if (
      isBinary ||
      data.length !== size + eventRoom ||
      numberAt(data, beforeValue.length) !== this.#next ||
      this.#next === end
    ) {
      this.#listener.failed(`expected number ${this.#next} of ${end}, received ${data.toString()}`);
    } else {
      this.#listener.received(this.#next++, data);
    }
  }
}

/** Room for an event beside its value, in bytes. */
const eventRoom = beforeValue.length + afterValue.length;
