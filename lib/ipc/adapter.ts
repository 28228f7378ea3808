/**
 * The server's side of the IPC channels of a cluster: every worker is a peer. Hears of their messages and their ends
 * from `node:cluster`, and looks at intervals whether they live. Trusted.
 */
import cluster, { type Worker } from 'node:cluster';
import { debugLog } from '../debug.js';
import { ownCapabilities, type Capability } from '../protocol/capabilities.js';
import type { Adapter, AdapterHost } from '../server/adapter.js';
import { readFromWorker } from './envelope.js';
import { closePeers, Peer } from './peer.js';
import type { PrimaryPipe } from './server-channel.js';

const log = debugLog('ipc');

export interface IpcAdapterOptions {
  /** What to offer to clients. Default: all that this version can do. */
  readonly capabilities?: readonly Capability[];
  /** Kills a worker that has given no sign of life for so many milliseconds. Default: never. */
  readonly killStale?: number | undefined;
  /** Told when a worker gives no sign of life, and when it does again; with the milliseconds of silence so far. */
  readonly lifeChanged?: (worker: Worker, isStale: boolean, silence: number) => void;
}

/** A worker that has said hello. */
interface Known {
  readonly peer: Peer;
  readonly onError: (error: Error) => void;
}

/** Serves the workers of `node:cluster` over the IPC channels that they have anyway. */
export class IpcAdapter implements Adapter {
  readonly name = 'ipc';
  readonly isTrusted = true;
  readonly #options: IpcAdapterOptions;
  #host: AdapterHost | undefined;
  readonly #workers = new Map<Worker, Known>();
  /** Workers whose end was seen; what still arrives from them comes too late. */
  readonly #gone = new WeakSet<Worker>();
  #lastNumber = 0;
  #lookTimer: ReturnType<typeof setInterval> | undefined;

  constructor(options: IpcAdapterOptions = {}) {
    this.#options = options;
  }

  start(host: AdapterHost): void {
    this.#host = host;
    cluster.on('message', this.#onMessage);
    // Whichever comes first is the worker's end: a grandchild that holds the channel keeps it connected
    // after the exit, and a worker may disconnect and live on.
    cluster.on('disconnect', this.#onDisconnect);
    cluster.on('exit', this.#onExit);
    this.#lookTimer = setInterval(() => this.#look(), host.limits.heartbeatTime).unref();
  }

  async close(): Promise<void> {
    const host = this.#host;
    this.#host = undefined;
    const peers = Array.from(this.#workers.values(), ({ peer }) => peer);
    if (host !== undefined) await closePeers(peers, host.limits.closeTime);
    clearInterval(this.#lookTimer);
    cluster.off('message', this.#onMessage);
    cluster.off('disconnect', this.#onDisconnect);
    cluster.off('exit', this.#onExit);
    for (const [worker, { onError }] of this.#workers) worker.off('error', onError);
    this.#workers.clear();
  }

  readonly #onMessage = (worker: Worker, message: unknown): void => {
    const envelope = readFromWorker(message);
    if (envelope === undefined || this.#gone.has(worker)) return;
    let known = this.#workers.get(worker);
    if (known === undefined) {
      // What a dead worker had said may still arrive, also at a server that was not there when it died.
      if (!('hello' in envelope) || worker.isDead()) return;
      known = this.#meet(worker);
    }
    if (known === undefined) return;
    known.peer.receive(envelope);
    if ('hello' in envelope && known.peer.isIdle) this.#forget(worker, known);
  };

  readonly #onDisconnect = (worker: Worker): void => this.#end(worker, 'its channel was closed');

  readonly #onExit = (worker: Worker, code: number | null, signal: string | null): void =>
    this.#end(worker, `it exited with ${signal ?? `code ${code ?? 'unknown'}`}`);

  #meet(worker: Worker): Known | undefined {
    const server = this.#host;
    if (server === undefined) return undefined;
    const { capabilities = ownCapabilities, lifeChanged } = this.#options;
    const pipe = pipeTo(worker);
    const peer = new Peer(pipe, {
      server,
      capabilities,
      nextNumber: () => ++this.#lastNumber,
      lifeChanged: (isStale, silence) => lifeChanged?.(worker, isStale, silence),
    });
    // A send to a worker that has just died may raise this, and unheard it would end the primary.
    const onError = (error: Error): void => log('%s: %s', pipe.label, error.message);
    worker.on('error', onError);
    const known: Known = { peer, onError };
    this.#workers.set(worker, known);
    return known;
  }

  #look(): void {
    const { killStale = Infinity } = this.#options;
    for (const [worker, { peer }] of this.#workers) {
      peer.look();
      if (peer.silence < killStale) continue;
      log('worker %d gives no sign of life for %d ms: killed', worker.id, peer.silence);
      worker.process.kill('SIGKILL');
    }
  }

  #end(worker: Worker, reason: string): void {
    this.#gone.add(worker);
    const known = this.#workers.get(worker);
    if (known === undefined) return;
    // Its errors are heard for as long as there is a way to raise one.
    this.#workers.delete(worker);
    known.peer.ended(reason);
  }

  #forget(worker: Worker, { onError }: Known): void {
    this.#workers.delete(worker);
    worker.off('error', onError);
  }
}

function pipeTo(worker: Worker): PrimaryPipe {
  const label = `worker ${worker.id} (pid ${worker.process.pid ?? 'unknown'})`;
  return {
    label,
    send: (envelope, taken) => {
      // With a callback the failure of a send is told there, and not raised as an 'error' that ends the process.
      // Either way the worker's end comes as an event of its own.
      worker.send(envelope, (error) => {
        if (error === null || error === undefined) taken();
        else log('%s cannot be reached: %s', label, error.message);
      });
    },
  };
}
