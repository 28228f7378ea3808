/** A server that is closed while it starts: it has started, and is closed. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Server } from 'clustercast';
import { JsonRpcAdapter, tcp, unix, webSocket, type TextSource } from 'clustercast/json-rpc';
import { within } from '../../support/until.js';

const directory = mkdtempSync(join(tmpdir(), 'cc-'));
const path = join(directory, 's');
const server = createServer();

interface Case {
  readonly source: TextSource & { readonly port?: number | undefined };
  readonly isListening: (source: Case['source']) => boolean;
}

const cases: Readonly<Record<string, Case>> = {
  TCP: { source: tcp.listen({ port: 0 }), isListening: ({ port }) => port !== undefined },
  'a Unix socket': { source: unix.listen({ path }), isListening: () => existsSync(path) },
  WebSocket: { source: webSocket.listen({ port: 0 }), isListening: ({ port }) => port !== undefined },
  'a WebSocket that is attached': {
    source: webSocket.listen({ server }),
    isListening: () => server.listenerCount('upgrade') > 0,
  },
};

describe('a server that is closed while it starts', () => {
  for (const [name, { source, isListening }] of Object.entries(cases)) {
    it(`ends both, and does not listen on ${name}`, async () => {
      const started = new Server([new JsonRpcAdapter(source, { isTrusted: true })]);
      const start = started.start().catch(() => undefined);
      await within(started.close(), 'the close');
      await within(start, 'the start');
      const listens = isListening(source);
      await source.close();
      assert.equal(listens, false);
      if (name === 'a Unix socket') rmSync(directory, { recursive: true });
    });
  }
});
