/**
 * One process of a cluster, as the server sees it: the clients in it, each with a connection of its own on the one IPC
 * channel, and whether it lives. Says nothing before a hello, since a worker loses what arrives before it listens.
 */
import { debugLog } from '../debug.js';
import { PubSubError } from '../errors.js';
import { negotiate, type Capability } from '../protocol/capabilities.js';
import type { ChannelEnd } from '../protocol/channel.js';
import { isId } from '../protocol/documented.js';
import type { AdapterHost } from '../server/adapter.js';
import { seal, version, type ToServer } from './envelope.js';
import { Liveness } from './liveness.js';
import { IpcServerChannel, type PrimaryPipe } from './server-channel.js';

const log = debugLog('ipc');

/** What a process's peer needs of the adapter. */
export interface PeerHost {
  readonly server: AdapterHost;
  /** What to offer to clients. */
  readonly capabilities: readonly Capability[];
  /** The number of the next connection, among all processes. */
  nextNumber(): number;
  /** It gives no sign of life, or one again; with the milliseconds of silence so far. */
  lifeChanged(isStale: boolean, silence: number): void;
}

/** Closes all of them, and waits until they have taken what was said to them, but no longer than `closeTime`. */
export async function closePeers(peers: Iterable<Peer>, closeTime: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooLate = new Promise<void>((resolve) => (timer = setTimeout(resolve, closeTime)));
  await Promise.race([Promise.all(Array.from(peers, (peer) => peer.close())), tooLate]);
  clearTimeout(timer);
}

export class Peer {
  readonly #pipe: PrimaryPipe;
  readonly #host: PeerHost;
  /** Until the client has taken all that was said to it; by the id of the connection, and by the client's port. */
  readonly #byId = new Map<string, IpcServerChannel>();
  readonly #byPort = new Map<string, IpcServerChannel>();
  /** How many of them are open. */
  #open = 0;
  readonly #liveness: Liveness;
  #isPinged = false;
  #hasSpoken = false;
  #isClosing = false;
  #whenQuiet: (() => void) | undefined;

