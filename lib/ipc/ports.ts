/**
 * The clients of one process on its one IPC channel, by port: listens while there is one, and leaves alone
 * what belongs to somebody else.
 */
import { readFromPrimary, type ToClient } from './envelope.js';

/** A process's channel to its primary. */
export interface WorkerPipe {
  readonly isConnected: boolean;
  /** The end of the channel is told to who listens, so a failure is not told here. @throws what cannot be serialized */
  send(message: object): void;
  /** @returns what stops it. */
  listen(handlers: WorkerPipeHandlers): () => void;
  /** Whether the channel keeps the process alive. Default: while it is listened to. */
  ref(): void;
  unref(): void;
}

export interface WorkerPipeHandlers {
  readonly receive: (message: unknown) => void;
  /** The channel is gone, and will not come back. */
  readonly disconnected: () => void;
}

/** What a client hears on its port. */
export interface PortHandlers {
  readonly receive: (envelope: ToClient) => void;
  readonly disconnected: () => void;
}

export class Ports {
  readonly #pipe: WorkerPipe;
  readonly #ports = new Map<string, PortHandlers>();
  /** Who wants the channel to keep the process alive, in force once somebody has said that it need not. */
  readonly #holders = new Set<object>();
  #isHoldManaged = false;
  #stop: (() => void) | undefined;
  #heard = 0;

  constructor(pipe: WorkerPipe) {
    this.#pipe = pipe;
  }

  get isConnected(): boolean {
    return this.#pipe.isConnected;
  }

  /** How much has come from the primary so far, to whichever port: a sign of its life for all. */
  get heard(): number {
    return this.#heard;
  }

  open(port: string, handlers: PortHandlers): void {
    this.#stop ??= this.#pipe.listen({
      receive: (message) => this.#receive(message),
      disconnected: () => {
        for (const { disconnected } of [...this.#ports.values()]) disconnected();
      },
    });
    this.#ports.set(port, handlers);
  }

  close(port: string): void {
    if (!this.#ports.delete(port) || this.#ports.size > 0) return;
    this.#stop?.();
    this.#stop = undefined;
  }

  /** @throws what cannot be serialized */
  send(message: object): void {
    this.#pipe.send(message);
  }

  /** Lets the channel keep the process alive for `holder`, which is what a channel that is listened to does. */
  hold(holder: object): void {
    this.#holders.add(holder);
    this.#applyHold();
  }

  /** Lets the process end, as far as `holder` is concerned. */
  release(holder: object): void {
    this.#holders.delete(holder);
    this.#isHoldManaged = true;
    this.#applyHold();
  }

  /** Forgets `holder`, which has ended. */
  forget(holder: object): void {
    if (this.#holders.delete(holder)) this.#applyHold();
  }

  #applyHold(): void {
    // Node counts 'message' listeners by itself until ref() or unref() is called for the first time.
    if (!this.#isHoldManaged) return;
    if (this.#holders.size > 0) this.#pipe.ref();
    else this.#pipe.unref();
  }

  #receive(message: unknown): void {
    const envelope = readFromPrimary(message);
    if (envelope === undefined) return;
    this.#heard += 1;
    this.#ports.get(envelope.port)?.receive(envelope);
  }
}
