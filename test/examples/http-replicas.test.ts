/**
 * The demo as it serves: every route, with what each refuses; the replicas as they follow each other, die and
 * are replaced; and every way to its end.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { startExample, type Example } from '../support/example.js';
import { ask, type Reply } from '../support/http.js';
import { until } from '../support/until.js';

const demo = 'build/examples/http-replicas/demo.js';
const count = 4;

describe('examples/http-replicas', { timeout: 120_000 }, () => {
  let example: Example;
  let url: string;

  before(async () => {
    example = startExample([demo]);
    url = await servedBy(example);
  });

  after(() => example.dispose());

  it('reads a product from the database once, then from memory', async () => {
    for (const expected of ['miss 3.25', 'hit 3.25']) {
      const answers = (await everyone('/products/3')).map(
        ({ headers, body }) => `${String(headers['x-cache'])} ${String(body['price'])}`,
      );
      assert.deepEqual(answers, [expected, expected, expected, expected]);
    }
  });

  it('changes a product everywhere', async () => {
    await everyone('/products/3');
    const { status, body } = await ask('PUT', `${url}/products/3`, '{"name":"Whisk","price":4}');
    assert.equal(status, 200);
    const { version, ...rest } = body;
    assert.deepEqual(rest, { id: '3', name: 'Whisk', price: 4 });
    assert.ok((version as number) > 0);
    // When it was answered, every replica had dropped the older one.
    for (const reply of await everyone('/products/3')) assert.equal(reply.body['price'], 4);
  });

  it('takes a product that is new', async () => {
    assert.equal((await ask('GET', `${url}/products/__proto__`)).status, 404);
    await ask('PUT', `${url}/products/__proto__`, '{"name":"Proto","price":0}');
    await untilAll('/products/__proto__', (reply) => reply.body['name'] === 'Proto');
  });

  it('changes a flag everywhere', async () => {
    assert.deepEqual(statuses(await everyone('/flags/dark-mode')), [404]);
    let last = 0;
    for (const on of [true, false, true]) {
      const { status, body } = await ask('PUT', `${url}/flags/dark-mode`, JSON.stringify({ on }));
      assert.equal(status, 200);
      const { version, ...rest } = body;
      assert.deepEqual(rest, { name: 'dark-mode', on });
      assert.ok((version as number) > last);
      last = version as number;
      await untilAll('/flags/dark-mode', (reply) => reply.body['on'] === on);
    }
  });

  it('agrees on flags that all change at once', async () => {
    const changes = Array.from({ length: 100 }, (_, i) =>
      ask('PUT', `${url}/flags/contested-${i % 10}`, JSON.stringify({ on: i % 3 === 0 })),
    );
    for (const { status } of await Promise.all(changes)) assert.equal(status, 200);
    await until(
      async () =>
        new Set((await everyone('/whoami')).map(({ body }) => JSON.stringify(sorted(body['flags'])))).size ===
        1,
      'all replicas hold the same flags',
    );
  });

  it('says who answers and what it holds', async () => {
    await everyone('/products/1');
    const replies = await everyone('/whoami');
    assert.equal(new Set(replies.map(({ body }) => body['pid'])).size, count);
    for (const { headers, body } of replies) {
      assert.equal(String(body['replica']), headers['x-replica']);
      assert.ok((body['cached'] as string[]).includes('1'));
      assert.equal((body['flags'] as Record<string, boolean>)['new-checkout'], false);
      assert.ok((body['events'] as number) > 0);
    }
  });

  const refused: [status: number, method: string, path: string, body?: string][] = [
    [404, 'GET', '/'],
    [404, 'GET', '/products'],
    [404, 'GET', '/products/'],
    [404, 'GET', '/products/999'],
    [404, 'GET', '/products/a%20b'],
    [404, 'GET', `/products/${'x'.repeat(65)}`],
    [404, 'GET', '//'],
    [404, 'GET', '/%'],
    [404, 'GET', '/flags/unknown?and=a-query'],
    [404, 'PUT', '/unknown', '{}'],
    [405, 'DELETE', '/products/1'],
    [405, 'POST', '/flags/a', '{"on":true}'],
    [405, 'GET', '/crash'],
    [400, 'PUT', '/products/1'],
    [400, 'PUT', '/products/1', '{"name":'],
    [400, 'PUT', '/products/1', 'null'],
    [400, 'PUT', '/products/1', '[]'],
    [400, 'PUT', '/products/1', '{"name":"","price":1}'],
    [400, 'PUT', '/products/1', '{"name":"Tea","price":"1"}'],
    [400, 'PUT', '/products/1', '{"name":"Tea","price":-1}'],
    [400, 'PUT', '/products/1', '{"name":"Tea","price":1e999}'],
    [400, 'PUT', '/flags/a', '{"on":1}'],
    [400, 'PUT', '/flags/a', '"on"'],
    [413, 'PUT', '/products/1', JSON.stringify({ name: 'x'.repeat(1_000_000), price: 1 })],
  ];
  for (const [status, method, path, body] of refused) {
    it(`answers ${status} to ${method} ${path.slice(0, 40)} ${body?.slice(0, 40) ?? ''}`, async () => {
      const reply = await ask(method, url + path, body);
      assert.equal(reply.status, status);
      assert.equal(typeof reply.body['error'], 'string');
    });
  }

  it('says what a path takes', async () => {
    const { headers } = await ask('DELETE', `${url}/products/1`);
    assert.equal(headers['allow'], 'GET, PUT');
  });

  it('does not mind who hangs up in the middle', async () => {
    const pids = pidsOf(await everyone('/whoami'));
    for (const start of ['GET /pro', 'PUT /flags/a HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n{"on"']) {
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      await new Promise((resolve) => socket.write(start, resolve));
      socket.destroy();
      await once(socket, 'close');
    }
    assert.deepEqual(pidsOf(await everyone('/whoami')), pids);
    assert.deepEqual(statuses(await everyone('/flags/a')), [404]);
  });

  it('replaces a replica that crashes by one that knows and hears what the others do', async () => {
    await ask('PUT', `${url}/flags/before`, '{"on":true}');
    const pids = pidsOf(await everyone('/whoami'));
    const { status, body } = await ask('POST', `${url}/crash`);
    assert.equal(status, 202);
    const dead = body['pid'] as number;
    assert.ok(pids.includes(dead));
    await until(() => isGone(dead), `the end of ${dead}`);

    const now = pidsOf(await everyone('/whoami'));
    assert.equal(now.filter((pid) => pids.includes(pid)).length, count - 1);
    assert.ok(!now.includes(dead));
    assert.deepEqual(statuses(await everyone('/flags/before')), [200]);

    await everyone('/products/1'); // all have something to drop
    await ask('PUT', `${url}/products/1`, '{"name":"Teapot","price":99}');
    for (const reply of await everyone('/products/1')) assert.equal(reply.body['price'], 99);
  });

  it('replaces two that crash at once', async () => {
    const dead = (await Promise.all([1, 2].map(() => ask('POST', `${url}/crash`)))).map(
      ({ body }) => body['pid'],
    );
    await until(() => dead.every((pid) => isGone(pid as number)), 'the end of both');
    const now = pidsOf(await everyone('/whoami'));
    assert.ok(dead.every((pid) => !now.includes(pid as number)));
    await ask('PUT', `${url}/flags/before`, '{"on":false}');
    await untilAll('/flags/before', (reply) => reply.body['on'] === false);
  });

  it('ends on Ctrl-C with 0, and with it every replica', async () => {
    const pids = pidsOf(await everyone('/whoami'));
    example.signalAll('SIGINT');
    const { code, signal, stderr } = await example.ended();
    assert.deepEqual({ code, signal, stderr }, { code: 0, signal: null, stderr: '' });
    assert.deepEqual(
      [example.pid, ...pids].filter((pid) => !isGone(pid)),
      [],
    );
  });

  /** One reply of each replica, by its number. */
  async function everyone(path: string): Promise<Reply[]> {
    const replies = new Map<number, Reply>();
    const askOne = async (): Promise<boolean> => {
      // A connection may have been given to a replica that is dead by now.
      const reply = await ask('GET', url + path).catch(() => undefined);
      const replica = Number(reply?.headers['x-replica']);
      if (reply !== undefined && !replies.has(replica)) replies.set(replica, reply);
      return replies.size === count;
    };
    await until(askOne, `${count} replicas answer`, 30_000);
    return [...replies.keys()].toSorted((a, b) => a - b).map((replica) => replies.get(replica) as Reply);
  }

  async function untilAll(path: string, condition: (reply: Reply) => boolean): Promise<void> {
    await until(
      async () => (await everyone(path)).every(condition),
      `every replica has the change of ${path}`,
    );
  }
});