  constructor(pipe: PrimaryPipe, host: PeerHost) {
    this.#host = host;
    this.#pipe = {
      label: pipe.label,
      send: (envelope, taken) => {
        this.#hasSpoken = true;
        pipe.send(envelope, taken);
      },
    };
    this.#liveness = new Liveness(host.server.limits, (isStale, silence) => {
      for (const { accepted } of this.#byPort.values()) accepted?.stale(isStale);
      host.lifeChanged(isStale, silence);
    });
  }

  /** Whether no client of it is connected, and nothing more to be said to it. */
  get isIdle(): boolean {
    return this.#byId.size === 0;
  }

  /** How long it has given no sign of life, in milliseconds. */
  get silence(): number {
    return this.#liveness.silence;
  }

  receive(envelope: ToServer): void {
    this.#isPinged = false;
    this.#liveness.heard();
    if ('hello' in envelope) {
      this.#greet(envelope.port, envelope.hello);
    } else if ('id' in envelope) {
      // An id is good only in the process that it was assigned to.
      const channel = this.#byId.get(envelope.id);
      if (channel === undefined) log('%s used an id that is not its own', this.#pipe.label);
      else channel.receive(envelope);
    } else {
      // A client that has not seen its welcome yet takes its hello back.
      this.#byPort.get(envelope.port)?.lost({ isFinal: false });
    }
  }

  /** To be called each `heartbeatTime`: looks whether the process lives, and gives it a sign of the server's own life. */
  look(): void {
    const channel = this.#find(({ answersPings }) => answersPings);
    if (channel === undefined) {
      // Nobody there would answer.
      this.#liveness.heard();
      return;
    }
    this.#liveness.look();
    if (!this.#isPinged && (this.#liveness.isSilent || !this.#hasSpoken)) {
      this.#isPinged = true;
      channel.ping();
    }
    this.#hasSpoken = false;
  }

  /** The process is gone, or its channel. */
  ended(reason: string): void {
    log('%s is gone: %s', this.#pipe.label, reason);
    const end: ChannelEnd = { isFinal: true, error: new PubSubError('ERR_PUBSUB_CLOSED', reason) };
    for (const channel of [...this.#byId.values()]) channel.lost(end);
  }

  /** Takes no more clients in; resolves when those that were there have taken all that was said to them. */
  async close(): Promise<void> {
    this.#isClosing = true;
    for (const channel of [...this.#byPort.values()]) channel.close();
    if (!this.isIdle) await new Promise<void>((resolve) => (this.#whenQuiet = resolve));
  }

  #greet(port: string, greeting: Readonly<Record<string, unknown>>): void {
    const { server } = this.#host;
    if (this.#isClosing || !isId(port, server.limits)) return;
    const known = this.#byPort.get(port);
    // Said again before its welcome came; the goodbye that followed that is on its way.
    if (known?.isOpen === false) return;
    try {
      const channel = known ?? this.#accept(port, greeting);
      const { id, capabilities, accepted } = channel;
      const { windowMessages: messages, windowLength: length, heartbeatTime } = server.limits;
      const welcome = { status: true, id, client_id: accepted?.clientId, epoch: server.epoch, capabilities };
      const ack = { window: { messages, length }, heartbeat_time: heartbeatTime };
      this.#welcome(port, capabilities.includes('ack') ? { ...welcome, ...ack } : welcome);
    } catch (error) {
      const { code, message } = error as PubSubError;
      this.#welcome(port, { status: false, code, error_message: message });
    }
  }

  #welcome(port: string, welcome: Readonly<Record<string, unknown>>): void {
    this.#pipe.send(seal({ port, welcome }), () => undefined);
  }

  #accept(port: string, greeting: Readonly<Record<string, unknown>>): IpcServerChannel {
    const { server, capabilities: own } = this.#host;
    const { limits } = server;
    if (this.#open >= limits.clientsPerProcess) {
      server.turnedAway('clientsPerProcess');
      throw new PubSubError(
        'ERR_PUBSUB_LIMIT',
        `this process has reached its limit of ${limits.clientsPerProcess} clients (clientsPerProcess)`,
      );
    }
    const { version: spoken = version, client_id: clientId } = greeting;
    if (spoken !== version) {
      throw new PubSubError(
        'ERR_PUBSUB_UNSUPPORTED',
        `this server speaks version ${version} of the protocol`,
      );
    }
    if (clientId !== undefined && clientId !== null && !isId(clientId, limits)) {
      throw new PubSubError('ERR_PUBSUB_PROTOCOL', 'client_id must be a string within its limit (idLength)');
    }
    const number = this.#host.nextNumber();
    // With the epoch in it, no message that is still on its way to a server before this one finds a client.
    const id = `${server.epoch.slice(0, 8)}-${number}`;
    const channel = new IpcServerChannel({
      id,
      port,
      limits,
      capabilities: negotiate(greeting['capabilities'], own),
      pipe: this.#pipe,
      ended: () => (this.#open -= 1),
      over: () => this.#forget(id, port),
    });
    channel.accepted = server.accept(channel, {
      label: `${this.#pipe.label}, client ${number}`,
      clientId: clientId ?? undefined,
    });
    this.#byPort.set(port, channel);
    this.#byId.set(id, channel);
    this.#open += 1;
    return channel;
  }

  #find(isWanted: (channel: IpcServerChannel) => boolean): IpcServerChannel | undefined {
    for (const channel of this.#byId.values()) if (isWanted(channel)) return channel;
    return undefined;
  }

  #forget(id: string, port: string): void {
    this.#byId.delete(id);
    this.#byPort.delete(port);
    if (this.isIdle) this.#whenQuiet?.();
  }
}
