/** Frames of a server, as a client reads them: of the right form whatever comes, and as they were said. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { joinEvents, readServerFrame, type ServerFrame } from '#lib/json-rpc/client-wire.js';
import { eventTexts, spellReply } from '#lib/json-rpc/replies.js';
import { gapMethod, notification } from '#lib/json-rpc/wire.js';
import { spellGap } from '#lib/protocol/missed.js';
import { defaultLimits } from '#lib/protocol/limits.js';
import { columns } from '../support/arbitraries.js';
import { missedMessage, response } from '../support/messages.js';
import { inBatches, oddJson, replyForm, serverFrame } from './json-rpc.js';
import { mutatedText } from './mutations.js';
import { drawNonsense } from './nonsense.js';
import {
  eventsIn,
  idLength,
  isFailure,
  isFields,
  isGap,
  isMalformed,
  isMissed,
  isServerMessage,
  isString,
} from './predicates.js';
import { fuzz } from './settings.js';
import { Tally } from './tally.js';
import { bytes, Tape } from './tape.js';
import { textOf } from './wires.js';

const limits = { ...defaultLimits, idLength };

/** What a text is, as JSON; `undefined` where it is none. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function isReply({ id, outcome }: ServerFrame & { kind: 'reply' }): boolean {
  if (!isString(id)) return false;
  return 'result' in outcome
    ? isFields(outcome.result)
    : isFailure(outcome.failure) && typeof outcome.isForeign === 'boolean';
}

function assertSound(frame: ServerFrame): void {
  if (frame.kind === 'message') assert.ok(isServerMessage(frame.message), textOf(frame));
  else if (frame.kind === 'reply') assert.ok(isReply(frame), textOf(frame));
  else assert.ok(isString(frame.name) && isString(frame.value));
}

/** Whatever `text` is; of a server of another make, and of one of ours, whose events are not parsed. */
function check(text: string): readonly ServerFrame[] {
  const content = parse(text);
  const foreign = readServerFrame(text, limits, false);
  assert.equal(foreign.length, Array.isArray(content) ? content.length : 1);
  for (const frame of foreign) {
    assertSound(frame);
    if (frame.kind === 'event') assert.notEqual(parse(frame.value), undefined);
    assert.ok(frame.kind !== 'message' || frame.message.kind !== 'missed', textOf(frame));
  }
  const ours = readServerFrame(text, limits, true);
  ours.forEach(assertSound);
  const [first] = ours;
  // What is no event as ours are spelled is read as from any server, but for gaps.
  if (first?.kind === 'event' && (content === undefined || parse(first.value) === undefined)) return ours;
  assert.equal(ours.length, foreign.length);
  const elements: unknown[] = Array.isArray(content) ? content : [content];
  for (const [at, frame] of foreign.entries()) {
    if (isGapNotification(elements[at])) assertGap(elements[at], ours[at]);
    else assert.equal(textOf(canonical(ours[at])), textOf(canonical(frame)));
  }
  return ours;
}

function isGapNotification(element: unknown): element is { readonly params: object } {
  if (!isFields(element)) return false;
  return element['jsonrpc'] === '2.0' && element['method'] === 'gap' && isFields(element['params']);
}

function assertGap({ params }: { readonly params: object }, frame: ServerFrame | undefined): void {
  assert.ok(frame?.kind === 'message');
  assert.ok(isGap(params) ? isMissed(frame.message) : isMalformed(frame.message), textOf(frame));
}

/** With the text that JSON gives each value. */
function canonical(frame: ServerFrame | undefined): ServerFrame | undefined {
  return frame?.kind === 'event' ? { ...frame, value: JSON.stringify(parse(frame.value)) } : frame;
}

/** JSON-RPC in form, with nonsense in it. */
const strangeFrame = bytes(24).map((drawn) => {
  const tape = new Tape(drawn);
  const method = tape.pick(['event', '7', '', undefined, 'gap']);
  const inside = drawNonsense(tape);
  const params = {
    names: tape.pick([['e'], inside]),
    counts: tape.pick([[1], inside]),
    event_name: tape.pick(['e', 7]),
    status: tape.pick([true, false, 1]),
    value: inside,
  };
  const answer = { result: inside, error: tape.pick([undefined, { code: -32601, data: inside }]) };
  const id = tape.pick(['a', undefined, 7]);
  const frame = { jsonrpc: '2.0', method, id, params: tape.pick([params, inside]), ...answer };
  return textOf(tape.pick<unknown>([frame, { ...params, ...frame }, [frame, inside]])) ?? '';
});

describe('fuzzed frames of a server', () => {
  it('in which a few characters are wrong are no messages, or sound ones', () => {
    const tally = new Tally();
    const texts = fc.oneof(strangeFrame, mutatedText(inBatches(fc.oneof(serverFrame, serverFrame, oddJson))));
    fuzz(
      'server-frames: text',
      fc.property(texts, (text) => {
        for (const frame of check(text))
          tally.note(frame.kind === 'message' ? frame.message.kind : frame.kind);
      }),
    );
    tally.check('event', 'reply', 'response', 'missed', 'malformed');
  });

  it('are read as they were said: answers in either form, and events one by one', () => {
    fuzz(
      'server-frames: round trip',
      fc.property(
        replyForm,
        response,
        columns,
        missedMessage,
        fc.boolean(),
        (form, answer, happened, missed, isOurs) => {
          const gap = JSON.stringify(notification(gapMethod, spellGap(missed)));
          assert.equal(
            textOf(readServerFrame(gap, limits, true)),
            textOf([{ kind: 'message', message: missed }]),
          );
          const [reply, ...others] = readServerFrame(
            JSON.stringify(spellReply(form, answer)),
            limits,
            isOurs,
          );
          assert.deepEqual(others, []);
          if (form.kind === 'notification') {
            const message = { ...answer, id: form.requestId };
            assert.equal(textOf(reply), textOf({ kind: 'message', message }));
          } else {
            const { id } = form;
            const outcome = answer.ok
              ? { result: answer.result }
              : { failure: answer.failure, isForeign: false };
            assert.equal(textOf(reply), textOf({ kind: 'reply', id, outcome }));
          }
          const heard = eventTexts(happened).flatMap((text) => readServerFrame(text, limits, isOurs));
          const joined = joinEvents(heard.filter((frame) => frame.kind === 'event'));
          assert.deepEqual(joined.kind === 'events' && eventsIn(joined.columns), eventsIn(happened));
        },
      ),
    );
  });
});
