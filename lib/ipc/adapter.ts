/**
 * The server's side of the IPC channels of a cluster: every worker is a peer, every port in it a connection.
 * Says nothing to a worker before its hello, since a worker loses what arrives before it listens. Trusted.
 */
import cluster, { type Worker } from 'node:cluster';
import { debugLog } from '../debug.js';
import { PubSubError } from '../errors.js';
import { readClientBatch, spellServerBatch } from '../protocol/batch.js';
import { negotiate, ownCapabilities, type Capability } from '../protocol/capabilities.js';
import type { Channel, ChannelEnd } from '../protocol/channel.js';
import { isId, readRequest, spellServerMessage } from '../protocol/documented.js';
import type { ServerMessage } from '../protocol/messages.js';
import type { Accepted, Adapter, AdapterHost } from '../server/adapter.js';
import { readFromWorker, seal, version, type Content, type ToClient } from './envelope.js';

const log = debugLog('ipc');

/** One client in a worker. */
interface Connection {
  readonly id: string;
  readonly port: string;
  readonly worker: Worker;
  readonly capabilities: readonly Capability[];
  accepted: Accepted;
}

/** A worker that has said hello. */
interface Peer {
  readonly worker: Worker;
  /** Its clients, by port. */
  readonly connections: Map<string, Connection>;
  readonly onError: (error: Error) => void;
}

export interface IpcAdapterOptions {
  /** What to offer to clients. Default: all that this version can do. */
  readonly capabilities?: readonly Capability[];
}

/** Serves the workers of `node:cluster` over the IPC channels that they have anyway. */
export class IpcAdapter implements Adapter {
  readonly name = 'ipc';
  readonly isTrusted = true;
  readonly #capabilities: readonly Capability[];
  #host: AdapterHost | undefined;
  readonly #peers = new Map<Worker, Peer>();
  readonly #connections = new Map<string, Connection>();
  /** Workers whose end was seen; what still arrives from them comes too late. */
  readonly #gone = new WeakSet<Worker>();
  #lastId = 0;

  constructor({ capabilities = ownCapabilities }: IpcAdapterOptions = {}) {
    this.#capabilities = capabilities;
  }

