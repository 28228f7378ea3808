/** The address of a WebSocket: what is one, and what may be said of it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkUrl } from '#lib/json-rpc/media/websocket-url.js';
import { code } from '../../support/codes.js';

describe('the address of a WebSocket', () => {
  it('may be a text or a URL', () => {
    for (const url of ['wss://app.example:8443/sync', new URL('wss://app.example:8443/sync')]) {
      const whole = 'wss://app.example:8443/sync';
      assert.deepEqual(checkUrl(url), { href: whole, target: whole });
    }
    assert.deepEqual(checkUrl('ws://localhost'), { href: 'ws://localhost/', target: 'ws://localhost/' });
  });

  it('is dialed with its secrets, and named without them', () => {
    const { href, target } = checkUrl('wss://user:password@app.example/sync?token=secret');
    assert.equal(href, 'wss://user:password@app.example/sync?token=secret');
    assert.equal(target, 'wss://app.example/sync');
  });

  it('must be one with the scheme ws or wss, and without a fragment', () => {
    const none = [
      '',
      'app.example',
      '//app.example',
      'http://a',
      'https://a',
      'file:///a',
      'ws://',
      'ws://a/#b',
    ];
    for (const url of [...none, null, undefined, 7, {}] as string[])
      assert.throws(() => checkUrl(url), code('INVALID_ARGUMENT'), url);
  });

  it('is not repeated in its refusal', () => {
    assert.throws(
      () => checkUrl('https://a/?token=secret'),
      (error: Error) => !error.message.includes('secret'),
    );
  });
});
