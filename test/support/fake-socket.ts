/** A stream socket without a network: the test plays the other side. */
import { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import { endOfTurn } from './turn.js';

export class FakeSocket extends Duplex {
  /** What was written, and what of it at once. */
  readonly written: string[][] = [];
  /** What was set, in order. */
  readonly settings: unknown[][] = [];
  readonly remoteAddress: string | undefined;
  /** Whether nothing more is taken, so that what is written waits. */
  isStalled = false;

  constructor(remoteAddress?: string) {
    super();
    this.remoteAddress = remoteAddress;
  }

  /** As the library takes it. */
  get asSocket(): Socket {
    return this as unknown as Socket;
  }

  /** All that was written. */
  get text(): string {
    return this.written.flat().join('');
  }

  /** What arrives from the other side, handled. */
  async arrive(...chunks: (string | Buffer)[]): Promise<void> {
    for (const chunk of chunks) this.push(chunk);
    await endOfTurn();
  }

  /** The other side says no more. */
  async arriveEnd(): Promise<void> {
    this.push(null);
    await endOfTurn();
    await endOfTurn();
  }

  setNoDelay(isOn: boolean): this {
    return this.#set('noDelay', isOn);
  }

  setKeepAlive(isOn: boolean, time: number): this {
    return this.#set('keepAlive', isOn, time);
  }

  setTimeout(time: number): this {
    return this.#set('timeout', time);
  }

  ref(): this {
    return this.#set('ref');
  }

  unref(): this {
    return this.#set('unref');
  }

  override _read(): void {
    // It arrives when the test says so.
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.written.push([chunk.toString()]);
    if (!this.isStalled) done();
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.written.push(chunks.map(({ chunk }) => chunk.toString()));
    if (!this.isStalled) done();
  }

  #set(...setting: unknown[]): this {
    this.settings.push(setting);
    return this;
  }
}
