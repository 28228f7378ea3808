/** The demo's live page as its visitor has it, in a browser: what it shows, and what a click does. */
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import type * as browserModule from 'clustercast/browser/state';
import type { Browser, Page } from 'playwright-core';
import { launchChromium, skip } from '../support/chromium.js';
import { count, servedBy } from '../support/demo-page.js';
import { startExample, type Example } from '../support/example.js';
import { ask } from '../support/http.js';
import { until } from '../support/until.js';

const live = '[data-replica][data-state="live"]';
const cardOf = (replica: number): string => `[data-replica="${replica}"]`;
const holding = (flag: string, on: boolean): string =>
  `[data-field="flags"] [data-flag="${flag}"][data-on="${on}"]`;
const switchOf = (flag: string): string => `[data-action="toggle-flag"][data-flag="${flag}"]`;

/** The part of a page's global scope that is needed, which Node.js's types do not have. */
interface InBrowser {
  readonly location: URL;
  getComputedStyle(element: object): Record<'color' | 'backgroundColor', string>;
}

describe("the demo's live page in a browser", { skip, timeout: 120_000 }, () => {
  let browser: Browser;
  let example: Example;
  let service: string;
  let url: URL;
  let page: Page;
  /** What the browser had to complain about. */
  let complaints: string[];

  before(async () => {
    example = startExample(['build/examples/http-replicas/demo.js']);
    browser = await launchChromium();
    ({ service, page: url } = await servedBy(example));
  });

  after(async () => {
    await browser?.close();
    await example?.dispose();
  });

  beforeEach(async () => {
    complaints = [];
    page = await open(url.href);
  });

  afterEach(async () => {
    await page?.close();
    assert.deepEqual(complaints, []);
  });

  it('has a card for each replica, and all that it needs from its own server', async () => {
    await page.close();
    page = await browser.newPage();
    const hosts = new Set<string>();
    page.on('request', (request) => hosts.add(new URL(request.url()).host));
    page.on('websocket', (opening) => hosts.add(new URL(opening.url()).host));
    await page.goto(url.href);
    await untilCount(live, count);
    await until(async () => (await textOf('[data-field="link"]')) === 'connected', 'it is connected');
    const pids = await page.locator(`${live} [data-field="pid"]`).allTextContents();
    assert.equal(new Set(pids).size, count);
    for (const pid of pids) assert.ok(isRunning(Number(pid)), pid);
    assert.deepEqual([...hosts], [url.host]);
  });

  it('shows a flag that is switched on all cards, and how long that took', async () => {
    for (const on of [true, false]) {
      await page.click(switchOf('dark-mode'));
      await untilCount(`${live} ${holding('dark-mode', on)}`, count);
      await untilMeasured();
      assert.equal(await page.locator(holding('dark-mode', !on)).count(), 0);
      assert.equal((await ask('GET', `${service}/flags/dark-mode`)).body['on'], on);
    }
  });

  it('shows a flag that is switched elsewhere', async () => {
    const other = await open(url.href);
    await other.click(switchOf('free-delivery'));
    await untilCount(`${live} ${holding('free-delivery', true)}`, count);
    await ask('PUT', `${service}/flags/free-delivery`, '{"on":false}');
    await untilCount(`${live} ${holding('free-delivery', false)}`, count);
    await other.close();
  });

  it('holds the flags itself, as all replicas do, however late it is opened', async () => {
    await ask('PUT', `${service}/flags/before-the-page`, '{"on":true}');
    const late = await open(url.href);
    // Also where no replica has told what it holds.
    await late.locator(`${switchOf('before-the-page')}[aria-checked="true"]`).waitFor();
    await late.locator('.own[data-state="agreed"]').waitFor();
    assert.equal(await late.locator('.own').textContent(), 'Held by this page as by all 4 replicas.');
    await ask('PUT', `${service}/flags/before-the-page`, '{"on":false}');
    await late.locator(`${switchOf('before-the-page')}[aria-checked="false"]`).waitFor();
    await late.locator('.own[data-state="agreed"]').waitFor();
    await late.close();
  });

  it('changes a product, which all replicas know then', async () => {
    await page.click('[data-action="change-product"]');
    await untilMeasured();
  });

  it('greys the card of a replica that is killed, and shows its successor', async () => {
    const numbers = await replicas();
    const victim = Math.min(...numbers);
    const pid = Number(await textOf(`${cardOf(victim)} [data-field="pid"]`));
    await page.click(`${cardOf(victim)} [data-action="kill"]`);
    await untilCount(`${cardOf(victim)}[data-state="dead"]`, 1);
    await untilCount(live, count);
    assert.ok(!isRunning(pid));
    assert.ok(await page.locator(`${cardOf(victim)} [data-action="kill"]`).isDisabled());
    assert.notEqual(await styleOf(cardOf(victim), 'color'), await styleOf(live, 'color'));

    const [successor, ...others] = (await replicas()).filter((number) => !numbers.includes(number));
    assert.ok(successor !== undefined && others.length === 0);
    await untilMeasured();
    // It is one of them: it has what they have, and hears what they hear.
    await page.click(switchOf('dark-mode'));
    await untilCount(`${cardOf(successor)} ${holding('dark-mode', true)}`, 1);
    await untilCount(`${live} ${holding('dark-mode', true)}`, count);
  });

  for (const [what, hash] of [
    ['without an id', ''],
    ['with a wrong id', '#an-id-that-nobody-has'],
  ] as const) {
    it(`shows and changes nothing ${what}`, async () => {
      const [to] = await replicas();
      const stranger = await open(new URL(`/${hash}`, url).href, 'closed');
      assert.ok(await stranger.locator('[data-field="notice"]').isVisible());
      assert.equal(await stranger.locator('[data-replica]').count(), 0);
      for (const button of await stranger.locator('button').all()) assert.ok(await button.isDisabled());

      // Nor where somebody writes what the page would say.
      const refusals = await stranger.evaluate(seize, [hash.slice(1) || null, to] as const);
      assert.deepEqual(refusals, ['ERR_PUBSUB_UNAUTHORIZED', 'ERR_PUBSUB_UNAUTHORIZED']);
      await page.click(switchOf('new-checkout'));
      await untilMeasured();
      assert.equal(await page.locator('[data-flag="stolen"]').count(), 0);
      assert.ok((await replicas()).includes(to as number));
      await stranger.close();
    });
  }

  it('fits a phone, and is dark where that is wanted', async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      assert.equal(await page.evaluate<number>('document.documentElement.scrollWidth'), 360);
      const [light = 0] = (await styleOf('body', 'backgroundColor')).match(/\d+/g)?.map(Number) ?? [];
      assert.equal(light > 128, colorScheme === 'light', `its ground is ${light}`);
    }
  });

  /** @param link in the end. */
  async function open(address: string, link = 'open'): Promise<Page> {
    const opened = await browser.newPage();
    opened.on('pageerror', (error) => complaints.push(String(error)));
    opened.on('console', (message) => complaints.push(message.text()));
    await opened.goto(address);
    await opened.locator(`[data-link="${link}"]`).waitFor();
    if (link === 'open')
      await opened
        .locator(live)
        .nth(count - 1)
        .waitFor();
    return opened;
  }

  function untilCount(selector: string, wanted: number): Promise<void> {
    const isThere = async (): Promise<boolean> => (await page.locator(selector).count()) === wanted;
    return until(isThere, `${wanted} of ${selector}`, 20_000);
  }

  async function untilMeasured(): Promise<void> {
    await page.locator('.measure[data-state="done"]').waitFor();
    assert.match(await textOf('[data-field="measured"]'), /^\d+(\.\d)? ms$/);
  }

  async function textOf(selector: string): Promise<string> {
    return (await page.locator(selector).textContent()) ?? '';
  }

  /** Of the first such element, as it is shown. */
  function styleOf(selector: string, property: 'color' | 'backgroundColor'): Promise<string> {
    const look = (element: object, name: typeof property): string =>
      (globalThis as unknown as InBrowser).getComputedStyle(element)[name];
    return page.locator(selector).first().evaluate(look, property);
  }

  /** The numbers of those that live. */
  async function replicas(): Promise<number[]> {
    const cards = await page.locator(live).all();
    return Promise.all(cards.map(async (card) => Number(await card.getAttribute('data-replica'))));
  }
});

/** In the page: publishes as its controls would, with this id. Resolves to the codes of the errors. */
async function seize([id, to]: readonly [id: string | null, to: number | undefined]): Promise<unknown[]> {
  const address = '/clustercast-state.js';
  const { JsonRpcClient, webSocket } = (await import(address)) as typeof browserModule;
  const target = `ws://${(globalThis as unknown as InBrowser).location.host}/sync`;
  return Promise.all(
    [
      ['page::kill', { command: 'seize-1', replica: to }] as const,
      ['page::set-flag', { command: 'seize-2', to, name: 'stolen', on: true }] as const,
    ].map(async ([event, order]) => {
      const client = new JsonRpcClient(id, webSocket.connect(target));
      void client.publish(event, order).catch(() => undefined);
      const error: unknown = await client.ready.catch((reason: unknown) => reason);
      await client.close();
      return (error as { code?: unknown } | undefined)?.code;
    }),
  );
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
