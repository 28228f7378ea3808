/** What both sides spell: as the package json-rpc-2.0 does it, and with values that are encoded already. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createJSONRPCNotification, createJSONRPCRequest } from 'json-rpc-2.0';
import { notification, request, withValue } from '#lib/json-rpc/wire.js';
import { encoded, eventName } from '../support/arbitraries.js';
import { holds } from '../support/property.js';

describe('what is spelled', () => {
  it('is what the package json-rpc-2.0 makes', () => {
    assert.deepEqual(request('1', 'm', { a: 1 }), createJSONRPCRequest('1', 'm', { a: 1 }));
    assert.deepEqual(notification('m', { a: 1 }), createJSONRPCNotification('m', { a: 1 }));
  });

  it('holds a value that is encoded already as it would hold the value', () => {
    holds(
      fc.property(eventName, fc.string(), encoded, (event_name, request_id, value) => {
        const text = withValue('m', { request_id, event_name }, value);
        const params = { request_id, event_name, value: JSON.parse(value) as unknown };
        assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(notification('m', params))));
      }),
    );
  });
});
