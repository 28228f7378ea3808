/** Stands between clients and a server, of whatever protocol on stream sockets, and cuts them off in more ways than one. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Address } from './hand-pipes.js';

interface Link {
  readonly ends: readonly [Socket, Socket];
  isFrozen: boolean;
}

export class Proxy {
  readonly #links = new Set<Link>();
  readonly #server: Server;
  #isBlocked = false;

  /** Whoever connects at `address` is connected to `upstream`. */
  static async open(address: Address, upstream: Address): Promise<Proxy> {
    const proxy = new Proxy(upstream);
    proxy.#server.listen(address);
    await once(proxy.#server, 'listening');
    return proxy;
  }

  private constructor(upstream: Address) {
    this.#server = createServer((near) => {
      if (this.#isBlocked) {
        near.destroy();
        return;
      }
      const far = connect(upstream);
      const link: Link = { ends: [near, far], isFrozen: false };
      this.#links.add(link);
      for (const [from, to] of [link.ends, [far, near] as const]) {
        from.setNoDelay(true);
        from.on('data', (chunk) => {
          if (!link.isFrozen) to.write(chunk);
        });
        from.on('error', () => undefined); // the end is told
        from.on('close', () => {
          if (!link.isFrozen) to.destroy();
        });
      }
    });
  }

  /** Cuts the connections that there are; both ends notice. */
  cut(): void {
    for (const { ends } of this.#links) for (const end of ends) end.destroy();
    this.#links.clear();
  }

  /** Cuts the connections that there are, and those that are made until `unblock()`. */
  block(): void {
    this.#isBlocked = true;
    this.cut();
  }

  unblock(): void {
    this.#isBlocked = false;
  }

  /** Swallows from now on what the connections that there are carry, even their end; nobody notices anything. */
  freeze(): void {
    for (const link of this.#links) link.isFrozen = true;
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
