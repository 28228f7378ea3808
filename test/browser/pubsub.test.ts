/** Publish and subscribe between a page and a client in Node.js, both of one server. */
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { Server, type Client } from 'clustercast';
import type { Client as PageSide } from 'clustercast/browser';
import { JsonRpcAdapter, JsonRpcClient, webSocket } from 'clustercast/json-rpc';
import type { Browser, JSHandle, Page } from 'playwright-core';
import { launchChromium, skip } from '../support/chromium.js';
import { until } from '../support/until.js';
import { clientIn, entries, listIn, refusal } from './page-client.js';
import { openSite, type Site } from './site.js';

const ids = {
  page: 'the-id-of-the-page',
  node: 'the-id-of-the-node',
  reader: 'the-id-of-a-reader',
  writer: 'the-id-of-a-writer',
};
const count = 300;
const numbers = Array.from({ length: count }, (_, i) => i);
const values: readonly unknown[] = [
  null,
  false,
  0,
  -1.5e300,
  '',
  'é ☃ 😀 \u2028 \0 " \\ </script>',
  [],
  [[null], {}],
  { 'a "b"': { __proto__x: [1] }, ключ: 'значение' },
];
const names = [
  'e',
  `"quoted" 'twice' \\`,
  'événement ☃ 😀',
  '__proto__',
  'constructor',
  '<b>&amp;',
  ' ',
  '\u2028',
];

describe('publish and subscribe in a page', { skip }, () => {
  let browser: Browser;
  let site: Site;
  let server: Server;
  let page: Page;
  let inPage: JSHandle<PageSide>;
  let inNode: Client;

  before(async () => {
    browser = await launchChromium();
  });

  after(() => browser?.close());

  beforeEach(async () => {
    site = await openSite();
    const source = webSocket.listen({ server: site.server, path: '/sync', origins: [site.origin] });
    server = new Server([new JsonRpcAdapter(source)])
      .registerClient({ id: ids.page })
      .registerClient({ id: ids.node })
      .registerClient({ id: ids.reader, canPublish: false })
      .registerClient({ id: ids.writer, canSubscribe: false });
    await server.start();
    inNode = new JsonRpcClient(ids.node, webSocket.connect(site.url));
    page = await browser.newPage();
    await page.goto(site.origin);
    inPage = await clientIn(page, ids.page, site.url);
  });

  afterEach(async () => {
    await inNode?.close();
    await page?.close();
    await server?.close();
    await site?.close();
  });

  it('takes values both ways at once, each of them once and in order', async () => {
    const list = await listIn(inPage, 'to the page');
    const fromPage: unknown[] = [];
    await inNode.subscribe('to Node.js', (value) => fromPage.push(value));

    const published = inPage.evaluate(
      (there, all) => Promise.all(all.map((value) => there.publish('to Node.js', value))),
      numbers,
    );
    const results = await Promise.all(numbers.map((value) => inNode.publish('to the page', value)));
    for (const result of [...results, ...(await published)]) assert.deepEqual(result, { listeners: 1 });

    // What comes after them shows that nothing comes twice.
    await inNode.publish('to the page', 'last');
    await inPage.evaluate((there) => there.publish('to Node.js', 'last'));
    await until(() => fromPage.length > count, 'the values from the page');
    assert.deepEqual(fromPage, [...numbers, 'last']);
    assert.deepEqual(await entries(list, count + 1), [...numbers, 'last']);
  });

  it('takes every kind of value and name as it is', async () => {
    const fromPage: unknown[] = [];
    const toPage: unknown[] = [];
    for (const name of names) {
      const list = await listIn(inPage, name);
      const subscription = await inNode.subscribe(name, (value, { event }) => fromPage.push([event, value]));
      const sent = inPage.evaluate(
        async (there, given) => {
          for (const value of given.values) await there.publish(given.name, value);
        },
        { name, values },
      );
      for (const value of values) await inNode.publish(name, value);
      await sent;
      toPage.push(...(await entries(list, values.length)).map((value) => [name, value]));
      await until(() => fromPage.length >= toPage.length, `what the page published as ${name}`);
      await subscription.unsubscribe();
    }
    const expected = names.flatMap((name) => values.map((value) => [name, value]));
    assert.deepEqual(toPage, expected);
    assert.deepEqual(fromPage, expected);
  });

  it('ends a subscription: nothing comes after it, and the server holds none', async () => {
    const list = await inPage.evaluateHandle(async (there) => {
      const received: unknown[] = [];
      const subscription = await there.subscribe('e', (value) => received.push(value));
      await there.subscribe('end', () => void subscription.unsubscribe().then(() => received.push('ended')));
      return received;
    });
    assert.deepEqual(await inNode.publish('e', 1), { listeners: 1 });
    await inNode.publish('end', null);
    assert.deepEqual(await entries(list, 2), [1, 'ended']);
    assert.deepEqual(await inNode.publish('e', 2), { listeners: 0 });
    assert.equal(server.stats().subscriptions, 1);
  });

  it('iterates what comes, also what had come before the iteration began', async () => {
    const subscription = await inPage.evaluateHandle((there) => there.subscribe('e'));
    for (const value of numbers) await inNode.publish('e', value);
    const iterated = subscription.evaluate(async (there, length) => {
      const received: unknown[] = [];
      for await (const value of there) if (received.push(value) === length) break;
      return received;
    }, count + 1);
    await inNode.publish('e', 'last');
    assert.deepEqual(await iterated, [...numbers, 'last']);
    await until(() => server.stats().subscriptions === 0, 'the end of the subscription');
  });

  it('is told what its rights forbid, and what it asks for wrongly', async () => {
    const reader = await clientIn(page, ids.reader, site.url);
    const writer = await clientIn(page, ids.writer, site.url);
    const forbidden = [
      reader.evaluateHandle((there) => there.publish('e', 1).catch((error: unknown) => error)),
      writer.evaluateHandle((there) => there.subscribe('e').catch((error: unknown) => error)),
    ];
    for (const error of forbidden) assert.equal(await refusal(page, error), 'ERR_PUBSUB_FORBIDDEN');
    await writer.evaluate((there) => there.publish('e', 1));
    await reader.evaluate((there) => there.subscribe('e'));

    const wrong = {
      ERR_PUBSUB_INVALID_ARGUMENT: inPage.evaluateHandle((there) =>
        there.publish('', 1).catch((error: unknown) => error),
      ),
      ERR_PUBSUB_SERIALIZE: inPage.evaluateHandle((there) =>
        there.publish('e', 1n).catch((error: unknown) => error),
      ),
      ERR_PUBSUB_CLOSED: inPage.evaluateHandle(async (there) => {
        await there.close();
        return there.publish('e', 1).catch((error: unknown) => error);
      }),
    };
    for (const [expected, error] of Object.entries(wrong)) assert.equal(await refusal(page, error), expected);
  });

  it('is not taken in with a wrong id, and ends', async () => {
    const wrong = await clientIn(page, 'an-id-that-nobody-has', site.url);
    const ready = wrong.evaluateHandle((there) => there.ready.catch((error: unknown) => error));
    assert.equal(await refusal(page, ready), 'ERR_PUBSUB_UNAUTHORIZED');
    await wrong.evaluate((there) => there.closed);
    assert.equal(await wrong.evaluate((there) => there.stats().state), 'closed');
    await inPage.evaluate((there) => there.ready); // the one beside it is none the worse for it
  });
});
