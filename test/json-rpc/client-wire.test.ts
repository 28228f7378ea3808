/** What a client says and hears, and that it hears the same whichever way it reads. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { defaultLimits } from 'clustercast';
import { joinEvents, readServerFrame, spellRequests, type ServerFrame } from '#lib/json-rpc/client-wire.js';
import { eventTexts } from '#lib/json-rpc/replies.js';
import { encodedValues, nameAt } from '#lib/protocol/columns.js';
import type { ServerMessage } from '#lib/protocol/messages.js';
import {
  anything,
  columnsOf,
  damaged,
  encoded,
  eventName,
  events,
  jsonValue,
  record,
} from '../support/arbitraries.js';
import { isSound, publishes, request } from '../support/messages.js';
import { holds } from '../support/property.js';

const limits = { ...defaultLimits, idLength: 10 };

function read(frame: unknown): ServerFrame[] {
  return readServerFrame(JSON.stringify(frame), limits, true);
}

/** The one message that `frame` is. */
function message(frame: unknown): ServerMessage {
  const [only, ...others] = read(frame);
  assert.ok(only?.kind === 'message' && others.length === 0, JSON.stringify(only));
  return only.message;
}

function notification(method: string, params: unknown): object {
  return { jsonrpc: '2.0', method, params };
}

const failed = (failure: object): object => ({ kind: 'response', id: '7', ok: false, failure });

describe('what a client says', () => {
  it('is a notification for each request, with its id and, where it must, who asks', () => {
    holds(
      fc.property(request, fc.option(fc.string(), { nil: undefined }), (asked, clientId) => {
        const [spelled, ...others] = spellRequests(asked, clientId);
        assert.ok(spelled !== undefined && others.length === 0);
        assert.equal(spelled.id, asked.id);
        const identity = clientId === undefined ? {} : { client_id: clientId };
        const params = { request_id: asked.id, ...identity, ...asked.params };
        assert.deepEqual(
          JSON.parse(spelled.text),
          JSON.parse(JSON.stringify(notification(asked.method, params))),
        );
      }),
    );
  });

  it('is a notification for each publish of several, with ids in a row', () => {
    holds(
      fc.property(publishes, fc.option(fc.string(), { nil: undefined }), (asked, clientId) => {
        const spelled = spellRequests(asked, clientId);
        const identity = clientId === undefined ? {} : { client_id: clientId };
        const expected = Array.from(encodedValues(asked.columns), (value, position) => {
          const id = asked.first + position;
          const event_name = nameAt(asked.columns, position);
          const params = {
            request_id: String(id),
            ...identity,
            event_name,
            value: JSON.parse(value) as unknown,
          };
          return { id, frame: JSON.parse(JSON.stringify(notification('publish', params))) as unknown };
        });
        assert.deepEqual(
          spelled.map(({ id, text }) => ({ id, frame: JSON.parse(text) as unknown })),
          expected,
        );
      }),
    );
  });

  it('is nothing where there is nothing to say', () => {
    assert.deepEqual(spellRequests({ kind: 'malformed', id: '1', problem: 'p' }, 'me'), []);
  });
});

