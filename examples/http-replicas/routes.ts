/**
 * What a replica answers over HTTP: the paths, what they take, what they give.
 */
import type { Client } from 'clustercast';
import type { Catalogue, Product } from './catalogue.js';
import type { Events } from './events.js';
import type { Flags } from './flags.js';
import { HttpError, readJson, type Route } from './http.js';

export interface Holdings {
  /** The replica's. */
  readonly number: number;
  readonly client: Client<Events>;
  readonly catalogue: Catalogue;
  readonly flags: Flags;
}

const productPath = /^\/products\/([\w-]{1,64})$/;
const flagPath = /^\/flags\/([\w-]{1,64})$/;

export function routes({ number, client, catalogue, flags }: Holdings): Route[] {
  return [
    {
      method: 'GET',
      path: productPath,
      handle: async ([id]) => {
        const { product, isHit } = await catalogue.read(id);
        if (product === undefined) throw new HttpError(404, `there is no product ${id}`);
        return { headers: { 'x-cache': isHit ? 'hit' : 'miss' }, body: { id, ...product } };
      },
    },
    {
      method: 'PUT',
      path: productPath,
      handle: async ([id], request) => {
        const product = checkProduct(await readJson(request));
        return { body: { id, ...product, told: await catalogue.write(id, product) } };
      },
    },
    {
      method: 'GET',
      path: flagPath,
      handle: ([name]) => {
        const flag = flags.get(name);
        if (flag === undefined) throw new HttpError(404, `there is no flag ${name}`);
        return { body: { name, on: flag.on } };
      },
    },
    {
      method: 'PUT',
      path: flagPath,
      handle: async ([name], request) => {
        const on = checkFlag(await readJson(request));
        return { body: { name, on, told: await flags.write(name, on) } };
      },
    },
    {
      method: 'GET',
      path: /^\/whoami$/,
      handle: () => ({
        body: {
          replica: number,
          pid: process.pid,
          cached: catalogue.cachedIds,
          flags: flags.all(),
          events: client.stats().received,
        },
      }),
    },
    {
      method: 'POST',
      path: /^\/crash$/,
      handle: () => ({
        status: 202,
        headers: { connection: 'close' },
        body: { replica: number, pid: process.pid },
        sent: () => process.kill(process.pid, 'SIGKILL'), // no handler runs, nothing is tidied up
      }),
    },
  ];
}

function checkProduct(body: unknown): Product {
  const { name, price } = checkObject(body);
  if (typeof name !== 'string' || name.length === 0 || name.length > 200) {
    throw new HttpError(400, 'name must be a string of 1 to 200 characters');
  }
  // JSON has no Infinity, but 1e999 is read as one.
  if (typeof price !== 'number' || price < 0 || !Number.isFinite(price))
    throw new HttpError(400, 'price must be a number from 0 up');
  return { name, price };
}

function checkFlag(body: unknown): boolean {
  const { on } = checkObject(body);
  if (typeof on !== 'boolean') throw new HttpError(400, 'on must be true or false');
  return on;
}

function checkObject(body: unknown): Readonly<Record<string, unknown>> {
  if (typeof body !== 'object' || body === null) throw new HttpError(400, 'the body must be an object');
  return body as Record<string, unknown>;
}