  start(host: AdapterHost): void {
    this.#host = host;
    cluster.on('message', this.#onMessage);
    // Whichever comes first is the worker's end: a grandchild that holds the channel keeps it connected
    // after the exit, and a worker may disconnect and live on.
    cluster.on('disconnect', this.#onDisconnect);
    cluster.on('exit', this.#onExit);
  }

  close(): void {
    this.#host = undefined;
    cluster.off('message', this.#onMessage);
    cluster.off('disconnect', this.#onDisconnect);
    cluster.off('exit', this.#onExit);
    for (const { worker, onError } of this.#peers.values()) worker.off('error', onError);
    this.#peers.clear();
    this.#connections.clear();
  }

  readonly #onMessage = (worker: Worker, message: unknown): void => {
    const envelope = readFromWorker(message);
    if (envelope === undefined || this.#gone.has(worker)) return;
    if ('hello' in envelope) {
      // What a dead worker had said may still arrive, also at a server that was not there when it died.
      if (!worker.isDead()) this.#greet(worker, envelope.port, envelope.hello);
      return;
    }
    const connection =
      'id' in envelope
        ? this.#connections.get(envelope.id)
        : this.#peers.get(worker)?.connections.get(envelope.port);
    // An id is good only in the process that it was assigned to.
    if (connection?.worker === worker) this.#receive(connection, envelope);
    else log('%s used an id that is not its own', labelOf(worker));
  };

  readonly #onDisconnect = (worker: Worker): void => this.#end(worker, 'its channel was closed');

  readonly #onExit = (worker: Worker, code: number | null, signal: string | null): void =>
    this.#end(worker, `it exited with ${signal ?? `code ${code ?? 'unknown'}`}`);

  #greet(worker: Worker, port: string, greeting: Readonly<Record<string, unknown>>): void {
    const host = this.#host;
    if (host === undefined || !isId(port, host.limits)) return;
    const peer = this.#peerOf(worker);
    let connection = peer.connections.get(port);
    if (connection === undefined) {
      try {
        connection = this.#accept(host, peer, port, greeting);
      } catch (error) {
        const { code, message } = error as PubSubError;
        this.#send(worker, { port, welcome: { status: false, code, error_message: message } });
        if (peer.connections.size === 0) this.#forgetPeer(peer);
        return;
      }
    }
    const { id, capabilities, accepted } = connection;
    const welcome = { status: true, id, client_id: accepted.clientId, epoch: host.epoch, capabilities };
    this.#send(worker, { port, welcome });
  }

  #accept(
    host: AdapterHost,
    peer: Peer,
    port: string,
    greeting: Readonly<Record<string, unknown>>,
  ): Connection {
    const { worker } = peer;
    if (peer.connections.size >= host.limits.clientsPerProcess) {
      host.turnedAway('clientsPerProcess');
      throw new PubSubError(
        'ERR_PUBSUB_LIMIT',
        `this process has reached its limit of ${host.limits.clientsPerProcess} clients (clientsPerProcess)`,
      );
    }
    const { version: spoken = version, client_id: clientId } = greeting;
    if (spoken !== version) {
      throw new PubSubError(
        'ERR_PUBSUB_UNSUPPORTED',
        `this server speaks version ${version} of the protocol`,
      );
    }
    if (clientId !== undefined && clientId !== null && !isId(clientId, host.limits)) {
      throw new PubSubError('ERR_PUBSUB_PROTOCOL', 'client_id must be a string within its limit (idLength)');
    }
    // With the epoch in it, no message that is still on its way to a server before this one finds a client.
    const id = `${host.epoch.slice(0, 8)}-${++this.#lastId}`;
    const capabilities = negotiate(greeting['capabilities'], this.#capabilities);
    const channel = this.#channel(peer, id, port, capabilities);
    const accepted = host.accept(channel, {
      label: `${labelOf(worker)}, client ${this.#lastId}`,
      clientId: clientId ?? undefined,
    });
    const connection: Connection = { id, port, worker, capabilities, accepted };
    peer.connections.set(port, connection);
    this.#connections.set(id, connection);
    return connection;
  }

  #channel(
    { worker, connections }: Peer,
    id: string,
    port: string,
    capabilities: readonly Capability[],
  ): Channel<ServerMessage> {
    const isBatching = capabilities.includes('batch');
    return {
      send: (messages) => {
        const connection = this.#connections.get(id);
        if (connection === undefined) return;
        try {
          if (isBatching) {
            this.#send(worker, { port, batch: spellServerBatch(messages) });
          } else {
            for (const message of messages.flatMap(spellServerMessage)) this.#send(worker, { port, message });
          }
        } catch (cause) {
          this.#fail(connection, cause);
        }
      },
      close: () => {
        if (!this.#connections.delete(id)) return;
        connections.delete(port);
        this.#send(worker, { port, bye: true });
      },
    };
  }

  #receive(connection: Connection, content: Content): void {
    const { accepted } = connection;
    const { limits } = this.#host as AdapterHost;
    if ('batch' in content) {
      accepted.receive(readClientBatch(content.batch, limits));
    } else if ('message' in content) {
      accepted.receive([readRequest(content.message, limits)]);
    } else {
      this.#drop(connection);
      accepted.closed({ isFinal: false });
    }
  }

  #drop({ id, port, worker }: Connection): void {
    this.#connections.delete(id);
    this.#peers.get(worker)?.connections.delete(port);
  }

  /** A value may be nested too deeply for the channel's serialization; its receiver cannot go on without it. */
  #fail(connection: Connection, cause: unknown): void {
    const { accepted, port, worker } = connection;
    this.#drop(connection);
    this.#send(worker, { port, bye: true });
    const error = new PubSubError('ERR_PUBSUB_SERIALIZE', 'a value cannot be sent over IPC', { cause });
    queueMicrotask(() => accepted.closed({ isFinal: false, error }));
  }

  #end(worker: Worker, reason: string): void {
    this.#gone.add(worker);
    const peer = this.#peers.get(worker);
    if (peer === undefined) return;
    this.#peers.delete(worker);
    log('%s is gone: %s', labelOf(worker), reason);
    const end: ChannelEnd = { isFinal: true, error: new PubSubError('ERR_PUBSUB_CLOSED', reason) };
    for (const { id, accepted } of peer.connections.values()) {
      this.#connections.delete(id);
      accepted.closed(end);
    }
    peer.connections.clear();
  }

  #peerOf(worker: Worker): Peer {
    let peer = this.#peers.get(worker);
    if (peer === undefined) {
      // A send to a worker that has just died may raise this, and unheard it would end the primary.
      const onError = (error: Error): void => log('%s: %s', labelOf(worker), error.message);
      peer = { worker, connections: new Map(), onError };
      worker.on('error', onError);
      this.#peers.set(worker, peer);
    }
    return peer;
  }

  #forgetPeer({ worker, onError }: Peer): void {
    this.#peers.delete(worker);
    worker.off('error', onError);
  }

  #send(worker: Worker, envelope: ToClient): void {
    // With a callback the failure of a send is told there, and not raised as an 'error' that ends the process.
    // Either way the worker's end comes as an event of its own.
    worker.send(seal(envelope), (error) => {
      if (error !== null && error !== undefined)
        log('%s cannot be reached: %s', labelOf(worker), error.message);
    });
  }
}

function labelOf(worker: Worker): string {
  return `worker ${worker.id} (pid ${worker.process.pid ?? 'unknown'})`;
}
