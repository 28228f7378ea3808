/** Maps in a page, by `clustercast/browser/state`: their contents, writes both ways, repair after a loss, and rights. */
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { MemoryAdapter, Server, type Client, type ReplicatedMap } from 'clustercast';
import type * as stateModule from 'clustercast/browser/state';
import { JsonRpcAdapter, JsonRpcClient, webSocket } from 'clustercast/json-rpc';
import type { Browser, JSHandle, Page } from 'playwright-core';
import { launchChromium, skip } from '../support/chromium.js';
import { until } from '../support/until.js';
import { entries } from './page-client.js';
import { openSite, statePath, type Site } from './site.js';

const ids = { page: 'the-id-of-the-page', node: 'the-id-of-the-node', reader: 'the-id-of-a-reader' };
/** With its version. */
type Entry = readonly [key: string, value: unknown, version: number | undefined];

interface MapInPage {
  readonly map: JSHandle<ReplicatedMap<unknown>>;
  /** What it has raised, in order. */
  readonly story: JSHandle<string[]>;
}

describe('a map in a page', { skip }, () => {
  let browser: Browser;
  let site: Site;
  let server: Server;
  let page: Page;
  let clients: Client[];
  /** Of the server's own process, as a client of the primary has it, and of another one. */
  let near: ReplicatedMap<unknown>;
  let far: ReplicatedMap<unknown>;

  before(async () => {
    browser = await launchChromium();
  });

  after(() => browser?.close());

  beforeEach(async () => {
    clients = [];
    site = await openSite();
    const memory = new MemoryAdapter();
    const source = webSocket.listen({ server: site.server, path: '/sync', origins: [site.origin] });
    server = new Server([new JsonRpcAdapter(source), memory])
      .registerClient({ id: ids.page, maps: { m: 'write' } })
      .registerClient({ id: ids.node, maps: { m: 'write' } })
      .registerClient({ id: ids.reader, maps: { m: 'read' } });
    await server.start();
    clients = [memory.connect(), new JsonRpcClient(ids.node, webSocket.connect(site.url))];
    [near, far] = (await Promise.all(clients.map((client) => client.map('m')))) as [typeof near, typeof far];
    page = await browser.newPage();
    await page.goto(`${site.origin}${statePath}`);
  });

  afterEach(async () => {
    await page?.close();
    await Promise.all(clients.map((client) => client.close()));
    await server?.close();
    await site?.close();
  });

  it('has its contents when it is there', async () => {
    for (const [key, value] of Object.entries({ a: 1, 'é ☃ 😀': null, constructor: { b: [true] } })) {
      await near.set(key, value);
    }
    const { map } = await mapIn(ids.page);
    assert.deepEqual(await heldIn(map), held(near));
    assert.equal((await heldIn(map)).length, 3);
    assert.equal(await map.evaluate(({ isStale }) => isStale), false);
  });

  it('is changed from everywhere, and everywhere', async () => {
    const { map, story } = await mapIn(ids.page);
    const version = await map.evaluate((there) => there.set('by the page', 1));
    await until(() => far.has('by the page') && near.has('by the page'), 'what the page has set');
    assert.deepEqual(near.entry('by the page'), { value: 1, version });

    await far.set('by another', 2);
    await near.delete('by the page');
    assert.deepEqual(await entries(story, 3), [
      'by the page = 1',
      'by another = 2',
      'by the page = undefined',
    ]);

    // All at once, to the same keys: one order.
    const counts = [0, 1, 2].map((i) => `k${i}`);
    await Promise.all([
      map.evaluate((there, keys) => Promise.all(keys.map((key) => there.update(key, () => 'page'))), counts),
      ...[near, far].flatMap((there) => counts.map((key) => there.update(key, () => 'node'))),
      map.evaluate((there) => (there as ReplicatedMap<number>).increment('sum', 2)),
      (far as ReplicatedMap<number>).increment('sum', 3),
    ]);
    await until(() => near.version === far.version, 'both have all');
    await until(
      async () => (await map.evaluate((there) => there.version)) === near.version,
      'the page has all',
    );
    assert.deepEqual(await heldIn(map), held(near));
    assert.equal(near.get('sum'), 5);
  });

  it('is told who was faster', async () => {
    const { map } = await mapIn(ids.page);
    await near.set('a', 'first');
    const current = await map.evaluate(async (there) => {
      const { ConflictError } = (globalThis as unknown as { clustercast: typeof stateModule }).clustercast;
      const error: unknown = await there
        .set('a', 'second', { ifVersion: 0 })
        .catch((reason: unknown) => reason);
      return error instanceof ConflictError ? error.current : String(error);
    });
    assert.deepEqual(current, near.entry('a'));
    assert.equal(near.get('a'), 'first');
  });

  it('is stale where its link is lost, repairs itself, and tells the differences before it is fresh', async () => {
    await near.set('changes', 1);
    await near.set('goes', 1);
    const { map, story } = await mapIn(ids.page);
    site.cut();
    // The page waits 50 ms at least before it connects again.
    await Promise.all([near.set('changes', 2), near.delete('goes'), near.set('comes', 3)]);
    const differences = ['changes = 2', 'goes = undefined', 'comes = 3'];
    assert.deepEqual(await entries(story, 5), ['stale', ...differences, 'fresh']);
    assert.equal(await map.evaluate(({ isStale }) => isStale), false);
    assert.deepEqual(await heldIn(map), held(near));

    await near.set('after', 4);
    assert.equal((await entries(story, 6)).at(-1), 'after = 4');
    await map.evaluate((there) => there.set('back', 5));
    await until(() => near.get('back') === 5, 'what the page has set');
  });

  it('goes on with what it has while there is no link', async () => {
    await near.set('a', 1);
    const { map, story } = await mapIn(ids.page);
    await server.close();
    await entries(story, 1);
    const seen = await map.evaluate((there) => [there.get('a'), there.isStale]);
    assert.deepEqual([await story.jsonValue(), seen], [['stale'], [1, true]]);
  });

  it('can be read, and not written, by whom it was granted so to, and others are granted none', async () => {
    await near.set('a', 1);
    const { map } = await mapIn(ids.reader);
    assert.equal(await map.evaluate((there) => there.get('a')), 1);
    const refused = map.evaluate((there) =>
      there.set('a', 2).catch((error: { code?: unknown }) => error.code),
    );
    assert.equal(await refused, 'ERR_PUBSUB_FORBIDDEN');
    assert.equal(near.get('a'), 1);
    await assert.rejects(mapIn(ids.reader, 'another'), /no right to read this map/);
  });

  /** A map of a client in the page, and what it raises. */
  async function mapIn(id: string, name = 'm'): Promise<MapInPage> {
    await page.waitForFunction('globalThis.clustercast !== undefined');
    const both = await page.evaluateHandle(
      async (given) => {
        const { clustercast } = globalThis as unknown as { clustercast: typeof stateModule };
        const client = new clustercast.JsonRpcClient(given.id, clustercast.webSocket.connect(given.url));
        const map = await client.map<unknown>(given.name);
        const story: string[] = [];
        map.on('change', ({ key, value }) => story.push(`${key} = ${JSON.stringify(value)}`));
        map.on('stale', () => story.push('stale')).on('fresh', () => story.push('fresh'));
        return { map, story };
      },
      { id, name, url: site.url },
    );
    return {
      map: await both.evaluateHandle(({ map }) => map),
      story: await both.evaluateHandle(({ story }) => story),
    };
  }
});

function held(map: ReplicatedMap<unknown>): Entry[] {
  return sorted(Array.from(map, ([key, value]) => [key, value, map.entry(key)?.version]));
}

async function heldIn(map: JSHandle<ReplicatedMap<unknown>>): Promise<Entry[]> {
  return sorted(
    await map.evaluate((there) =>
      Array.from(there, ([key, value]): Entry => [key, value, there.entry(key)?.version]),
    ),
  );
}

function sorted(all: readonly Entry[]): Entry[] {
  return all.toSorted(([a], [b]) => (a < b ? -1 : 1));
}
