/** Rights are settled before the start: nobody is registered, and nothing is opened, while a server runs or begins to. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import {
  MemoryAdapter,
  Server,
  startPrimary,
  type Adapter,
  type Primary,
  type PrimaryOptions,
} from 'clustercast';
import {
  JsonRpcAdapter,
  JsonRpcClient,
  tcp,
  unix,
  webSocket,
  type TcpSource,
  type TextSource,
} from 'clustercast/json-rpc';
import { code } from '../support/codes.js';
import { freePort } from '../support/media.js';

const early = 'early-0123456789';
const late = 'late-0123456789abc';
const short = 'x'.repeat(15);
const long = 'x'.repeat(16);

/** A source that listens when it is told to. */
class SlowSource implements TextSource {
  readonly name = 'slow';
  readonly #source: TcpSource = tcp.listen({ port: 0 });
  #go: (() => void) | undefined;

  get port(): number {
    return this.#source.port ?? 0;
  }

  async start(host: Parameters<TextSource['start']>[0]): Promise<void> {
    await new Promise<void>((resolve) => (this.#go = resolve));
    await this.#source.start(host);
  }

  close(): void | Promise<void> {
    return this.#source.close();
  }

  go(): void {
    this.#go?.();
  }
}

/** Counts what is done to it. */
class Bystander implements Adapter {
  readonly name = 'bystander';
  readonly isTrusted = true;
  calls = 0;

  start(): void {
    this.calls += 1;
  }

  close(): void {
    this.calls += 1;
  }
}

const servers: Server[] = [];

/** A server that is closed after the test, whatever becomes of it. */
function serverOf(...adapters: Adapter[]): Server {
  const server = new Server(adapters);
  servers.push(server);
  return server;
}

const starts: Promise<void>[] = [];

function start(server: Server): Promise<void> {
  const started = server.start();
  starts.push(started);
  return started;
}

afterEach(async () => {
  await Promise.allSettled(starts.splice(0));
  await Promise.all(servers.splice(0).map((server) => server.close()));
  await Promise.all(primaries.splice(0).map((starting) => starting.then(close, () => undefined)));
});

const primaries: Promise<Primary>[] = [];

function startPrimaryHere(options: PrimaryOptions): Promise<Primary> {
  const starting = startPrimary(options);
  primaries.push(starting);
  return starting;
}

function close(primary: Primary): Promise<void> {
  return primary.close();
}

/** What must not be done any more. */
function assertClosedToChanges(server: Server, adapter: Adapter): void {
  const before = server.stats();
  assert.throws(() => server.registerClient({ id: late }), code('STARTED'));
  // Not even what would be refused anyway, or changes nothing.
  assert.throws(() => server.registerClient({ id: early }), code('STARTED'));
  assert.throws(() => server.registerClient({ id: '' }), code('STARTED'));
  assert.throws(() => server.addAdapter(adapter), code('STARTED'));
  assert.deepEqual(server.stats(), before);
}

/** Whether the server at `port` knows `id`. */
async function knows(port: number, id: string): Promise<boolean> {
  const client = new JsonRpcClient(id, tcp.connect({ port }));
  try {
    return await client.publish('e', 1).then(
      () => true,
      (error: unknown) => !code('UNAUTHORIZED')(error),
    );
  } finally {
    await client.close();
  }
}

describe('registration', () => {
  it('while an adapter is still starting throws, and changes nothing', async () => {
    const source = new SlowSource();
    const memory = new MemoryAdapter();
    const bystander = new Bystander();
    const server = serverOf(memory, new JsonRpcAdapter(source)).registerClient({ id: early });
    let isStarted = false;
    const started = start(server).then(() => (isStarted = true));
    try {
      assertClosedToChanges(server, bystander);
      // Others are served already.
      await memory.connect().publish('e', 1);
      assert.equal(isStarted, false);
      assertClosedToChanges(server, bystander);
      source.go();
      await started;
      assertClosedToChanges(server, bystander);
      assert.equal(await knows(source.port, early), true);
      assert.equal(await knows(source.port, late), false);
      assertClosedToChanges(server, bystander);
    } finally {
      source.go();
      await started;
    }
    await server.close();
    assertClosedToChanges(server, bystander);
    assert.equal(bystander.calls, 0);
  });

  for (const [name, listen] of Object.entries({
    tcp: () => tcp.listen({ port: 0 }),
    webSocket: () => webSocket.listen({ port: 0 }),
  })) {
    it(`from the very call of start() on throws, on ${name}`, async () => {
      const source = listen();
      const server = serverOf(new JsonRpcAdapter(source));
      const started = start(server);
      assertClosedToChanges(server, new Bystander());
      await started;
      assertClosedToChanges(server, new Bystander());
      await server.close();
      assertClosedToChanges(server, new Bystander());
    });
  }

  it('after a start that failed throws too: what failed is over', async () => {
    const port = await freePort();
    const first = serverOf(new JsonRpcAdapter(tcp.listen({ port })));
    await start(first);
    const second = serverOf(new JsonRpcAdapter(tcp.listen({ port })));
    const started = start(second);
    assertClosedToChanges(second, new Bystander());
    await assert.rejects(started, { code: 'EADDRINUSE' });
    assertClosedToChanges(second, new Bystander());
  });

  it('of an object that changes afterwards stays what it was', async () => {
    const source = tcp.listen({ port: 0 });
    const info = { id: early, canPublish: false };
    const server = serverOf(new JsonRpcAdapter(source)).registerClient(info);
    Object.assign(info, { id: late, canPublish: true });
    await start(server);
    info.canPublish = true;
    const client = new JsonRpcClient(early, tcp.connect({ port: source.port ?? 0 }));
    await assert.rejects(client.publish('e', 1), code('FORBIDDEN'));
    await client.close();
    assert.equal(await knows(source.port ?? 0, late), false);
  });
});

describe('an id that is too short to be a secret', () => {
  const sources: Readonly<Record<string, () => TextSource>> = {
    tcp: () => tcp.listen({ port: 0 }),
    unix: () => unix.listen({ path: '/never-started/sync.sock' }),
    webSocket: () => webSocket.listen({ port: 0 }),
  };
  for (const [name, listen] of Object.entries(sources)) {
    it(`is refused with an adapter that is not trusted, whichever comes first, on ${name}`, async () => {
      const first = serverOf(new JsonRpcAdapter(listen())).registerClient({ id: long });
      assert.throws(() => first.registerClient({ id: short }), code('INVALID_ARGUMENT'));

      const second = serverOf().registerClient({ id: long }).registerClient({ id: short });
      assert.throws(() => second.addAdapter(new JsonRpcAdapter(listen())), code('INVALID_ARGUMENT'));
      // The adapter was not taken: nothing is there to start.
      await assert.rejects(second.start(), code('INVALID_ARGUMENT'));

      const trusted = new JsonRpcAdapter(listen(), { isTrusted: true });
      serverOf(trusted).registerClient({ id: short });
      serverOf().registerClient({ id: short }).addAdapter(trusted);
    });
  }

  it('was not registered where it was refused, and may be tried again at once', async () => {
    const source = tcp.listen({ port: 0 });
    const server = serverOf(new JsonRpcAdapter(source));
    for (let times = 0; times < 2; times++) {
      assert.throws(() => server.registerClient({ id: short }), code('INVALID_ARGUMENT'));
    }
    await start(server);
    assert.equal(await knows(source.port ?? 0, short), false);
  });

  it('is refused by startPrimary() likewise, which then leaves nothing running', async () => {
    const adapters = [new JsonRpcAdapter(tcp.listen({ port: 0 }))];
    await assert.rejects(startPrimaryHere({ clients: [{ id: short }], adapters }), code('INVALID_ARGUMENT'));
    const primary = await startPrimaryHere({ clients: [{ id: long }], adapters });
    assertClosedToChanges(primary.server, new Bystander());
  });
});
