/** A page that is left, and kept by the browser to be shown again as it was. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Server, type Client } from 'clustercast';
import { JsonRpcAdapter, JsonRpcClient, webSocket } from 'clustercast/json-rpc';
import type { Browser } from 'playwright-core';
import { launchChromium, skip } from '../support/chromium.js';
import { until } from '../support/until.js';
import { moduleOf } from './page-client.js';
import { openSite, type Site } from './site.js';

const ids = { page: 'the-id-of-the-page', node: 'the-id-of-the-node' };

describe('a page that is left and kept', { skip }, () => {
  let browser: Browser;
  let site: Site;
  let server: Server;
  let inNode: Client;

  before(async () => {
    browser = await launchChromium({ keepsPages: true });
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

  it('leaves nothing on the server, and is told what it may have missed when it is shown again', async () => {
    const page = await browser.newPage();
    await page.goto(site.origin);
    await (
      await moduleOf(page)
    ).evaluate(
      async ({ JsonRpcClient: PageClient, webSocket: socket }, { id, url }) => {
        const story: string[] = [];
        const client = new PageClient(id, socket.connect(url));
        client.on('disconnect', () => story.push('disconnect'));
        client.on('connect', () => story.push('connect'));
        client.on('gap', ({ reason }) => story.push(`gap ${reason}`));
        await client.subscribe('e', (value) => story.push(`value ${String(value)}`));
        Object.assign(globalThis, { story });
      },
      { id: ids.page, url: site.url },
    );
    assert.deepEqual(await inNode.publish('e', 1), { listeners: 1 });
    const story = (): Promise<string[] | undefined> => page.evaluate('globalThis.story');
    await until(async () => (await story())?.length === 2, 'the value');

    await page.goto(`${site.origin}/elsewhere`);
    await until(() => server.stats().connections === 1, 'the server has noticed');
    assert.deepEqual(await inNode.publish('e', 2), { listeners: 0 });

    // Not page.goBack(), which waits for the page to load.
    await page.evaluate('history.back()').catch(() => undefined);
    await until(async () => (await story().catch(() => undefined))?.length === 5, 'the page has recovered');
    assert.deepEqual(await inNode.publish('e', 3), { listeners: 1 });
    await until(async () => (await story())?.length === 6, 'the value that follows');
    const expected = ['connect', 'value 1', 'disconnect', 'connect', 'gap reconnect', 'value 3'];
    assert.deepEqual(await story(), expected);
  });
});
