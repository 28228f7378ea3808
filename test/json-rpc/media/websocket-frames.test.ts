/** Frames that are made past `ws`: a `ws` client reads them as the messages that they are. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { it } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { toFrames } from '#lib/json-rpc/media/websocket-frames.js';
import { within } from '../../support/until.js';

it('messages of each form of length are read as they were said, in order', async (t) => {
  const texts = [0, 1, 125, 126, 127, 65_535, 65_536, 200_000].map((length) => 'x'.repeat(length));
  texts.push('ü'.repeat(63), 'ü'.repeat(32_768), 'end');
  const listening = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
  t.after(() => listening.close());
  listening.on('connection', (_peer, request) => request.socket.write(toFrames(texts)));
  await once(listening, 'listening');
  const client = new WebSocket(`ws://127.0.0.1:${(listening.address() as AddressInfo).port}/`);
  t.after(() => client.terminate());
  const received: string[] = [];
  const last = new Promise<void>((resolve) => {
    client.on('message', (data: Buffer, isBinary) => {
      received.push(isBinary ? 'binary' : data.toString());
      if (received.length === texts.length) resolve();
    });
  });
  await within(last, 'the last message');
  assert.deepEqual(received, texts);
});
