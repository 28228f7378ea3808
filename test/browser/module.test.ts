/** The browser module in a page, as it is published: no bundler, no second file. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Server } from 'clustercast';
import { JsonRpcAdapter, webSocket } from 'clustercast/json-rpc';
import type { Browser } from 'playwright-core';
import { launchChromium, skip } from '../support/chromium.js';
import { clientIn, moduleOf } from './page-client.js';
import { openSite, type Site } from './site.js';

const id = 'the-id-of-the-page';

describe('the module in a page', { skip }, () => {
  let browser: Browser;
  let site: Site;
  let server: Server;

  before(async () => {
    browser = await launchChromium();
    site = await openSite();
    const source = webSocket.listen({ server: site.server, path: '/sync', origins: [site.origin] });
    server = new Server([new JsonRpcAdapter(source)]).registerClient({ id });
    await server.start();
  });

  after(async () => {
    await browser?.close();
    await server?.close();
    await site?.close();
  });

  it('loads by a script tag, serves, and asks for no other file', async () => {
    const page = await browser.newPage();
    const requested: string[] = [];
    const opened: string[] = [];
    const failed: unknown[] = [];
    page.on('request', (request) => requested.push(request.url()));
    page.on('websocket', (opening) => opened.push(opening.url()));
    page.on('pageerror', (error) => failed.push(error));
    page.on('console', (message) => failed.push(message.text()));
    await page.goto(`${site.origin}/`);

    const names = await (await moduleOf(page)).evaluate((module) => Object.keys(module));
    assert.deepEqual(names.toSorted(), ['JsonRpcClient', 'PubSubError', 'webSocket']);

    const client = await clientIn(page, id, site.url);
    await client.evaluate(async (there) => {
      await there.ready;
      const subscription = await there.subscribe('e');
      await there.publish('e', 1);
      await subscription.unsubscribe();
      await there.close();
    });
    await page.close();
    assert.deepEqual(requested, [`${site.origin}/`, `${site.origin}/clustercast.js`]);
    assert.deepEqual(site.requests, ['GET /', 'GET /clustercast.js']);
    assert.deepEqual(opened, [site.url]);
    assert.deepEqual(failed, []);
  });
});
