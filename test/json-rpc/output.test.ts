/** What is said to one peer: in order, and each batch as one array once its last answer is there. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BatchReply, Output } from '#lib/json-rpc/output.js';

function open(): { output: Output; written: (readonly string[])[] } {
  const written: (readonly string[])[] = [];
  return { output: new Output((texts) => written.push(texts)), written };
}

describe('the answer to a batch', () => {
  it('is an array of its answers, in the order of the requests, complete when there are as many as are awaited', () => {
    const batch = new BatchReply(2);
    assert.equal(batch.isComplete, false);
    batch.put(1, '{"id":2}');
    assert.equal(batch.isComplete, false);
    batch.put(0, '{"id":1}');
    assert.deepEqual([batch.isComplete, batch.toText()], [true, '[{"id":1},{"id":2}]']);
  });

  it('is an array also where it is one', () => {
    const batch = new BatchReply(1);
    batch.put(0, '{"id":1}');
    assert.deepEqual([batch.isComplete, batch.toText()], [true, '[{"id":1}]']);
  });
});

describe('the output to a peer', () => {
  it('is written at once, as it was made, where nothing waits', () => {
    const { output, written } = open();
    const texts = ['1', '2'];
    output.say(texts);
    output.sayIn({ batch: new BatchReply(1), place: 0 }, '{"a":1}');
    assert.deepEqual(written, [texts, ['[{"a":1}]']]);
    assert.equal(written[0], texts);
  });

  it('waits for the batches before it, each of which has the place of its first answer', () => {
    const { output, written } = open();
    const [one, other] = [new BatchReply(2), new BatchReply(2)];
    output.say(['1']);
    output.sayIn({ batch: other, place: 0 }, '{"b":1}');
    output.say(['2']);
    output.sayIn({ batch: one, place: 0 }, '{"a":1}');
    output.say(['3']);
    output.sayIn({ batch: one, place: 1 }, '{"a":2}');
    assert.deepEqual(written, [['1']]);
    output.sayIn({ batch: other, place: 1 }, '{"b":2}');
    assert.deepEqual(written, [['1'], ['[{"b":1},{"b":2}]'], ['2'], ['[{"a":1},{"a":2}]'], ['3']]);
  });

  it('says how much waits', () => {
    const { output } = open();
    const batch = new BatchReply(2);
    output.say(['1']);
    assert.equal(output.length, 0);
    output.sayIn({ batch, place: 0 }, '{"a":1}');
    output.say(['12', '3']);
    assert.equal(output.length, 10);
    output.sayIn({ batch, place: 1 }, '{"a":2}');
    assert.equal(output.length, 0);
    output.sayIn({ batch: new BatchReply(2), place: 0 }, '{"a":1}');
    output.finish();
    assert.equal(output.length, 0);
  });

  it('is written to its end when there will be no more answers', () => {
    const { output, written } = open();
    const batch = new BatchReply(2);
    output.sayIn({ batch, place: 1 }, '{"a":1}');
    output.say(['1']);
    output.finish();
    assert.deepEqual(written, [['[{"a":1}]'], ['1']]);
    output.finish();
    assert.equal(written.length, 2);
  });
});
