/**
 * The database of the demo: rows in memory, reached over HTTP only. In production it is on another machine;
 * here it lives in the primary, with which the replicas share no memory either.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { assortment } from './assortment.js';
import type { Row, TableName } from './database.js';
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
  const tables: Record<TableName, Map<string, Row<unknown>>> = {
    products: new Map(),
    flags: new Map(),
  };
  let version = 0;

  function write(table: TableName, key: string, value: unknown): Row<unknown> {
    const row = { key, value, version: ++version };
    tables[table].set(key, row);
    return row;
  }

  for (const { id, name, price } of assortment) write('products', id, { name, price });

  return (['products', 'flags'] as const).flatMap((table): Route[] => [
    {
      method: 'GET',
      path: new RegExp(`^/${table}$`),
      handle: async () => {
        const rows = [...tables[table].values()];
        await delay(latency);
        return { body: rows };
      },
    },
    {
      method: 'GET',
      path: new RegExp(`^/${table}/([^/]+)$`),
      handle: async ([key]) => {
        const row = tables[table].get(key);
        // After the look, not before it: what arrives was true a moment ago, and may be so no more.
        await delay(latency);
        if (row === undefined) throw new HttpError(404, 'there is no such row');
        return { body: row };
      },
    },
    {
      method: 'PUT',
      path: new RegExp(`^/${table}/([^/]+)$`),
      handle: async ([key], request) => ({ body: write(table, key, await readJson(request)) }),
    },
  ]);
}
