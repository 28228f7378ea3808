/** A medium for JSON-RPC without any I/O: peers that speak in the server's own process. */
import type { TextHandlers, TextHost, TextSource } from 'clustercast/json-rpc';

export interface MemoryPeer {
  /** Says one frame. */
  send(text: string): void;
  /** What has come since this was asked last. */
  take(): string[];
  readonly hasEnded: boolean;
  /** Ends the connection from this side. */
  close(): void;
}

export class MemorySource implements TextSource {
  readonly name = 'memory';
  #host: TextHost | undefined;

  start(host: TextHost): void {
    this.#host = host;
  }

  close(): void {
    this.#host = undefined;
  }

  connect(): MemoryPeer {
    let texts: string[] = [];
    let hasEnded = false;
    const end = (): void => {
      if (hasEnded) return;
      hasEnded = true;
      queueMicrotask(() => handlers?.gone?.());
    };
    const channel = {
      ...{ backlog: 0, close: end, destroy: end, pause: () => undefined, resume: () => undefined },
      send: (more: readonly string[]) => void texts.push(...more),
    };
    const handlers: TextHandlers | undefined = this.#host?.accept(channel, {
      label: 'memory',
      address: undefined,
    });
    return {
      send: (text) => {
        if (!hasEnded) handlers?.receive([text]);
      },
      take: () => {
        const taken = texts;
        texts = [];
        return taken;
      },
      get hasEnded() {
        return hasEnded;
      },
      close: () => {
        if (hasEnded) return;
        hasEnded = true;
        handlers?.closed();
        handlers?.gone?.();
      },
    };
  }
}
