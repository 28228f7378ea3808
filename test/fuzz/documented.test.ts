/** Documented messages: taken exactly where they are as docs/protocol.md has them, and read as they were spelled. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  readRequest,
  readServerMessage,
  spellClientMessage,
  spellServerMessage,
} from '#lib/protocol/documented.js';
import { defaultLimits } from '#lib/protocol/limits.js';
import { eventsMessage, missedMessage, publishes, request, response } from '../support/messages.js';
import { mutated } from './mutations.js';
import { nonsense } from './nonsense.js';
import {
  eventsIn,
  idLength,
  isEvents,
  isFields,
  isGap,
  isId,
  isMalformed,
  isMissed,
  isRequest,
  isResponse,
  isString,
} from './predicates.js';
import { fuzz } from './settings.js';
import { Tally } from './tally.js';
import { textOf, wire } from './wires.js';

const limits = { ...defaultLimits, idLength };

/** By docs/protocol.md. */
function isDocumentedRequest(message: unknown): boolean {
  if (!isFields(message)) return false;
  const { request_id, method, params, client_id } = message;
  if (!isId(request_id) || !isString(method) || !(params === undefined || isFields(params))) return false;
  const clientId = client_id ?? params?.['client_id'] ?? undefined;
  return clientId === undefined || isId(clientId);
}

function isDocumentedResponse(message: unknown): boolean {
  if (!isFields(message)) return false;
  const { request_id, status, result } = message;
  if (request_id !== '' && !isId(request_id)) return false;
  return status === false || (status === true && (result === undefined || isFields(result)));
}

function isDocumentedEvent(message: unknown): boolean {
  if (!Array.isArray(message) || message.length !== 2 || !isString(message[0])) return false;
  const value: unknown = message[1];
  return value === undefined || (!['function', 'symbol'].includes(typeof value) && isEncodable(value));
}

/** A gap is told by whatever has the word. */
function hasGap(message: unknown): boolean {
  return isFields(message) && message['gap'] !== undefined;
}

function isEncodable(value: unknown): boolean {
  try {
    JSON.stringify(value);
    return true;
  } catch {
    return false;
  }
}

function check(message: unknown, tally = new Tally()): void {
  const asked = readRequest(message, limits);
  assert.ok(isDocumentedRequest(message) ? isRequest(asked) : isMalformed(asked), textOf(asked));
  const said = readServerMessage(message, limits);
  if (hasGap(message)) {
    const isRight = isGap((message as { gap: unknown }).gap);
    assert.ok(isRight ? isMissed(said) : isMalformed(said), textOf(said));
  } else if (isDocumentedResponse(message)) assert.ok(isResponse(said), textOf(said));
  else if (isDocumentedEvent(message)) assert.ok(isEvents(said), textOf(said));
  else assert.ok(isMalformed(said), textOf(said));
  tally.note(asked.kind);
  tally.note(said.kind);
}

describe('fuzzed documented messages', () => {
  it('that are nonsense are only called so', () => {
    fuzz(
      'documented: nonsense',
      fc.property(nonsense, (message) =>
        [message, ['e', message], { gap: message }].forEach((one) => check(one)),
      ),
    );
  });

  it('in which a few places are wrong are taken exactly where they still are as documented', () => {
    const tally = new Tally();
    const right = fc.oneof(
      fc.oneof(request, publishes).map((asked) => spellClientMessage(asked)[0]),
      fc.oneof(response, eventsMessage, missedMessage).map((said) => spellServerMessage(said)[0]),
    );
    fuzz(
      'documented: mutated',
      fc.property(mutated(right), (message) => check(message, tally)),
    );
    tally.check('request', 'response', 'events', 'missed', 'malformed');
  });

  it('are read as they were spelled, whatever carried them', () => {
    fuzz(
      'documented: round trip',
      fc.property(
        request,
        fc.oneof(response, missedMessage),
        eventsMessage,
        wire,
        (asked, said, happened, { carry }) => {
          const heard = spellClientMessage(asked).map((message) => readRequest(carry(message), limits));
          assert.equal(textOf(heard), textOf([asked]));
          const answered = spellServerMessage(said).map((message) =>
            readServerMessage(carry(message), limits),
          );
          assert.equal(textOf(answered), textOf([said]));
          const events = spellServerMessage(happened).flatMap((message) => {
            const event = readServerMessage(carry(message), limits);
            return event.kind === 'events' ? (eventsIn(event.columns) ?? []) : [];
          });
          assert.deepEqual(events, eventsIn(happened.columns));
        },
      ),
    );
  });
});
