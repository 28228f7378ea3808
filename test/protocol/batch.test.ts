/** Batches: read as they were spelled, by every serialization; what is wrong in one disturbs nothing beside it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readClientBatch, readServerBatch, spellClientBatch, spellServerBatch } from '#lib/protocol/batch.js';
import { defaultLimits } from '#lib/protocol/limits.js';
import type { ClientMessage, ServerMessage } from '#lib/protocol/messages.js';
import { anything, damaged, wires } from '../support/arbitraries.js';
import { clientMessage, isSound, serverMessage } from '../support/messages.js';
import { holds } from '../support/property.js';

for (const { wire, carry } of wires) {
  describe(`batches through ${wire}`, () => {
    it('what a client says is read as it was spelled', () => {
      holds(
        fc.property(fc.array(clientMessage), (said) =>
          assert.deepEqual(readClientBatch(carry(spellClientBatch(said)), defaultLimits), said),
        ),
      );
    });

    it('what a server says is read as it was spelled', () => {
      holds(
        fc.property(fc.array(serverMessage), (said) =>
          assert.deepEqual(readServerBatch(carry(spellServerBatch(said)), defaultLimits), said),
        ),
      );
    });
  });
}

interface Side {
  readonly side: string;
  readonly read: (batch: unknown) => (ClientMessage | ServerMessage)[];
  /** One element of a batch, as it should be. */
  readonly element: fc.Arbitrary<unknown>;
}

const sides: readonly Side[] = [
  {
    side: 'client',
    read: (batch) => readClientBatch(batch, defaultLimits),
    element: clientMessage.map((said) => spellClientBatch([said])[0]),
  },
  {
    side: 'server',
    read: (batch) => readServerBatch(batch, defaultLimits),
    element: serverMessage.map((said) => spellServerBatch([said])[0]),
  },
];

function checkAll(messages: readonly (ClientMessage | ServerMessage)[]): void {
  for (const message of messages) assert.ok(isSound(message));
}

for (const { side, read, element } of sides) {
  describe(`reading the batch of a ${side}`, () => {
    const anyElement = fc.oneof(damaged(element), anything);

    it('never throws, and ends in something sound', () => {
      holds(
        fc.property(anything, (nonsense) => [nonsense, [nonsense]].forEach((batch) => checkAll(read(batch)))),
        2_000,
      );
      holds(
        fc.property(damaged(element), (nonsense) => checkAll(read([nonsense]))),
        20_000,
      );
      holds(
        fc.property(damaged(fc.array(element)), (batch) => checkAll(read(batch))),
        5_000,
      );
    });

    it('gives one message for each element, and each as if it were alone', () => {
      holds(
        fc.property(fc.array(fc.oneof(element, anyElement)), (batch) => {
          assert.deepEqual(
            read(batch),
            batch.flatMap((only) => read([only])),
          );
          assert.equal(read(batch).length, batch.length);
        }),
      );
    });

    it('gives one complaint where the batch is no array', () => {
      for (const batch of [undefined, null, 'batch', 1, {}, { length: 1 }]) {
        assert.deepEqual(read(batch), [{ kind: 'malformed', id: '', problem: 'a batch must be an array' }]);
      }
    });
  });
}

describe('an element of a batch', () => {
  it('is nothing for what is no message', () => {
    const malformed = { kind: 'malformed', id: '1', problem: 'nonsense' } as const;
    assert.deepEqual([spellClientBatch([malformed]), spellServerBatch([malformed])], [[], []]);
  });

  const columns = { names: ['e'], values: '[1]', lengths: [1] };

  it('of a client numbers its publishes', () => {
    for (const first of [undefined, null, -1, 0.5, '1', 2 ** 53]) {
      const [read] = readClientBatch([{ publish: { ...columns, first } }], defaultLimits);
      assert.deepEqual(read, { kind: 'malformed', id: '', problem: 'a batch must number its publishes' });
    }
  });

  it('of a client is a single request where it holds no publishes', () => {
    const [read] = readClientBatch([{ request_id: '7', method: 'm' }], defaultLimits);
    assert.deepEqual(read, { kind: 'request', id: '7', clientId: undefined, method: 'm', params: {} });
  });

  it('of a server counts the listeners of its publishes, in pairs', () => {
    for (const listeners of [undefined, null, [1], [1, -1], [1, 1.5], ['1', 1], [1, 1, 1]]) {
      const [read] = readServerBatch([{ published: { first: 1, listeners } }], defaultLimits);
      assert.equal(read?.kind, 'malformed', JSON.stringify(listeners));
    }
  });

  it('of a server counts what it refuses', () => {
    for (const refused of [
      { first: 1 },
      { count: 1 },
      { first: -1, count: 1 },
      { first: 1, count: '1' },
      [],
    ]) {
      assert.equal(readServerBatch([{ refused }], defaultLimits)[0]?.kind, 'malformed');
    }
  });

  it('are refused with a text that spells no list, also where one name needs no index', () => {
    const asText = { ...columns, lengths: '!' };
    const kinds = [{}, { index: ' ' }, { index: '\n' }, { lengths: '\n' }].map((other) => {
      const [message] = readServerBatch([{ events: { ...asText, ...other } }], defaultLimits);
      return message?.kind;
    });
    assert.deepEqual(kinds, ['events', 'events', 'malformed', 'malformed']);
  });
});
