/** Envelopes on the IPC channel: what is none of ours, or not well-formed, is nothing, and the rest is as it was said. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  hello,
  readFromPrimary,
  readFromWorker,
  seal,
  type ToClient,
  type ToServer,
} from '#lib/ipc/envelope.js';
import { jsonValue, record } from '../support/arbitraries.js';
import { mutated } from './mutations.js';
import { nonsense } from './nonsense.js';
import { isFields, isToClient, isToServer } from './predicates.js';
import { fuzz } from './settings.js';
import { textOf, wire } from './wires.js';

const name = fc.string({ maxLength: 8 });
/** As JSON gives it back, which knows no -0. */
const plain = jsonValue.map((value) => JSON.parse(JSON.stringify(value)) as unknown);
const content = fc.oneof(
  plain.map((message) => ({ message })),
  plain.map((batch) => ({ batch })),
  fc.constant({ bye: true } as const),
);
const ack = record({ ack: fc.nat() });
const toServer: fc.Arbitrary<ToServer> = fc.oneof(
  fc.tuple(name, ack).map(([id, taken]) => ({ id, ...taken })),
  fc.tuple(name, ack, content).map(([id, taken, what]) => ({ id, ...taken, ...what })),
  fc.tuple(name, content).map(([id, what]) => ({ id, ...what })),
  record({ port: name, bye: fc.constant(true) }),
  record({ port: name, hello: record({ version: plain, capabilities: plain }) }),
);
const toClient: fc.Arbitrary<ToClient> = fc.oneof(
  fc.tuple(name, content).map(([port, what]) => ({ port, ...what })),
  record({ port: name, ping: fc.constant(true) }),
  record({ port: name, welcome: record({ status: fc.boolean(), id: name }) }),
);
const sealed = fc.oneof(
  fc.oneof(toServer, toClient).map(seal),
  fc.tuple(name, fc.option(name, { nil: undefined })).map(([port, id]) => hello(port, id, ['batch'])),
);

const sides = [
  { read: readFromWorker, is: isToServer },
  { read: readFromPrimary, is: isToClient },
] as const;

/** Nothing, or something of the right form that was in the message; and something where that was all there was. */
function check(message: unknown): void {
  for (const { read, is } of sides) {
    const found = read(message);
    const { clustercast: tag, ...inside } = (message ?? {}) as Record<string, unknown>;
    if (found === undefined) {
      assert.ok(tag !== 1 || !isFields(message) || !is(inside), 'it was not taken');
    } else {
      assert.equal(tag, 1);
      assert.ok(is(found), 'it has not the form of an envelope');
      for (const [key, value] of Object.entries(found)) assert.equal(value, inside[key]);
    }
  }
}

describe('fuzzed envelopes', () => {
  it('that are nonsense are nothing, whether or not they have the tag', () => {
    fuzz(
      'envelope: nonsense',
      fc.property(nonsense, fc.boolean(), (message, isTagged) => {
        check(isTagged && isFields(message) ? { ...message, clustercast: 1 } : message);
      }),
    );
  });

  it('in which a few places are wrong are nothing, or what is right in them', () => {
    fuzz('envelope: mutated', fc.property(mutated(sealed), check));
  });

  it('are read as they were sealed, whatever carried them and whatever else is in them', () => {
    fuzz(
      'envelope: round trip',
      fc.property(toServer, toClient, wire, plain, (asked, said, { carry }, future) => {
        for (const more of [{}, { future }]) {
          assert.equal(textOf(readFromWorker(carry({ ...seal(asked), ...more }))), textOf(asked));
          assert.equal(textOf(readFromPrimary(carry({ ...seal(said), ...more }))), textOf(said));
        }
      }),
    );
  });
});
