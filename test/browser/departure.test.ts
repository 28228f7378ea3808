/** A page that is gone, however it went, leaves nothing on the server. */
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { Server, type Client } from 'clustercast';
import { JsonRpcAdapter, JsonRpcClient, webSocket } from 'clustercast/json-rpc';
import type { Browser, Page } from 'playwright-core';
import { launchChromium, skip } from '../support/chromium.js';
import { until } from '../support/until.js';
import { clientIn, entries, listIn } from './page-client.js';
import { openSite, type Site } from './site.js';

const ids = { page: 'the-id-of-the-page', node: 'the-id-of-the-node' };

describe('a page that is gone', { skip }, () => {
  let browser: Browser;
  let site: Site;
  let server: Server;
  let page: Page;
  let inNode: Client;

  before(async () => {
    browser = await launchChromium();
    site = await openSite();
    const source = webSocket.listen({ server: site.server, path: '/sync', origins: [site.origin] });
    server = new Server([new JsonRpcAdapter(source)])
      .registerClient({ id: ids.page })
      .registerClient({ id: ids.node });
    await server.start();
    inNode = new JsonRpcClient(ids.node, webSocket.connect(site.url));
    await inNode.ready;
  });

  after(async () => {
    await browser?.close();
    await inNode?.close();
    await server?.close();
    await site?.close();
  });

  beforeEach(async () => {
    page = await browser.newPage();
    await page.goto(site.origin);
    const client = await clientIn(page, ids.page, site.url);
    for (const name of ['e', 'e', 'f']) await listIn(client, name);
    assert.equal(server.stats().subscriptions, 3);
    assert.equal(server.stats().connections, 2);
    assert.deepEqual(await inNode.publish('e', 1), { listeners: 1 });
  });

  afterEach(() => page?.close());

  const ways: [way: string, go: () => Promise<unknown>][] = [
    ['is closed', () => page.close()],
    ['navigates away', () => page.goto('about:blank')],
    ['navigates within its site', () => page.goto(`${site.origin}/elsewhere`)],
    ['is loaded anew', () => page.reload()],
  ];
  for (const [way, go] of ways) {
    it(`leaves nothing when it ${way}`, async () => {
      await go();
      await assertGone();
    });
  }

  it('leaves nothing when its process crashes', async () => {
    const crashed = page.waitForEvent('crash');
    await page.goto('chrome://crash').catch(() => undefined);
    await crashed;
    await assertGone();
  });

  async function assertGone(): Promise<void> {
    await until(() => server.stats().connections === 1, 'the server has noticed');
    const { subscriptions, events } = server.stats();
    assert.deepEqual({ subscriptions, events }, { subscriptions: 0, events: 0 });
    assert.deepEqual(await inNode.publish('e', 2), { listeners: 0 });
  }

  it('is a client again when it comes back', async () => {
    await page.goto('about:blank');
    await until(() => server.stats().connections === 1, 'the server has noticed');
    await page.goBack();
    const list = await listIn(await clientIn(page, ids.page, site.url), 'e');
    assert.deepEqual(await inNode.publish('e', 3), { listeners: 1 });
    assert.deepEqual(await entries(list, 1), [3]);
  });
});