describe('an event', () => {
  it('is heard as this server spells it and as any other would, with any name and value', () => {
    const layout = fc.constantFrom<string | undefined>(undefined, '  ');
    holds(
      fc.property(eventName, encoded, layout, (name, value, space) => {
        const parsed = JSON.parse(value) as unknown;
        const whole = notification('event', { event_name: name, value: parsed });
        const texts = [
          ...eventTexts(columnsOf([{ name, value }])),
          JSON.stringify(whole, undefined, space),
          JSON.stringify(Object.fromEntries(Object.entries(whole).toReversed())),
        ];
        for (const [text, isOurs] of texts.flatMap((spelled) => [
          [spelled, true] as const,
          [spelled, false] as const,
        ])) {
          const [frame, ...others] = readServerFrame(text, limits, isOurs);
          assert.ok(frame?.kind === 'event' && others.length === 0, text);
          assert.equal(frame.name, name);
          assert.deepEqual(JSON.parse(frame.value), parsed);
        }
      }),
    );
  });

  it('keeps the text of its value where this server has spelled it', () => {
    const [text = ''] = eventTexts(columnsOf([{ name: 'e', value: '{"a":1e2}' }]));
    assert.deepEqual(readServerFrame(text, limits, true), [{ kind: 'event', name: 'e', value: '{"a":1e2}' }]);
  });

  it('of a foreign server may have fields that are not documented, which are ignored', () => {
    const params = { event_name: 'e', value: { a: 1 } };
    for (const frame of [
      notification('event', { ...params, meta: {} }),
      { ...notification('event', params), meta: {} },
    ]) {
      assert.deepEqual(readServerFrame(JSON.stringify(frame), limits, false), [
        { kind: 'event', name: 'e', value: '{"a":1}' },
      ]);
    }
  });

  it('with a name that needs escapes is read as well', () => {
    for (const name of ['"', '\\', '"value":1}}', 'a\n', '\u2028', '","value":', '\ud800']) {
      const [frame] = read(notification('event', { event_name: name, value: 1 }));
      assert.deepEqual(frame, { kind: 'event', name, value: '1' });
    }
  });

  it('without a value has null', () => {
    assert.deepEqual(read(notification('event', { event_name: 'e' })), [
      { kind: 'event', name: 'e', value: 'null' },
    ]);
  });

  it('without a name is none', () => {
    for (const event_name of [undefined, null, 7, {}]) {
      const heard = message(notification('event', { event_name, value: 1 }));
      assert.deepEqual(heard, { kind: 'malformed', id: '', problem: "an event's name must be a string" });
    }
  });
});

describe('events in a row', () => {
  it('make one message, in their order', () => {
    holds(
      fc.property(events, (plain) => {
        const joined = joinEvents(plain);
        assert.deepEqual(joined, { kind: 'events', columns: columnsOf(plain) });
      }),
    );
  });
});

describe('the answer to a notification', () => {
  it('is matched by its name alone, whatever request_id is inside', () => {
    const response = { kind: 'response', id: '7', ok: true, result: { listeners: 1 } };
    for (const inside of [{}, { request_id: '7' }, { request_id: '8' }, { request_id: null }])
      assert.deepEqual(
        message(notification('7', { status: true, ...inside, result: { listeners: 1 } })),
        response,
      );
  });

  it('of subscribe may have its fields beside the result, inside, or both', () => {
    const result = { subscription_id: 's', client_id: 'me' };
    const response = { kind: 'response', id: '7', ok: true, result };
    assert.deepEqual(message(notification('7', { status: true, ...result })), response);
    assert.deepEqual(message(notification('7', { status: true, result })), response);
    assert.deepEqual(message(notification('7', { status: true, result, ...result })), response);
    // Inside is what is documented.
    const other = { subscription_id: 'x', client_id: 'y' };
    assert.deepEqual(message(notification('7', { status: true, result, ...other })), response);
  });

  it('that was refused has the code, where it is one of ours, and the text', () => {
    for (const [params, failure] of [
      [
        { error_message: 'no', code: 'ERR_PUBSUB_LIMIT' },
        { code: 'ERR_PUBSUB_LIMIT', message: 'no' },
      ],
      [
        { error_message: 'no', code: 'E_OTHER' },
        { code: undefined, message: 'no' },
      ],
      [{}, { code: undefined, message: 'the server refused the request without a reason' }],
    ] as const)
      assert.deepEqual(message(notification('7', { status: false, ...params })), failed(failure));
  });

  it('that is none is malformed, with the id that it names', () => {
    for (const params of [{}, { status: 1 }, { status: true, result: 7 }, { status: true, result: null }]) {
      const { kind, id } = message(notification('7', params)) as { kind: string; id: string };
      assert.deepEqual([kind, id], ['malformed', '7'], JSON.stringify(params));
    }
    assert.equal(message(notification('12345678901', { status: true })).kind, 'malformed');
  });
});

