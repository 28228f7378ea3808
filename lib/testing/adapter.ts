/**
 * The server's side of simulated IPC channels: every process is a peer, as every worker is to `ipc/adapter.ts`. Trusted.
 */
import { closePeers, Peer } from '../ipc/peer.js';
import { readFromWorker } from '../ipc/envelope.js';
import { ownCapabilities } from '../protocol/capabilities.js';
import type { Adapter, AdapterHost } from '../server/adapter.js';
import type { SimulatedProcess } from './worker.js';

export class SimulatedAdapter implements Adapter {
  readonly name = 'simulated ipc';
  readonly isTrusted = true;
  #host: AdapterHost | undefined;
  /** Who has said hello. */
  readonly #peers = new Map<SimulatedProcess, Peer>();
  #lastNumber = 0;
  #lookTimer: ReturnType<typeof setInterval> | undefined;

  start(host: AdapterHost): void {
    this.#host = host;
    this.#lookTimer = setInterval(() => {
      for (const peer of this.#peers.values()) peer.look();
    }, host.limits.heartbeatTime).unref();
  }

  async close(): Promise<void> {
    const host = this.#host;
    this.#host = undefined;
    if (host !== undefined) await closePeers(this.#peers.values(), host.limits.closeTime);
    clearInterval(this.#lookTimer);
    this.#peers.clear();
  }

  /** What a process has said arrives. */
  receive(from: SimulatedProcess, message: unknown): void {
    const envelope = readFromWorker(message);
    if (envelope === undefined) return;
    const peer = this.#peers.get(from) ?? ('hello' in envelope ? this.#meet(from) : undefined);
    peer?.receive(envelope);
    if ('hello' in envelope && peer?.isIdle === true) this.#peers.delete(from);
  }

  /** A process is gone, or its channel. */
  ended(process: SimulatedProcess, reason: string): void {
    const peer = this.#peers.get(process);
    this.#peers.delete(process);
    peer?.ended(reason);
  }

  #meet(process: SimulatedProcess): Peer | undefined {
    const server = this.#host;
    if (server === undefined) return undefined;
    const peer = new Peer(process.pipe, {
      server,
      capabilities: ownCapabilities,
      nextNumber: () => ++this.#lastNumber,
      lifeChanged: () => undefined,
    });
    this.#peers.set(process, peer);
    return peer;
  }
}
