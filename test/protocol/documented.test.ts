/** The documented messages: read as they were spelled, by every serialization; and nonsense is only called so. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { encodedValues, nameAt, oneEvent } from '#lib/protocol/columns.js';
import {
  readRequest,
  readServerMessage,
  spellClientMessage,
  spellRequest,
  spellResponse,
  spellServerMessage,
} from '#lib/protocol/documented.js';
import { defaultLimits } from '#lib/protocol/limits.js';
import type { Malformed, Request } from '#lib/protocol/messages.js';
import { anything, damaged, wires } from '../support/arbitraries.js';
import {
  eventsMessage,
  isSound,
  published,
  publishes,
  refused,
  request,
  response,
} from '../support/messages.js';
import { holds } from '../support/property.js';

const read = (message: unknown): unknown => readRequest(message, defaultLimits);
const readAnswer = (message: unknown): unknown => readServerMessage(message, defaultLimits);

function checkReaders(message: unknown): void {
  assert.ok(isSound(readRequest(message, defaultLimits)));
  assert.ok(isSound(readServerMessage(message, defaultLimits)));
}

for (const { wire, carry } of wires) {
  describe(`documented messages through ${wire}`, () => {
    it('a request is read as it was spelled', () => {
      holds(fc.property(request, (said) => assert.deepEqual(read(carry(spellRequest(said))), said)));
    });

    it('a response is read as it was spelled', () => {
      holds(fc.property(response, (said) => assert.deepEqual(readAnswer(carry(spellResponse(said))), said)));
    });

    it('publishes are spelled as one request each, numbered in a row', () => {
      holds(
        fc.property(publishes, (said) => {
          const heard = spellClientMessage(said).map((message) => read(carry(message)));
          const expected = [...encodedValues(said.columns)].map((value, position) => ({
            kind: 'request',
            id: String(said.first + position),
            clientId: undefined,
            method: 'publish',
            params: carry({
              event_name: nameAt(said.columns, position),
              value: JSON.parse(value) as unknown,
            }),
          }));
          assert.deepEqual(heard, expected);
        }),
      );
    });

    it('events are spelled one by one, and read as they were', () => {
      holds(
        fc.property(eventsMessage, (said) => {
          const heard = spellServerMessage(said).map((message) => readAnswer(carry(message)));
          const expected = [...encodedValues(said.columns)].map((value, position) => ({
            kind: 'events',
            columns: oneEvent(nameAt(said.columns, position), value),
          }));
          assert.deepEqual(heard, expected);
        }),
      );
    });
  });
}

describe('the documented answers to a batch', () => {
  it('are as many as it had publishes that were accepted, each with its count', () => {
    holds(
      fc.property(published, (said) => {
        const answers: unknown[] = [];
        for (let run = 0; run < said.listeners.length; run += 2) {
          for (let count = said.listeners[run] ?? 0; count > 0; count--) {
            const result = { listeners: said.listeners[run + 1] };
            answers.push({ status: true, request_id: String(said.first + answers.length), result });
          }
        }
        assert.deepEqual(spellServerMessage(said), answers);
      }),
    );
  });

  it('are as many as it had publishes that were refused, each with the reason', () => {
    holds(
      fc.property(refused, (said) => {
        const { code, message } = said.failure;
        const expected = Array.from({ length: said.count }, (_, position) => ({
          status: false,
          request_id: String(said.first + position),
          error_message: message,
          ...(code === undefined ? {} : { code }),
        }));
        assert.deepEqual(spellServerMessage(said), expected);
      }),
    );
  });
});

describe('reading documented messages', () => {
  it('never throws, and ends in something sound', () => {
    const right = fc.oneof(
      fc.oneof(request, publishes).map((said) => spellClientMessage(said)[0]),
      fc.oneof(response, eventsMessage).map((said) => spellServerMessage(said)[0]),
    );
    holds(fc.property(anything, checkReaders), 2_000);
    holds(fc.property(damaged(right), checkReaders), 20_000);
  });

  it('takes ids up to their limit, and no empty ones', () => {
    const limits = { ...defaultLimits, idLength: 3 };
    const ask = (request_id: string, client_id?: string): unknown =>
      readRequest({ request_id, client_id, method: 'm' }, limits);
    const accepted = { kind: 'request', id: 'abc', clientId: 'def', method: 'm', params: {} };
    assert.deepEqual(ask('abc', 'def'), accepted);
    for (const [id, clientId, known] of [
      ['', 'def', ''],
      ['abcd', 'def', ''],
      ['abc', '', 'abc'],
      ['abc', 'defg', 'abc'],
    ] as const) {
      const { problem, ...refusal } = ask(id, clientId) as Malformed;
      assert.match(problem, /idLength/);
      assert.deepEqual(refusal, { kind: 'malformed', id: known });
    }
  });

  it('finds a client_id at the top and in params, prefers the top, and takes null for none', () => {
    const found = [
      ['top', 'inside'],
      [undefined, 'inside'],
      [null, null],
    ].map(([top, inside]) => {
      const message = { request_id: '1', method: 'm', client_id: top, params: { client_id: inside } };
      const { kind, clientId } = read(message) as Request;
      return [kind, clientId];
    });
    assert.deepEqual(found, [
      ['request', 'top'],
      ['request', 'inside'],
      ['request', undefined],
    ]);
  });

  it('gives a refusal without a reason or with an unknown code a text, and no code', () => {
    assert.deepEqual(readAnswer({ status: false, request_id: '1', code: 'ERR_OF_THE_FUTURE' }), {
      kind: 'response',
      id: '1',
      ok: false,
      failure: { code: undefined, message: 'the server refused the request without a reason' },
    });
  });

  it('refuses a response that does not say whether it is one of success, or with a result that is none', () => {
    for (const incomplete of [
      {},
      { status: 1 },
      { status: 'true' },
      { status: null },
      { status: true, result: [] },
    ]) {
      const message = { request_id: '1', ...incomplete };
      assert.equal((readAnswer(message) as Malformed).kind, 'malformed', JSON.stringify(message));
    }
  });

  it('refuses an event that is no pair of a name and a value', () => {
    for (const event of [[], ['e'], ['e', 1, 2], [1, 1], [null, 1]]) {
      assert.equal((readAnswer(event) as { kind: string }).kind, 'malformed', JSON.stringify(event));
    }
  });

  it('takes a response to a request whose id the server could not read, but no such request', () => {
    const refusal = { status: false, request_id: '', code: 'ERR_PUBSUB_PROTOCOL', error_message: 'no' };
    const failure = { code: 'ERR_PUBSUB_PROTOCOL', message: 'no' };
    assert.deepEqual(readAnswer(refusal), { kind: 'response', id: '', ok: false, failure });
    assert.deepEqual((read({ request_id: '', method: 'm' }) as Malformed).kind, 'malformed');
  });

  it('says nothing of what is no message', () => {
    const malformed = { kind: 'malformed', id: '1', problem: 'nonsense' } as const;
    assert.deepEqual([spellClientMessage(malformed), spellServerMessage(malformed)], [[], []]);
  });
});
