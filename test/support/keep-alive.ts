/** HTTP over connections that are kept: requests one after the other on one, and steady load on several. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Answer {
  readonly status: number | undefined;
  /** Which worker has answered. */
  readonly worker: number;
  /** `close` where the server ends the connection. */
  readonly connection: string | undefined;
  readonly body: unknown;
}

/** A client with one connection at most. */
export class KeptConnection {
  readonly #port: number;
  readonly #agent: Agent;

  /** @param keepAlive `false` opens another connection for each request. */
  constructor(port: number, keepAlive = true) {
    this.#port = port;
    this.#agent = new Agent({ keepAlive, maxSockets: 1 });
  }

  ask(method: 'GET' | 'PUT', path: string, body = ''): Promise<Answer> {
    const request = this.begin(method, path);
    request.end(body);
    return answerTo(request);
  }

  /** A request whose body is still to be sent. */
  begin(method: 'GET' | 'PUT', path: string, headers: Readonly<Record<string, string>> = {}): ClientRequest {
    const to = { host: '127.0.0.1', port: this.#port, method, path, headers, agent: this.#agent };
    return httpRequest({ ...to, timeout: 20_000 });
  }

  close(): void {
    this.#agent.destroy();
  }
}

export async function answerTo(request: ClientRequest): Promise<Answer> {
  request.on('timeout', () => request.destroy(new Error(`${request.path} had no answer`)));
  request.on('error', () => undefined); // one that comes after the response began is the response's, too
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const { statusCode: status, headers } = response;
  const worker = Number(headers['x-worker']);
  return { status, worker, connection: headers.connection, body: JSON.parse(await text(response)) };
}

/** Sets flags, and looks whether one that was set before is there, until it is told to stop. Nothing is asked twice. */
export class Load {
  /** What was set, and the server has said so. With each, `NAME-twice` was set by two at once. */
  readonly written: Map<string, string> = new Map();
  readonly failures: unknown[] = [];
  /** Who has answered. */
  readonly workers: Set<number> = new Set();
  requests = 0;
  readonly #loops: readonly Promise<void>[];
  #isStopping = false;

  /** @param known a flag that every answer must have, with its value. */
  constructor(port: number, known: readonly [name: string, value: string]) {
    this.#loops = [0, 1, 2, 3].map(async (number) => {
      const client = new KeptConnection(port, number < 2);
      const other = new KeptConnection(port, false);
      try {
        for (let n = 0; !this.#isStopping; n++)
          await this.#step([client, other], `load-${number}-${n}`, known);
      } catch (error) {
        this.failures.push(error);
      } finally {
        client.close();
      }
    });
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all(this.#loops);
  }

  async #step(
    [client, other]: readonly [KeptConnection, KeptConnection],
    name: string,
    [knownName, knownValue]: readonly [string, string],
  ): Promise<void> {
    this.requests += 4;
    const set = await client.ask('PUT', `/flags/${name}`, 'on');
    assert.equal(set.status, 200);
    this.workers.add(set.worker);
    this.written.set(name, 'on');
    const both = await Promise.all([
      client.ask('PUT', `/flags/${name}-twice`, 'one'),
      other.ask('PUT', `/flags/${name}-twice`, 'other'),
    ]);
    for (const answer of both) assert.equal(answer.status, 200);
    const { status, body } = await client.ask('GET', `/flags/${knownName}`);
    assert.deepEqual({ status, body }, { status: 200, body: knownValue });
    await sleep(2); // steady, not as much as goes
  }
}
