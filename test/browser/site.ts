/**
 * A web site for tests: one page on a plain HTTP server, which loads the browser module as it is published, and one
 * that loads the module that holds state.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { fileURLToPath } from 'node:url';

/** As they resolve for whoever has the package. */
export const bundle = readModule(import.meta.resolve('clustercast/browser'));
export const stateBundle = readModule(import.meta.resolve('clustercast/browser/state'));

const modules = new Map([
  ['/clustercast.js', bundle],
  ['/clustercast-state.js', stateBundle],
]);

export const html = pageOf('/clustercast.js');
/** The page that loads the module that holds state. */
export const statePath = '/state';

/** Each of the others is the page of the first module. A sandboxed one is of no origin, and runs its scripts. */
const pages: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '/': {},
  '/elsewhere': {},
  [statePath]: {},
  '/sandboxed': { 'content-security-policy': 'sandbox allow-scripts' },
};

export interface Site {
  readonly server: Server;
  readonly port: number;
  /** By its address; it has host names besides. */
  readonly origin: string;
  /** Of WebSockets, at `/sync`. */
  readonly url: string;
  /** What was asked for, in order: method and path. */
  readonly requests: readonly string[];
  /** The `Origin` of each WebSocket that was asked for. */
  readonly origins: readonly (string | undefined)[];
  /** Ends every connection in the middle. */
  cut(): void;
  close(): Promise<void>;
}

export async function openSite(): Promise<Site> {
  const requests: string[] = [];
  const origins: (string | undefined)[] = [];
  const sockets = new Set<Socket>();
  const server = createServer(({ method = '', url = '' }, response) => {
    requests.push(`${method} ${url}`);
    const headers = pages[url];
    const module = modules.get(url);
    if (headers !== undefined)
      response
        .writeHead(200, { 'content-type': 'text/html', ...headers })
        .end(url === statePath ? pageOf('/clustercast-state.js') : html);
    else if (module === undefined) response.writeHead(404).end();
    // Any page may load the module, as from a public host of packages.
    else
      response
        .writeHead(200, { 'content-type': 'text/javascript', 'access-control-allow-origin': '*' })
        .end(module);
  });
  server.on('upgrade', ({ headers }) => origins.push(headers.origin));
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    server,
    port,
    origin: `http://127.0.0.1:${port}`,
    url: `ws://127.0.0.1:${port}/sync`,
    requests,
    origins,
    cut,
    close: async () => {
      server.close();
      cut();
      await once(server, 'close');
    },
  };
}

/** Without an icon, for which the browser would ask. */
function pageOf(path: string): string {
  return `<!doctype html>
<meta charset="utf-8" />
<title>A page</title>
<link rel="icon" href="data:," />
<script type="module">
  import * as clustercast from '${path}';
  globalThis.clustercast = clustercast;
</script>
`;
}

function readModule(url: string): string {
  return readFileSync(fileURLToPath(url), 'utf8');
}