describe('examples/http-replicas, its other ends', { timeout: 120_000 }, () => {
  it('takes its replicas with it when it is killed', async () => {
    await running([demo], {}, async (example) => {
      await servedBy(example);
      process.kill(example.pid, 'SIGKILL');
      const { signal, stderr } = await example.ended(); // that is of the last replica
      assert.deepEqual({ signal, stderr }, { signal: 'SIGKILL', stderr: '' });
    });
  });

  it('ends on SIGTERM to the primary alone', async () => {
    await running([demo], {}, async (example) => {
      await servedBy(example);
      process.kill(example.pid, 'SIGTERM');
      const { code, stderr } = await example.ended();
      assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
    });
  });

  it('says that it was interrupted in the scene by not ending with 0', async () => {
    await running([demo, '--once'], {}, async (example) => {
      await example.output(/play a scene/);
      example.signalAll('SIGINT');
      const { code, stderr } = await example.ended();
      assert.deepEqual({ code, stderr }, { code: 1, stderr: '' });
    });
  });

  it('serves on the port that it is given, and says so if that is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    try {
      await running([demo], { PORT: String(port) }, async (example) => {
        const { code, stderr } = await example.ended();
        assert.match(stderr, new RegExp(`port ${port} of 127\\.0\\.0\\.1 is taken`));
        assert.equal(stderr.match(/taken/g)?.length, 1);
        assert.equal(code, 1);
      });
    } finally {
      other.close();
      await once(other, 'close');
    }
    await running([demo, '--once'], { PORT: String(port) }, async (example) => {
      await example.output(new RegExp(`http://127\\.0\\.0\\.1:${port} `));
    });
  });

  for (const [what, args, env] of [
    ['a port that is none', [], { PORT: '80a' }],
    ['a port that is too high', [], { PORT: '65536' }],
    ['an option that it does not know', ['--twice'], {}],
  ] as const) {
    it(`refuses ${what}`, async () => {
      await running([demo, ...args], env, async (example) => {
        const { code, stdout, stderr } = await example.ended();
        assert.match(stderr, /^The demo failed: /);
        assert.equal(stdout, '');
        assert.equal(code, 1);
      });
    });
  }
});

async function running(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  use: (example: Example) => Promise<void>,
): Promise<void> {
  const example = startExample(args, env);
  try {
    await use(example);
  } finally {
    await example.dispose();
  }
}

/** Resolves to the URL when the scene has been played. */
async function servedBy(example: Example): Promise<string> {
  const [, url] = await example.output(/^Serving (http:\S+) until Ctrl-C/m);
  return url as string;
}

function pidsOf(replies: readonly Reply[]): number[] {
  return replies.map(({ body }) => body['pid'] as number);
}

function sorted(flags: unknown): [string, unknown][] {
  return Object.entries(flags as object).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function statuses(replies: readonly Reply[]): (number | undefined)[] {
  return [...new Set(replies.map(({ status }) => status))];
}

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
}
