/**
 * Asks the replicas over HTTP. They share a port, and the primary deals out connections, not requests: so
 * each request comes on a connection of its own, and the answer says which replica it is from.
 */
import { request as httpRequest } from 'node:http';
import { json } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';

/** For one request, in milliseconds. */
const timeout = 10_000;
/** For all replicas to have answered. */
const patience = 20_000;
/** Before asking again, where the answer was from a replica that had answered already. */
const pause = 10;

export interface Reply {
  /** Who answered. */
  readonly replica: number;
  readonly status: number;
  /** Where a product came from: `hit` or `miss`. */
  readonly cache: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export class Visitor {
  readonly #url: string;
  readonly #count: number;
  readonly #signal: AbortSignal;

  /** @param signal ends every request. */
  constructor(url: string, count: number, signal: AbortSignal) {
    this.#url = url;
    this.#count = count;
    this.#signal = signal;
  }

  /** Asks whichever replica is next. */
  request(method: 'GET' | 'PUT' | 'POST', path: string, body?: object): Promise<Reply> {
    return send(new URL(path, this.#url), method, this.#signal, body);
  }

  /** One answer of each replica. Asks until as many as there have to be have answered. */
  async askAll(path: string): Promise<Map<number, Reply>> {
    const url = new URL(path, this.#url);
    const end = performance.now() + patience;
    const replies = new Map<number, Reply>();
    const enough = new AbortController();
    const signal = AbortSignal.any([this.#signal, enough.signal]);

    const ask = async (): Promise<void> => {
      while (replies.size < this.#count && !signal.aborted && performance.now() < end) {
        // None if the connection went to a replica that has just died.
        const reply = await send(url, 'GET', signal).catch(() => undefined);
        if (reply === undefined || replies.has(reply.replica)) await delay(pause);
        else replies.set(reply.replica, reply);
      }
      // Nor does a connection to one that died have to end by itself.
      enough.abort();
    };

    await Promise.all(Array.from({ length: this.#count }, ask));
    this.#signal.throwIfAborted();
    if (replies.size < this.#count) {
      const answered = [...replies.keys()].join(', ');
      throw new Error(`GET ${path} was answered by ${answered || 'nobody'} only, in ${patience / 1000} s`);
    }
    return replies;
  }
}

function send(url: URL, method: string, signal: AbortSignal, body?: object): Promise<Reply> {
  return new Promise((resolve, reject) => {
    // Without an agent, a connection ends with its request.
    const request = httpRequest(url, { method, signal, timeout, agent: false }, (response) => {
      const { 'x-replica': replica, 'x-cache': cache } = response.headers;
      const toReply = (answer: unknown): Reply => ({
        replica: Number(replica),
        status: response.statusCode ?? 0,
        cache: String(cache),
        body: answer as Record<string, unknown>,
      });
      json(response).then(toReply).then(resolve, reject);
    });
    request.on('timeout', () => request.destroy(new Error(`${method} ${url.href} had no answer in time`)));
    request.on('error', reject);
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