describe('the answer to a request', () => {
  it('is a reply with its id and its result', () => {
    for (const result of [{ a: 1 }, {}])
      assert.deepEqual(read({ jsonrpc: '2.0', id: 'hello', result }), [
        { kind: 'reply', id: 'hello', outcome: { result } },
      ]);
    for (const result of [null, 7, []])
      assert.deepEqual(read({ jsonrpc: '2.0', id: '', result }), [
        { kind: 'reply', id: '', outcome: { result: {} } },
      ]);
  });

  it('that was refused says whether a server of another make has no such method', () => {
    for (const [error, failure, isForeign] of [
      [{ code: -32601, message: 'no' }, { code: undefined, message: 'no' }, true],
      [
        { code: -32601, message: 'no', data: { code: 'ERR_PUBSUB_UNSUPPORTED' } },
        { code: 'ERR_PUBSUB_UNSUPPORTED', message: 'no' },
        false,
      ],
      [{ code: -32601, message: 'no', data: 'text' }, { code: undefined, message: 'no' }, true],
      [{ code: -32600, message: 'no' }, { code: undefined, message: 'no' }, false],
    ] as const)
      assert.deepEqual(read({ jsonrpc: '2.0', id: 'h', error }), [
        { kind: 'reply', id: 'h', outcome: { failure, isForeign } },
      ]);
  });

  it('that names nobody is a failure that concerns nobody, or nonsense', () => {
    const error = { code: -32003, message: 'too deep', data: { code: 'ERR_PUBSUB_LIMIT' } };
    for (const id of [null, undefined, 7])
      assert.deepEqual(message({ jsonrpc: '2.0', id, error }), {
        kind: 'response',
        id: '',
        ok: false,
        failure: { code: 'ERR_PUBSUB_LIMIT', message: 'too deep' },
      });
    assert.equal(message({ jsonrpc: '2.0', id: 7, result: {} }).kind, 'malformed');
  });
});

describe('a frame of a server', () => {
  it('may be a batch, and is read in order', () => {
    const frames = read([
      notification('event', { event_name: 'e', value: 1 }),
      null,
      { jsonrpc: '2.0', id: 'a', result: {} },
      notification('7', { status: true }),
    ]);
    assert.deepEqual(
      frames.map((frame) => (frame.kind === 'message' ? frame.message.kind : frame.kind)),
      ['event', 'malformed', 'reply', 'response'],
    );
    assert.deepEqual(read([]), []);
  });

  it('that is none is malformed', () => {
    for (const [text, problem] of [
      ['', 'the frame is no JSON'],
      ['\u{fffd}', 'the frame is no JSON'],
      ['7', 'it is no message of JSON-RPC 2.0'],
      ['{}', 'it is no message of JSON-RPC 2.0'],
      ['{"jsonrpc":"1.0","method":"event"}', 'it is no message of JSON-RPC 2.0'],
      ['{"jsonrpc":"2.0","method":"event"}', 'a notification has no name or no parameters'],
      ['{"jsonrpc":"2.0","method":"event","params":[]}', 'a notification has no name or no parameters'],
      ['{"jsonrpc":"2.0","method":7,"params":{}}', 'a notification has no name or no parameters'],
    ] as const)
      assert.deepEqual(readServerFrame(text, limits, true), [
        { kind: 'message', message: { kind: 'malformed', id: '', problem } },
      ]);
  });

  it('cannot harm, whatever it is', () => {
    const id = fc.oneof(fc.string(), fc.nat());
    const right = fc.oneof(
      record({ event_name: eventName, value: jsonValue }).map((params) => notification('event', params)),
      record({ status: fc.boolean(), result: fc.object(), code: fc.string() }).map((params) =>
        notification('7', params),
      ),
      record({ jsonrpc: fc.constant('2.0'), id, result: fc.object() }),
      record({ jsonrpc: fc.constant('2.0'), id, error: fc.object() }),
    );
    holds(
      fc.property(fc.oneof(damaged(right), anything), (frame) => {
        let text: string;
        try {
          text = JSON.stringify(frame) ?? 'undefined';
        } catch {
          return;
        }
        for (const heard of readServerFrame(text, limits, true)) {
          if (heard.kind === 'message') assert.ok(isSound(heard.message), text);
          else assert.equal(typeof (heard.kind === 'event' ? heard.name : heard.id), 'string');
        }
      }),
      2_000,
    );
  });
});
