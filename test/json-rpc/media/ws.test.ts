/** Where the package `ws` is not installed: everything but WebSockets works, and those say what is missing. */
import assert from 'node:assert/strict';
import module from 'node:module';
import { describe, it } from 'node:test';
import { defaultLimits, Server } from 'clustercast';
import { JsonRpcAdapter, JsonRpcClient, webSocket } from 'clustercast/json-rpc';
import { code } from '../../support/codes.js';
import { FakeHandlers } from '../../support/text-channel.js';
import { until } from '../../support/until.js';

type Resolve = (
  specifier: string,
  context: object,
  next: (specifier: string, context: object) => unknown,
) => unknown;

const resolve: Resolve = (specifier, context, next) => {
  if (specifier === 'ws') throw Object.assign(new Error('not found'), { code: 'ERR_MODULE_NOT_FOUND' });
  return next(specifier, context);
};

// For this process, as each file of tests has its own. Node.js 20 has only the way that later versions warn of.
const hook = Reflect.get(module, 'registerHooks') as ((hooks: { resolve: Resolve }) => void) | undefined;
if (hook === undefined)
  module.register(`data:text/javascript,export const resolve = ${encodeURIComponent(String(resolve))}`);
else hook({ resolve });

describe('without the package ws', () => {
  it('a server with WebSockets does not start, and says what to install', async () => {
    const server = new Server([new JsonRpcAdapter(webSocket.listen({ port: 0 }), { isTrusted: true })]);
    await assert.rejects(server.start(), (error: Error) => {
      assert.match(error.message, /npm install ws/);
      assert.ok(error.cause instanceof Error);
      return code('UNSUPPORTED')(error);
    });
  });

  it('a pipe that is dialed ends with the reason, unless it has been closed', async () => {
    const stories = [true, false].map((isClosed) => {
      const told: string[] = [];
      const handlers = Object.assign(new FakeHandlers(), {
        opened: () => void told.push('opened'),
        closed: (error: Error) => void told.push(error.message),
      });
      const channel = webSocket.connect('ws://127.0.0.1:1').open(handlers, defaultLimits);
      channel.send(['lost']);
      assert.equal(channel.backlog, 0);
      if (isClosed) channel.close();
      return told;
    });
    await until(() => stories[1]?.length === 1, 'the end of the second');
    assert.match(stories[1]?.[0] ?? '', /npm install ws/);
    assert.deepEqual(stories[0], []);
  });

  it('a client goes on trying, and says why it is not connected', async () => {
    const client = new JsonRpcClient(null, webSocket.connect('ws://127.0.0.1:1'), { timeout: 1_000 });
    await assert.rejects(client.ready, (error: Error) => {
      assert.match(error.message, /npm install ws/);
      return code('NO_PRIMARY')(error);
    });
    await client.close();
  });
});
