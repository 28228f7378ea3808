/**
 * What is said on the IPC channels of a test's workers, by client, with the words of docs/protocol.md in place of
 * what is random: the first client to say hello is `a`, with the port `port-a` and, if it is an ad-hoc client, the
 * id `client-a`; the next one is `b`. The first epoch is `epoch-1`, and the first id of a connection `id-1`.
 */
import assert from 'node:assert/strict';
import type { Worker } from 'node:cluster';

/** One message. */
export interface Said {
  /** The client's letter. */
  readonly client: string;
  readonly to: 'server' | 'client';
  readonly message: Readonly<Record<string, unknown>>;
}

/** What is random is 32 hex digits; what is not is chosen by whoever says it. */
const random = /^[0-9a-f]{32}$/;

export class Wire {
  readonly #keepsRepeats: boolean;
  #said: Said[] = [];
  /** By port, and by the id that the server has given to it. */
  readonly #clients = new Map<unknown, string>();
  readonly #words = new Map<string, string>();
  readonly #greeted = { server: new Set<unknown>(), client: new Set<unknown>() };
  #epochs = 0;
  #ids = 0;

  /** @param options `keepsRepeats`: whether a repeated hello and its welcome are shown, which a busy machine adds. */
  constructor({ keepsRepeats = false }: { readonly keepsRepeats?: boolean } = {}) {
    this.#keepsRepeats = keepsRepeats;
  }

  /** Listens to both directions, before whoever answers. */
  tap(worker: Worker): void {
    worker.prependListener('message', (message: unknown) => this.#hear('server', message));
    const send = worker.send.bind(worker) as (...args: unknown[]) => boolean;
    worker.send = (...args: unknown[]): boolean => {
      this.#hear('client', args[0]);
      return send(...args);
    };
  }

  /** Everything that was said since the last call. */
  take(): Said[] {
    const said = this.#said;
    this.#said = [];
    return said;
  }

  /** What `word` was put in place of. */
  meaningOf(word: string): string {
    const [meaning] =
      [...this.#words].find(([, known]) => known === word) ?? assert.fail(`nothing is ${word}`);
    return meaning;
  }

  /** Whether `message`, which belongs to this protocol, is put down; anything else never is. */
  #hear(to: Said['to'], message: unknown): void {
    if (typeof message !== 'object' || message === null || !('clustercast' in message)) return;
    const envelope = message as Said['message'];
    const { port, id, hello, welcome } = envelope;
    const isRepeat = (hello ?? welcome) !== undefined && this.#greeted[to].has(port);
    if (hello !== undefined) this.#meet(port);
    if (welcome !== undefined) this.#name(port, welcome as Record<string, unknown>);
    if (isRepeat && !this.#keepsRepeats) return;
    if ((hello ?? welcome) !== undefined) this.#greeted[to].add(port);
    const client = this.#clients.get(port ?? id) ?? 'nobody';
    this.#said.push({ client, to, message: this.#inWords(envelope) as Said['message'] });
  }

  #meet(port: unknown): void {
    if (this.#clients.has(port)) return;
    const letter = String.fromCharCode('a'.charCodeAt(0) + new Set(this.#clients.values()).size);
    this.#clients.set(port, letter);
    this.#call(port, `port-${letter}`);
  }

  #name(port: unknown, welcome: Readonly<Record<string, unknown>>): void {
    const letter = this.#clients.get(port) ?? 'nobody';
    const { id, client_id: clientId, epoch } = welcome;
    if (id !== undefined) this.#clients.set(id, letter);
    this.#call(clientId, `client-${letter}`);
    if (isNew(epoch, this.#words)) this.#call(epoch, `epoch-${++this.#epochs}`);
    if (isNew(id, this.#words) && isGiven(id, epoch)) this.#words.set(id, `id-${++this.#ids}`);
  }

  #call(value: unknown, word: string): void {
    if (typeof value === 'string' && random.test(value)) this.#words.set(value, word);
  }

  #inWords(value: unknown): unknown {
    if (typeof value === 'string') return this.#words.get(value) ?? value;
    if (Array.isArray(value)) return value.map((element) => this.#inWords(element));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, this.#inWords(inner)]));
  }
}

function isNew(value: unknown, words: ReadonlyMap<string, string>): value is string {
  return typeof value === 'string' && !words.has(value);
}

/** Whether the server with this epoch has made `id`; otherwise a test has. */
function isGiven(id: unknown, epoch: unknown): boolean {
  const start = `${String(epoch).slice(0, 8)}-`;
  return typeof id === 'string' && id.startsWith(start) && /^\d+$/.test(id.slice(start.length));
}
