/** The browser's own WebSocket against a server that is none of ours, or one that it may not even ask. */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import type { Client } from 'clustercast/browser';
import type { JsonRpcClientOptions } from 'clustercast/json-rpc';
import type { Browser, JSHandle, Page } from 'playwright-core';
import { WebSocketServer, type WebSocket } from 'ws';
import { launchChromium, skip } from '../support/chromium.js';
import { Mailbox } from '../support/mailbox.js';
import { until } from '../support/until.js';
import { entries, moduleOf, refusal } from './page-client.js';
import { bundle, html, openSite, type Site } from './site.js';

const id = 'the-id-of-the-page';

describe("a page's WebSocket", { skip }, () => {
  let browser: Browser;
  let site: Site;
  let page: Page;
  /** What the page did not catch. */
  let failed: Error[];
  /** The server's ends, as pages come. */
  let opened: Mailbox<WebSocket>;

  before(async () => {
    browser = await launchChromium();
  });

  after(() => browser?.close());

  beforeEach(async () => {
    site = await openSite();
    opened = new Mailbox();
    failed = [];
    page = await browser.newPage();
    page.on('pageerror', (error) => failed.push(error));
  });

  afterEach(async () => {
    await page?.close();
    await site?.close();
    assert.deepEqual(failed, []);
  });

  it('raises an error where it brings what is no text, and stays', async () => {
    serveByHand({});
    const { story } = await connect(site.url);
    const webSocket = await opened.take();
    await entries(story, 1);
    webSocket.send(Buffer.from('{"jsonrpc":"2.0","method":"event","params":{"event_name":"e","value":1}}'));
    assert.deepEqual(await entries(story, 2), ['connect', 'error ERR_PUBSUB_PROTOCOL']);
    webSocket.send('nonsense');
    assert.deepEqual((await entries(story, 3)).slice(2), ['error ERR_PUBSUB_PROTOCOL']);
    assert.equal(site.origins.length, 1);
  });

  it('ends at a text that is longer than the client takes, and is opened again', async () => {
    serveByHand({});
    const { story } = await connect(site.url, { limits: { serverFrameBytes: 1_000 } });
    const webSocket = await opened.take();
    await entries(story, 1);
    webSocket.send('x'.repeat(1_000));
    await entries(story, 2);
    webSocket.send('x'.repeat(1_001));
    assert.deepEqual((await entries(story, 4)).slice(1), [
      'error ERR_PUBSUB_PROTOCOL', // no JSON, and read
      'disconnect: the link was lost: the server went beyond the limit of 1000 (serverFrameBytes)',
      'connect',
    ]);
    await opened.take();
  });

  it('ends where the server does not say that it lives, and is opened again', async () => {
    serveByHand({ limits: { silence_time: 200 } });
    const { story } = await connect(site.url);
    assert.deepEqual((await entries(story, 3)).slice(0, 3), [
      'connect',
      'disconnect: the link was lost: the server has been silent for too long',
      'connect',
    ]);
  });

  it('is given up where nobody answers, and opened again', async () => {
    const silent: Socket[] = [];
    site.server.on('upgrade', (_request, socket: Socket) => silent.push(socket));
    const { client } = await connect(site.url, { timeout: 300 });
    await until(() => silent.length >= 3, 'three attempts');
    const ready = client.evaluateHandle((there) => there.ready.catch((error: unknown) => error));
    assert.equal(await refusal(page, ready), 'ERR_PUBSUB_NO_PRIMARY');
    await client.evaluate((there) => there.close());
  });

  it('is tried again where the browser refuses to open it, and throws at nobody', async () => {
    // Such as ws: from https:, unless the name of the host says that it is this machine.
    await page.route('https://app.test/**', (route) => {
      const isPage = new URL(route.request().url()).pathname === '/';
      const contentType = isPage ? 'text/html' : 'text/javascript';
      return route.fulfill({ contentType, body: isPage ? html : bundle });
    });
    const url = `ws://sync.test:${site.port}/sync`;
    // An attempt that nobody said had failed would last as long.
    const { client } = await connect(url, { timeout: 60_000 }, 'https://app.test/');
    const attempts = await page.evaluateHandle(() => {
      const addresses: string[] = [];
      globalThis.WebSocket = new Proxy(globalThis.WebSocket, {
        construct: (target, [address]: [string]) => {
          addresses.push(address);
          return new target(address);
        },
      });
      return addresses;
    });
    assert.deepEqual((await entries(attempts, 2)).slice(0, 2), [url, url]);
    assert.equal(await client.evaluate((there) => there.stats().state), 'connecting');
    assert.equal(site.origins.length, 0);
    await client.evaluate((there) => there.close());
  });

  /** Says `welcome` to each page that comes, and nothing else by itself. */
  function serveByHand(welcome: object): void {
    const webSockets = new WebSocketServer({ noServer: true });
    site.server.on('upgrade', (request, socket: Socket, head: Buffer) => {
      webSockets.handleUpgrade(request, socket, head, (webSocket) => {
        webSocket.on('error', () => undefined);
        webSocket.once('message', () => {
          webSocket.send(JSON.stringify({ jsonrpc: '2.0', id: 'hello', result: welcome }));
          opened.put(webSocket);
        });
      });
    });
  }

  /** A client in the page, and what happens to it, in order. */
  async function connect(
    url: string,
    options: JsonRpcClientOptions = {},
    from: string = site.origin,
  ): Promise<{ client: JSHandle<Client>; story: JSHandle<string[]> }> {
    await page.goto(from);
    const module = await moduleOf(page);
    const both = await module.evaluateHandle(
      ({ JsonRpcClient, PubSubError, webSocket }, given) => {
        const client = new JsonRpcClient(given.id, webSocket.connect(given.url), given.options);
        const story: string[] = [];
        client.on('connect', () => story.push('connect'));
        client.on('disconnect', (reason) => story.push(`disconnect: ${reason?.message}`));
        client.on('error', (error) => story.push(`error ${error instanceof PubSubError ? error.code : ''}`));
        return { client, story };
      },
      { id, url, options },
    );
    return {
      client: await both.evaluateHandle(({ client }) => client),
      story: await both.evaluateHandle(({ story }) => story),
    };
  }
});
