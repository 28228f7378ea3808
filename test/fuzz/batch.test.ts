/** Batches: one message for each element, of the right form whatever comes, and what is right is read as it was spelled. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readClientBatch, readServerBatch, spellClientBatch, spellServerBatch } from '#lib/protocol/batch.js';
import { spellServerMessage } from '#lib/protocol/documented.js';
import { defaultLimits } from '#lib/protocol/limits.js';
import type { ServerMessage } from '#lib/protocol/messages.js';
import { clientMessage, serverMessage } from '../support/messages.js';
import { mutated } from './mutations.js';
import { nonsense } from './nonsense.js';
import { idLength, isClientMessage, isMalformed, isServerMessage } from './predicates.js';
import { fuzz } from './settings.js';
import { Tally } from './tally.js';
import { textOf, wire } from './wires.js';

const limits = { ...defaultLimits, idLength };
const clientBatch = fc.array(clientMessage, { maxLength: 4 });
const serverBatch = fc.array(serverMessage, { maxLength: 4 });

/** Fails unless what is read from `batch` is one message for each element, and of the right form. */
function check(batch: unknown, tally = new Tally()): void {
  const asked = readClientBatch(batch, limits);
  const said = readServerBatch(batch, limits);
  const length = Array.isArray(batch) ? batch.length : 1;
  assert.deepEqual([asked.length, said.length], [length, length]);
  for (const message of asked) assert.ok(isClientMessage(message), textOf(message));
  for (const message of said) {
    assert.ok(isServerMessage(message), textOf(message));
    if (message.kind === 'events') assertSpellable(message);
  }
  for (const message of [...asked, ...said]) tally.note(message.kind);
}

/** Elements in which only the innermost is arbitrary. */
function nearlyRight(one: unknown, other: unknown): unknown[] {
  const columns = { names: ['e'], values: '[1,2]', lengths: [1, 2], first: 1 };
  return [
    { publish: { ...columns, first: one } },
    { events: { ...columns, lengths: [1, one] } },
    { published: { first: 1, listeners: [one, other] } },
    { refused: { first: 1, count: one, code: one, error_message: other } },
    { gap: { names: ['e'], counts: [one] } },
    { gap: { names: [one, other], counts: [1, 1] } },
  ];
}

/** What a publisher has passed off as JSON can be left out, and not more. */
function assertSpellable(message: ServerMessage & { kind: 'events' }): void {
  const spelled = spellServerMessage(message);
  assert.ok(spelled.length <= message.columns.lengths.length);
}

describe('fuzzed batches', () => {
  it('that are nonsense are one message for each element', () => {
    fuzz(
      'batch: nonsense',
      fc.property(nonsense, nonsense, (one, other) => {
        check(one);
        check([
          one,
          other,
          { publish: one, events: one },
          { published: one },
          { refused: one },
          { gap: one },
        ]);
        check(nearlyRight(one, other));
      }),
    );
  });

  it('in which a few places are wrong hold what is right, and complaints', () => {
    const tally = new Tally();
    const spelled = fc.oneof(clientBatch.map(spellClientBatch), serverBatch.map(spellServerBatch));
    fuzz(
      'batch: mutated',
      fc.property(mutated(spelled), (batch) => check(batch, tally)),
    );
    tally.check('request', 'publishes', 'response', 'published', 'refused', 'events', 'missed', 'malformed');
  });

  it('are read as they were spelled, whatever carried them', () => {
    fuzz(
      'batch: round trip',
      fc.property(clientBatch, serverBatch, wire, (asked, said, { carry }) => {
        const heard = readClientBatch(carry(spellClientBatch(asked)), limits);
        assert.equal(textOf(heard), textOf(asked));
        const answered = readServerBatch(carry(spellServerBatch(said)), limits);
        assert.equal(textOf(answered), textOf(said));
        assert.ok(![...heard, ...answered].some(isMalformed));
      }),
    );
  });
});
