/**
 * What a replica answers over HTTP: the paths, what they take, what they give.
 */
import type { Catalogue } from './catalogue.js';
import { checkFlag, checkProduct } from './checks.js';
import type { Flags } from './flags.js';
import { HttpError, readJson, type Route } from './http.js';
import type { StateClient } from './state.js';

export interface Holdings {
  /** The replica's. */
  readonly number: number;
  readonly client: StateClient;
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
        const version = await catalogue.write(id, product);
        return { body: { id, ...product, version } };
      },
    },
    {
      method: 'GET',
      path: flagPath,
      handle: ([name]) => {
        const on = flags.get(name);
        if (on === undefined) throw new HttpError(404, `there is no flag ${name}`);
        return { body: { name, on } };
      },
    },
    {
      method: 'PUT',
      path: flagPath,
      handle: async ([name], request) => {
        const on = checkFlag(await readJson(request));
        const version = await flags.write(name, on);
        return { body: { name, on, version } };
      },
    },
    {
      method: 'GET',
      path: /^\/whoami$/,
      handle: () => ({
        body: {
          replica: number,
          pid: process.pid,
          cached: catalogue.cached.map(({ id }) => id),
          flags: Object.fromEntries(flags.all().map(({ name, on }) => [name, on])),
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
