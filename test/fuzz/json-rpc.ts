/** Frames of JSON-RPC as clients and servers of this package spell them, and JSON that is odd. */
import fc from 'fast-check';
import { spellRequests } from '#lib/json-rpc/client-wire.js';
import { eventTexts, spellReply, type ReplyForm } from '#lib/json-rpc/replies.js';
import { gapMethod, notification } from '#lib/json-rpc/wire.js';
import { spellGap } from '#lib/protocol/missed.js';
import { columns, encoded, record } from '../support/arbitraries.js';
import { clientMessage, missedMessage, response } from '../support/messages.js';
import { textOf } from './wires.js';

/** A number, as our own clients choose them, in digits. */
export const requestId = fc.nat().map(String);

export const replyForm: fc.Arbitrary<ReplyForm> = fc.oneof(
  record({ kind: fc.constant('notification'), requestId }),
  record({ kind: fc.constant('response'), id: requestId }),
);

/** What is not to be answered. */
const standardReply = fc
  .tuple(requestId, response)
  .map(([id, answer]) => JSON.parse(JSON.stringify(spellReply({ kind: 'response', id }, answer))) as unknown);

const asked = fc
  .tuple(clientMessage, fc.option(requestId, { nil: undefined }), fc.constantFrom('', 'id', 'batch'))
  .map(([message, clientId, form]) => {
    const notifications = spellRequests(message, clientId).map(({ text }) => JSON.parse(text) as object);
    if (form === 'batch') return notifications;
    return form === 'id' ? { ...notifications[0], id: clientId ?? 7 } : notifications[0];
  });

/** What our clients say: notifications, and requests of the standard; and what they should not, replies. */
export const clientFrame: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: asked },
  { weight: 1, arbitrary: standardReply },
);

/** What our servers say. */
export const serverFrame: fc.Arbitrary<string> = fc.oneof(
  columns.map((whole) => eventTexts(whole)[0] as string),
  missedMessage.map((missed) => JSON.stringify(notification(gapMethod, spellGap(missed)))),
  fc.tuple(replyForm, response).map(([form, answer]) => JSON.stringify(spellReply(form, answer))),
);

/** Deep, and perhaps not closed. */
const deep = fc
  .tuple(fc.constantFrom('[', '{"a":', '[{"":', '"[[["'), fc.nat(20), fc.constantFrom('', ']', '}', '"'))
  .map(([opening, levels, closing]) => opening.repeat(levels) + closing.repeat(levels));

export const oddJson: fc.Arbitrary<string> = fc.oneof(
  encoded,
  deep,
  fc.constantFrom(
    '',
    ' ',
    '\ufeff{}',
    'null',
    '[]',
    '[[]]',
    '[null,1]',
    '1e999',
    '-0',
    '"\\ud800"',
    '{"__proto__":1}',
  ),
);

/** Each of `frames`, or several of them as a batch. */
export function inBatches(frames: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 4, arbitrary: frames },
    { weight: 1, arbitrary: fc.array(frames, { maxLength: 4 }).map((all) => `[${all.join(',')}]`) },
  );
}

/** As a frame, where it can be one. */
export function frameOf(message: unknown): string {
  return textOf(message) ?? 'undefined';
}
