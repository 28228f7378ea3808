/** Which pages get through to a server: those of the origins that it lists, by whatever name, and no other. */
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { Server, type Client } from 'clustercast';
import { JsonRpcAdapter, JsonRpcClient, webSocket } from 'clustercast/json-rpc';
import type { Browser, Frame, Page } from 'playwright-core';
import { launchChromium, skip } from '../support/chromium.js';
import { until } from '../support/until.js';
import { clientIn, entries, listIn, refusal } from './page-client.js';
import { openSite, type Site } from './site.js';

const ids = { page: 'the-id-of-the-page', node: 'the-id-of-the-node' };

describe('the origin of a page', { skip }, () => {
  let browser: Browser;
  let site: Site;
  /** Where pages come from that have no business here. */
  let foreignSite: Site;
  let server: Server;
  let page: Page;
  let inNode: Client;

  before(async () => {
    browser = await launchChromium();
    [site, foreignSite] = await Promise.all([openSite(), openSite()]);
  });

  after(async () => {
    await browser?.close();
    await site?.close();
    await foreignSite?.close();
  });

  beforeEach(async () => {
    const origins = [site.origin, `http://app.test:${site.port}`];
    const source = webSocket.listen({ server: site.server, path: '/sync', origins });
    server = new Server([new JsonRpcAdapter(source)])
      .registerClient({ id: ids.page })
      .registerClient({ id: ids.node });
    await server.start();
    inNode = new JsonRpcClient(ids.node, webSocket.connect(site.url));
    await inNode.ready;
    page = await browser.newPage();
  });

  afterEach(async () => {
    await page?.close();
    await inNode?.close();
    await server?.close();
  });

  it('may be insecure, with a host name', async () => {
    await page.goto(`http://app.test:${site.port}/`);
    assert.equal(await page.evaluate('isSecureContext'), false);
    assert.equal(await page.evaluate('typeof crypto.randomUUID'), 'undefined');
    assert.equal(await page.evaluate('location.protocol'), 'http:');

    const client = await clientIn(page, ids.page, `ws://app.test:${site.port}/sync`);
    const list = await listIn(client, 'e');
    assert.equal(site.origins.at(-1), `http://app.test:${site.port}`);
    assert.deepEqual(await inNode.publish('e', 1), { listeners: 1 });
    assert.deepEqual(await entries(list, 1), [1]);
    const subscription = await inNode.subscribe('back');
    assert.deepEqual(await client.evaluate((there) => there.publish('back', 2)), { listeners: 1 });
    for await (const value of subscription) {
      assert.equal(value, 2);
      break;
    }
    assert.deepEqual(server.stats().turnedAway, {});
  });

  it('is refused with another port', async () => {
    await page.goto(foreignSite.origin);
    await assertRefused(page, foreignSite.origin);
  });

  it('is refused with another host name', async () => {
    await page.goto(`http://other.test:${site.port}/`);
    await assertRefused(page, `http://other.test:${site.port}`);
  });

  it('is refused where a listed name only begins it', async () => {
    await page.goto(`http://app.test.other.test:${site.port}/`);
    await assertRefused(page, `http://app.test.other.test:${site.port}`);
  });

  it('is refused where there is none: a sandboxed page', async () => {
    await page.goto(`${site.origin}/sandboxed`);
    await assertRefused(page, 'null');
  });

  it('is refused where there is none: a sandboxed frame in a page that may connect', async () => {
    await page.goto(site.origin);
    await page.setContent('<iframe sandbox="allow-scripts" src="/elsewhere"></iframe>');
    const frame = page.frames()[1];
    assert.ok(frame !== undefined);
    await assertRefused(frame, 'null');

    await page.goto(site.origin);
    await (await clientIn(page, ids.page, site.url)).evaluate((there) => there.ready);
  });

  /** With an id that the server knows: that it is the origin that is wrong, and nothing else. */
  async function assertRefused(where: Page | Frame, origin: string): Promise<void> {
    const { accepted } = server.stats();
    const known = site.origins.length;
    const client = await clientIn(where, ids.page, site.url, { timeout: 1_000 });
    await until(() => site.origins.length > known, 'the page has asked');
    const ready = client.evaluateHandle((there) => there.ready.catch((error: unknown) => error));
    assert.equal(await refusal(where, ready), 'ERR_PUBSUB_NO_PRIMARY');
    await client.evaluate((there) => there.close());
    const told = site.origins.slice(known);
    assert.deepEqual([...new Set(told)], [origin]);
    assert.deepEqual(server.stats().turnedAway, { origins: told.length });
    assert.equal(server.stats().accepted, accepted);
  }
});
