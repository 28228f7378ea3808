/**
 * A medium of one's own make, as users may write one: linked pairs of pipes within this process. Keeps the guarantees of
 * lib/json-rpc/text-channel.ts, and can lose its links.
 */
import type {
  DialHandlers,
  TextChannel,
  TextDialer,
  TextHandlers,
  TextHost,
  TextSource,
} from 'clustercast/json-rpc';

class PairEnd implements TextChannel {
  handlers: TextHandlers | undefined;
  other: PairEnd | undefined;
  isOver = false;
  #isPaused = false;
  #inbox: (() => void)[] = [];

  get backlog(): number {
    return 0;
  }

  send(texts: readonly string[]): void {
    if (this.isOver) return;
    for (const text of texts) this.other?.put((handlers) => hear(handlers, text));
  }

  close(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.other?.putEnd();
    this.#goSoon();
  }

  destroy(): void {
    if (this.isOver) return;
    this.isOver = true;
    if (this.other !== undefined) this.other.#inbox = [];
    this.other?.putEnd();
    this.#goSoon();
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    setImmediate(() => this.#read());
  }

  put(task: (handlers: TextHandlers) => void): void {
    this.#inbox.push(() => {
      if (!this.isOver && this.handlers !== undefined) task(this.handlers);
    });
    setImmediate(() => this.#read());
  }

  putEnd(error?: Error): void {
    this.put((handlers) => {
      this.isOver = true;
      handlers.closed(error);
      handlers.gone?.();
    });
  }

  #goSoon(): void {
    setImmediate(() => this.handlers?.gone?.());
  }

  #read(): void {
    if (!this.#isPaused) this.#inbox.shift()?.();
    if (!this.#isPaused && this.#inbox.length > 0) setImmediate(() => this.#read());
  }
}

function hear(handlers: TextHandlers, text: string): void {
  if (Buffer.byteLength(text) > handlers.frameBytes) handlers.exceeded('frameBytes');
  else handlers.receive([text]);
}

export class PairMedium implements TextSource, TextDialer {
  readonly name = 'pair';
  readonly target = 'a pair of pipes';
  #host: TextHost | undefined;
  #clients: PairEnd[] = [];

  start(host: TextHost): void {
    this.#host = host;
  }

  close(): void {
    this.#host = undefined;
  }

  open(handlers: DialHandlers): TextChannel {
    const [client, server] = [new PairEnd(), new PairEnd()];
    client.handlers = handlers;
    client.put(() => {
      const refusal = this.#host?.refusal('here');
      if (this.#host === undefined || refusal !== undefined) {
        if (refusal !== undefined) this.#host?.turnedAway(refusal);
        client.isOver = true;
        handlers.closed(new Error(refusal ?? 'nobody listens'));
        return;
      }
      [client.other, server.other] = [server, client];
      server.handlers = this.#host.accept(server, { label: 'pair', address: 'here' });
      this.#clients.push(client);
      handlers.opened();
    });
    return client;
  }

  /** Loses every link, with what is on its way. */
  lose(): void {
    for (const client of this.#clients) {
      const { other } = client;
      other?.destroy();
      other?.handlers?.closed(new Error('lost'));
    }
    this.#clients = [];
  }
}
