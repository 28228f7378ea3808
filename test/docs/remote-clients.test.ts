/**
 * docs/remote-clients.md: every snippet compiles, the recipes run, and what it says of limits is so.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { before, describe, it } from 'node:test';
import { defaultLimits, type Limits } from 'clustercast';
import { JsonRpcClient, webSocket } from 'clustercast/json-rpc';
import { randomId } from '#lib/protocol/random.js';
import { freePort } from '../support/media.js';
import { until, within } from '../support/until.js';
import { root } from './document.js';
import { blocksOf, rowsOf, sectionOf } from './markdown.js';
import { compile } from './snippets.js';

const text = readFileSync(new URL('docs/remote-clients.md', root), 'utf8');
const snippets = blocksOf(text.replaceAll('<!-- recipe: ', '<!-- golden: ')).filter(
  ({ language }) => language === 'ts',
);

describe('docs/remote-clients.md', () => {
  let program: (position: number) => string;

  before(async () => {
    program = await compile(
      'remote-clients',
      snippets.map((snippet) => snippet.text),
    );
  });

  for (const recipe of ['node-http', 'express', 'fastify']) {
    it(`has a recipe for ${recipe} that serves both, and ends when it is told to`, async () => {
      const position = snippets.findIndex(({ name }) => name === recipe);
      assert.notEqual(position, -1);
      const [id, port] = [randomId(), await freePort()];
      const child = spawn(process.execPath, [program(position)], {
        env: { ...process.env, CLIENT_ID: id, PORT: String(port) },
        stdio: ['ignore', 'inherit', 'inherit'],
      });
      const exited = once(child, 'exit');
      try {
        const address = `http://127.0.0.1:${port}/`;
        await until(
          () =>
            fetch(address).then(
              async (response) => (await response.text()) === 'hello',
              () => false,
            ),
          'it answers over HTTP',
        );
        const url = `ws://127.0.0.1:${port}/sync`;
        const [one, other] = [id, id].map((own) => new JsonRpcClient(own, webSocket.connect(url)));
        assert.ok(one !== undefined && other !== undefined);
        const received: unknown[] = [];
        await one.subscribe('e', (value) => received.push(value));
        assert.deepEqual(await other.publish('e', 1), { listeners: 1 });
        await until(() => received.length === 1, 'the value');
        const stranger = new JsonRpcClient(randomId(), webSocket.connect(url));
        await assert.rejects(stranger.ready, { code: 'ERR_PUBSUB_UNAUTHORIZED' });
        // With a WebSocket still open, the HTTP server would not close by itself.
        child.kill('SIGTERM');
        assert.deepEqual(await within(exited, 'it ends'), [0, null]);
        await Promise.all([one.close(), other.close()]);
      } finally {
        child.kill('SIGKILL');
      }
    });
  }

  it('names limits that there are, with their defaults', () => {
    const rows = rowsOf(sectionOf(text, 'What cannot be done to it'));
    const kept = rows.map((row) => row[1]).join(' ');
    const names = Object.keys(defaultLimits) as (keyof Limits)[];
    const edge = [
      ...(['unknownFrameBytes', 'frameBytes', 'frameTime', 'identifyTime', 'connectionsPerAddress'] as const),
      ...(['connections', 'jsonDepth', 'requestsPerFrame', 'requestsPerSecond', 'silenceTime'] as const),
      ...(['unknownOutputBytes', 'outputBytes', 'subscriptionsPerClient', 'eventNameLength'] as const),
    ];
    const mentioned = names.filter((name) => new RegExp(`\\b${name}\\b`).test(kept));
    assert.deepEqual(mentioned.toSorted(), edge.toSorted());
    const defaults = rows.map((row) => row[2]).join(' ');
    for (const [name, said] of Object.entries(spelled)) {
      assert.equal(said.value, defaultLimits[name as keyof Limits], name);
      assert.ok(defaults.includes(said.text), `${name}: ${said.text}`);
    }
  });
});

/** Defaults as the table says them. */
const spelled: Readonly<Partial<Record<keyof Limits, { value: number; text: string }>>> = {
  unknownFrameBytes: { value: 16 * 1024, text: '16 KiB' },
  frameBytes: { value: 1024 * 1024, text: '1 MiB' },
  frameTime: { value: 30_000, text: '30 s' },
  identifyTime: { value: 10_000, text: '10 s' },
  connectionsPerAddress: { value: 256, text: '256' },
  connections: { value: 65_536, text: '65,536' },
  jsonDepth: { value: 64, text: '64' },
  requestsPerFrame: { value: 128, text: '128' },
  requestsPerSecond: { value: 1_000, text: '1,000' },
  silenceTime: { value: 30_000, text: 'twice 30 s' },
  unknownOutputBytes: { value: 64 * 1024, text: '64 KiB' },
  outputBytes: { value: 8 * 1024 * 1024, text: '8 MiB' },
};
