/** A page whose link is lost finds back by itself, and is told what that means. */
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { Server, type Client } from 'clustercast';
import type { Client as PageSide } from 'clustercast/browser';
import { JsonRpcAdapter, JsonRpcClient, webSocket } from 'clustercast/json-rpc';
import type { Browser, JSHandle, Page } from 'playwright-core';
import { launchChromium, skip } from '../support/chromium.js';
import { freePort } from '../support/media.js';
import { until } from '../support/until.js';
import { clientIn, entries, moduleOf } from './page-client.js';
import { openSite, type Site } from './site.js';

const ids = { page: 'the-id-of-the-page', node: 'the-id-of-the-node' };

describe('a page whose link is lost', { skip }, () => {
  let browser: Browser;
  let site: Site;
  let page: Page;
  let servers: Server[];
  let clients: Client[];

  before(async () => {
    browser = await launchChromium();
  });

  after(() => browser?.close());

  beforeEach(async () => {
    servers = [];
    clients = [];
    site = await openSite();
    page = await browser.newPage();
    await page.goto(site.origin);
  });

  afterEach(async () => {
    await page?.close();
    await Promise.all(clients.map((client) => client.close()));
    await Promise.all(servers.map((server) => server.close()));
    await site?.close();
  });

  it('recovers when the server starts anew at the same port', async () => {
    const port = await freePort();
    const url = `ws://127.0.0.1:${port}/sync`;
    const first = await serve({ port });
    const { client, story } = await listenIn(url);
    const early = await connectNode(url);
    assert.deepEqual(await early.publish('e', 'before'), { listeners: 1 });
    await entries(story, 2);
    await early.close();

    await first.close();
    assert.deepEqual((await entries(story, 3)).at(-1), 'disconnect: ERR_PUBSUB_CLOSED');
    // Asked for meanwhile, it waits.
    const meanwhile = client.evaluate((there) =>
      there.publish('to Node.js', 'meanwhile', { timeout: 60_000 }),
    );
    const second = await serve({ port });
    const late = await connectNode(url);
    assert.deepEqual(await meanwhile, { listeners: 0 });
    await entries(story, 5);
    assert.deepEqual(await late.publish('e', 'after'), { listeners: 1 });

    assert.deepEqual(await entries(story, 6), [
      'connect',
      'value "before"',
      'disconnect: ERR_PUBSUB_CLOSED',
      'connect',
      'gap: restart, uncounted',
      'value "after"',
    ]);
    assert.equal(second.stats().subscriptions, 1);
    await publishBack(client, late);
  });

  it('recovers when the connection breaks and the server stays', async () => {
    const server = await serve({ server: site.server });
    const { client, story } = await listenIn(site.url);
    await entries(story, 1);
    site.cut();
    await entries(story, 4);
    const inNode = await connectNode(site.url);
    assert.deepEqual(await inNode.publish('e', 'after'), { listeners: 1 });
    assert.deepEqual(await entries(story, 5), [
      'connect',
      'disconnect: ERR_PUBSUB_CLOSED',
      'connect',
      'gap: reconnect, uncounted',
      'value "after"',
    ]);
    assert.equal(server.stats().subscriptions, 1);
    await publishBack(client, inNode);
  });

  it('finds a server that starts later than the page', async () => {
    const port = await freePort();
    const url = `ws://127.0.0.1:${port}/sync`;
    let failures = 0;
    page.on('websocket', (opening) => void opening.once('close', () => (failures += 1)));
    const client = await clientIn(page, ids.page, url, { timeout: 60_000 });
    const published = client.evaluate((there) => there.publish('e', 1));
    await until(() => failures >= 2, 'two attempts that fail');
    await serve({ port });
    assert.deepEqual(await published, { listeners: 0 });
  });

  async function serve(where: { port: number } | { server: Site['server'] }): Promise<Server> {
    const source = webSocket.listen({ ...where, path: '/sync', origins: [site.origin] });
    const server = new Server([new JsonRpcAdapter(source)])
      .registerClient({ id: ids.page })
      .registerClient({ id: ids.node });
    servers.push(server);
    await server.start();
    return server;
  }

  async function connectNode(url: string): Promise<Client> {
    const client = new JsonRpcClient(ids.node, webSocket.connect(url));
    clients.push(client);
    await client.ready;
    return client;
  }

  /** A client in the page that has subscribed, and what happens to it, in order. */
  async function listenIn(url: string): Promise<{ client: JSHandle<PageSide>; story: JSHandle<string[]> }> {
    const module = await moduleOf(page);
    const both = await module.evaluateHandle(
      async ({ JsonRpcClient: PageClient, webSocket: socket, PubSubError }, { id, target }) => {
        const client = new PageClient(id, socket.connect(target));
        const story: string[] = [];
        client.on('connect', () => story.push('connect'));
        client.on('disconnect', (reason) => {
          story.push(`disconnect: ${reason instanceof PubSubError ? reason.code : String(reason)}`);
        });
        client.on('gap', ({ reason, count, events }) => {
          story.push(
            `gap: ${reason}, ${count === undefined && events === undefined ? 'uncounted' : 'counted'}`,
          );
        });
        client.on('error', (error) => story.push(`error: ${String(error)}`));
        await client.subscribe('e', (value) => story.push(`value ${JSON.stringify(value)}`));
        return { client, story };
      },
      { id: ids.page, target: url },
    );
    return {
      client: await both.evaluateHandle(({ client }) => client),
      story: await both.evaluateHandle(({ story }) => story),
    };
  }
});

/** The other way works again, too. */
async function publishBack(client: JSHandle<PageSide>, inNode: Client): Promise<void> {
  const received: unknown[] = [];
  await inNode.subscribe('back', (value) => received.push(value));
  assert.deepEqual(await client.evaluate((there) => there.publish('back', 1)), { listeners: 1 });
  await until(() => received.length > 0, 'the value from the page');
  assert.deepEqual(received, [1]);
}
