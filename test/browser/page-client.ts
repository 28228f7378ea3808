/** Clients that live in a page, as a test in Node.js has them. */
import type { Client } from 'clustercast/browser';
import type * as browserModule from 'clustercast/browser';
import type { JsonRpcClientOptions } from 'clustercast/json-rpc';
import type { Frame, JSHandle, Page } from 'playwright-core';
import { until } from '../support/until.js';

type BrowserModule = typeof browserModule;

/** What the page of a site has loaded. */
export async function moduleOf(page: Page | Frame): Promise<JSHandle<BrowserModule>> {
  await page.waitForFunction('globalThis.clustercast !== undefined');
  return page.evaluateHandle(() => (globalThis as unknown as { clustercast: BrowserModule }).clustercast);
}

export async function clientIn(
  page: Page | Frame,
  id: string,
  url: string,
  options: JsonRpcClientOptions = {},
): Promise<JSHandle<Client>> {
  const module = await moduleOf(page);
  return module.evaluateHandle(
    ({ JsonRpcClient, webSocket }, given) =>
      new JsonRpcClient(given.id, webSocket.connect(given.url), given.options),
    { id, url, options },
  );
}

/** Subscribes; the list has their values, and grows as they come. */
export function listIn(client: JSHandle<Client>, event: string): Promise<JSHandle<unknown[]>> {
  return client.evaluateHandle(async (it, name) => {
    const values: unknown[] = [];
    await it.subscribe(name, (value) => values.push(value));
    return values;
  }, event);
}

/** The entries of a list in a page, when there are as many. */
export async function entries<Entry>(list: JSHandle<Entry[]>, count: number): Promise<Entry[]> {
  await until(
    async () => (await list.evaluate(({ length }) => length)) >= count,
    `${count} entries of a list in the page`,
    20_000,
  );
  return list.jsonValue();
}

/** What `ask` rejects with in the page: the code of a `PubSubError`, or what else it is. */
export async function refusal(page: Page | Frame, error: Promise<JSHandle<unknown>>): Promise<string> {
  return (await moduleOf(page)).evaluate(
    ({ PubSubError }, it) => (it instanceof PubSubError ? it.code : `no PubSubError: ${String(it)}`),
    await error,
  );
}
