/**
 * The database of the demo: rows in memory, reached over HTTP only. In production it is on another machine;
 * here it lives in the primary, with which the replicas share no memory either.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { assortment } from './assortment.js';
import type { Row } from './database.js';
import { HttpError, readJson, type Route } from './http.js';
import { JsonServer } from './json-server.js';

/** How long a read takes, in milliseconds. */
const latency = 150;

export async function startDatabase(): Promise<{ url: string; close: () => Promise<void> }> {
  const server = new JsonServer(routes());
  const port = await server.listen(0);
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() };
}

function routes(): Route[] {
  const products = new Map<string, Row<unknown>>();
  let version = 0;

  function write(key: string, value: unknown): Row<unknown> {
    const row = { key, value, version: ++version };
    products.set(key, row);
    return row;
  }

  for (const { id, name, price } of assortment) write(id, { name, price });

  const path = /^\/products\/([^/]+)$/;
  return [
    {
      method: 'GET',
      path,
      handle: async ([key]) => {
        const row = products.get(key);
        // After the look, not before it: what arrives was true a moment ago, and may be so no more.
        await delay(latency);
        if (row === undefined) throw new HttpError(404, 'there is no such row');
        return { body: row };
      },
    },
    {
      method: 'PUT',
      path,
      handle: async ([key], request) => ({ body: write(key, await readJson(request)) }),
    },
  ];
}
