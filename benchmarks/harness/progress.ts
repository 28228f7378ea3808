/**
 * How far receivers are, told to whoever sends to them over sockets that nothing of what is measured uses. One byte
 * stands for as many values as both sides have agreed on.
 */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** The sender's side. */
export class ProgressListener {
  /** How many bytes each receiver has sent. */
  readonly #told = new Map<Socket, number>();
  #least = 0;
  /** Called when the slowest receiver is further than before. */
  onProgress: (least: number) => void = () => undefined;

  static async listen(path: string): Promise<ProgressListener> {
    const listener = new ProgressListener();
    const server = createServer((socket) => listener.#add(socket)).listen(path);
    await once(server, 'listening');
    return listener;
  }

  /** How many bytes the slowest receiver has sent. */
  get least(): number {
    return this.#least;
  }

  #add(socket: Socket): void {
    this.#told.set(socket, 0);
    socket.on('data', ({ length }: Buffer) => {
      this.#told.set(socket, (this.#told.get(socket) ?? 0) + length);
      const least = Math.min(...this.#told.values());
      if (least === this.#least) return;
      this.#least = least;
      this.onProgress(least);
    });
    socket.on('error', () => socket.destroy());
  }
}

const byte = Buffer.from('.');

/** A receiver's side. */
export class ProgressTeller {
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** To a sender that listens at `path` already. */
  static async connect(path: string): Promise<ProgressTeller> {
    const socket = connect(path);
    await once(socket, 'connect');
    return new ProgressTeller(socket);
  }

  tell(): void {
    this.#socket.write(byte);
  }
}
