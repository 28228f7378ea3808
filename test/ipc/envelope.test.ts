/** The envelope: ours is read as it was sealed, and whatever is not ours, or not well-formed, is nothing. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { hello, readFromPrimary, readFromWorker, seal } from '#lib/ipc/envelope.js';
import { anything, damaged, jsonValue, record, wires } from '../support/arbitraries.js';
import { holds } from '../support/property.js';

const name = fc.string({ minLength: 1 });
const content = fc.oneof(
  jsonValue.map((message) => ({ message: JSON.parse(JSON.stringify(message)) as unknown })),
  jsonValue.map((batch) => ({ batch: JSON.parse(JSON.stringify(batch)) as unknown })),
  fc.constant({ bye: true } as const),
);
const toServer = fc.oneof(
  record({ id: name, content }).map(({ id, content: what }) => ({ id, ...what })),
  record({ id: name, ack: fc.nat(), content }).map(({ content: what, ...rest }) => ({ ...rest, ...what })),
  record({ id: name, ack: fc.nat() }),
  record({ port: name, bye: fc.constant(true as const) }),
);
const toClient = fc.oneof(
  record({ port: name, content }).map(({ port, content: what }) => ({ port, ...what })),
  record({ port: name, ping: fc.constant(true as const) }),
  record({ port: name, welcome: fc.constant({ status: true, id: '1' }) }),
);

function checkReaders(message: unknown): void {
  const fromWorker = readFromWorker(message);
  if (fromWorker !== undefined && 'hello' in fromWorker) {
    assert.equal(typeof fromWorker.port, 'string');
    assert.ok(typeof fromWorker.hello === 'object' && fromWorker.hello !== null);
  } else if (fromWorker !== undefined && !('id' in fromWorker)) {
    assert.deepEqual(fromWorker, { port: fromWorker.port, bye: true });
    assert.equal(typeof fromWorker.port, 'string');
  } else if (fromWorker !== undefined) {
    assert.equal(typeof fromWorker.id, 'string');
    const { ack } = fromWorker;
    const says = 'batch' in fromWorker || 'message' in fromWorker || 'bye' in fromWorker;
    assert.ok(ack === undefined ? says : Number.isSafeInteger(ack) && ack >= 0);
    if ('bye' in fromWorker) assert.equal(fromWorker.bye, true);
  }
  const fromPrimary = readFromPrimary(message);
  if (fromPrimary !== undefined) assert.equal(typeof fromPrimary.port, 'string');
}

for (const { wire, carry } of wires) {
  describe(`envelopes through ${wire}`, () => {
    it('what a worker sealed is read as it was', () => {
      holds(fc.property(toServer, (said) => assert.deepEqual(readFromWorker(carry(seal(said))), said)));
    });

    it('what the primary sealed is read as it was', () => {
      holds(fc.property(toClient, (said) => assert.deepEqual(readFromPrimary(carry(seal(said))), said)));
    });

    it('a hello names its port, the version, what is offered and, if there is one, the id', () => {
      assert.deepEqual(readFromWorker(carry(hello('p', undefined, ['batch']))), {
        port: 'p',
        hello: { version: 1, capabilities: ['batch'] },
      });
      assert.deepEqual(readFromWorker(carry(hello('p', 'me', []))), {
        port: 'p',
        hello: { version: 1, capabilities: [], client_id: 'me' },
      });
    });
  });
}

describe('reading envelopes', () => {
  it('never throws, and ends in nothing or in something sound', () => {
    const sealed = fc.oneof(fc.oneof(toServer, toClient).map(seal), fc.constant(hello('p', 'me', [])));
    holds(fc.property(anything, checkReaders), 2_000);
    holds(fc.property(damaged(sealed), checkReaders), 20_000);
  });

  it('leaves alone whatever lacks the tag', () => {
    const untagged = fc.oneof(
      anything,
      fc.oneof(toServer, toClient).map((envelope) => ({ ...envelope, clustercast: undefined })),
    );
    holds(
      fc.property(untagged, (message) => {
        fc.pre((message as { clustercast?: unknown } | null | undefined)?.clustercast !== 1);
        assert.deepEqual([readFromWorker(message), readFromPrimary(message)], [undefined, undefined]);
      }),
      2_000,
    );
  });

  const foreign: unknown[] = [
    ...[undefined, null, 0, 1, '', 'clustercast', true, [], {}, [{ clustercast: 1 }]],
    ...[{ source: '_sio_adapter' }, { type: 'sticky:connection' }, { type: 'process:msg', data: {} }],
    ...[{ cmd: 'NODE_CLUSTER', act: 'online' }, { 'watch:import': ['file:///app.js'] }],
    ...[
      { clustercast: 2, id: '1', bye: true },
      { clustercast: '1', id: '1', bye: true },
    ],
  ];

  it('knows what others send', () => {
    for (const message of foreign) {
      assert.deepEqual([readFromWorker(message), readFromPrimary(message)], [undefined, undefined]);
    }
  });

  it('refuses what has the tag and is malformed', () => {
    const tag = { clustercast: 1 };
    for (const message of [
      ...[tag, { ...tag, id: '1' }, { ...tag, port: 'p' }, { ...tag, bye: true }, { ...tag, batch: [] }],
      ...[
        { ...tag, id: 1, bye: true },
        { ...tag, id: '1', bye: false },
        { ...tag, id: '1', bye: 1 },
      ],
      ...[
        { ...tag, id: '1', batch: undefined },
        { ...tag, id: null, message: {} },
      ],
      ...[
        { ...tag, hello: {} },
        { ...tag, port: 1, hello: {} },
        { ...tag, port: 'p', hello: 'hello' },
      ],
      ...[
        { ...tag, port: 'p', welcome: null },
        { ...tag, welcome: {} },
        { ...tag, port: 1, bye: true },
      ],
    ]) {
      const read = [readFromWorker(message), readFromPrimary(message)];
      assert.deepEqual(read, [undefined, undefined], JSON.stringify(message));
    }
  });
});
