/** The invalidations of a turn: what travels together, and who learns of its end. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RequestOptions } from 'clustercast';
import { deferred, type Deferred } from '#lib/client/deferred.js';
import type { Invalidation } from '#lib/state/client/caches/api.js';
import { Outgoing } from '#lib/state/client/caches/outgoing.js';
import { endOfTurn } from '../../../support/turn.js';

class Stage {
  readonly sent: (Invalidation & { readonly options: RequestOptions })[] = [];
  readonly answers: Deferred<void>[] = [];
  readonly outgoing = new Outgoing((invalidation, options) => {
    this.sent.push({ ...invalidation, options });
    const answer = deferred<void>();
    this.answers.push(answer);
    return answer.promise;
  });

  add(what: Partial<Invalidation>): Promise<void> {
    return this.outgoing.add({ keys: [], tags: [], all: false, ...what });
  }
}

describe('the invalidations of one turn', () => {
  it('are sent together when it ends, each name once, and resolve together', async () => {
    const stage = new Stage();
    const { sent, answers } = stage;
    const ended = [{ keys: ['a'] }, { keys: ['b', 'a'] }, { tags: ['x'] }].map((what) => stage.add(what));
    assert.equal(sent.length, 0);
    await endOfTurn();
    assert.deepEqual(sent, [{ keys: ['a', 'b'], tags: ['x'], all: false, options: {} }]);
    const next = stage.add({ keys: ['c'] });
    answers[0]?.resolve();
    await Promise.all(ended);
    await endOfTurn();
    assert.deepEqual(sent[1]?.keys, ['c']);
    answers[1]?.resolve();
    await next;
  });

  it('are one that says all, where one of them does', async () => {
    const stage = new Stage();
    const ended = [stage.add({ keys: ['a'] }), stage.add({ all: true }), stage.add({ tags: ['x'] })];
    await endOfTurn();
    assert.deepEqual(stage.sent, [{ keys: [], tags: [], all: true, options: {} }]);
    stage.answers[0]?.resolve();
    await Promise.all(ended);
    void stage.add({ keys: ['a'] });
    await endOfTurn();
    assert.equal(stage.sent[1]?.all, false);
  });

  it('are sent before, where that is wished, and once', async () => {
    const stage = new Stage();
    const ended = stage.add({ keys: ['a'] });
    stage.outgoing.flush();
    assert.equal(stage.sent.length, 1);
    const later = stage.add({ keys: ['b'] });
    stage.outgoing.flush();
    await endOfTurn();
    stage.outgoing.flush();
    assert.deepEqual(
      stage.sent.map(({ keys }) => keys),
      [['a'], ['b']],
    );
    for (const answer of stage.answers) answer.resolve();
    await Promise.all([ended, later]);
  });

  it('travel in parts where they are many, or long, and all of them count', async () => {
    const stage = new Stage();
    const keys = Array.from({ length: 1_500 }, (_, i) => `k${i}`);
    const tags = Array.from({ length: 600 }, (_, i) => `t${i}`);
    let isEnded = false;
    const ended = stage.add({ keys, tags }).then(() => (isEnded = true));
    await endOfTurn();
    assert.deepEqual(
      stage.sent.map((part) => [part.keys.length, part.tags.length]),
      [
        [1_000, 0],
        [500, 500],
        [0, 100],
      ],
    );
    assert.deepEqual(
      stage.sent.flatMap((part) => part.keys),
      keys,
    );
    assert.deepEqual(
      stage.sent.flatMap((part) => part.tags),
      tags,
    );
    stage.answers[2]?.resolve();
    stage.answers[0]?.resolve();
    await endOfTurn();
    assert.equal(isEnded, false);
    stage.answers[1]?.resolve();
    await ended;
    const long = ['a', 'b', 'c'].map((letter) => letter.repeat(30_000));
    void stage.add({ keys: long });
    await endOfTurn();
    assert.deepEqual(
      stage.sent.slice(3).map((part) => part.keys.length),
      [2, 1],
    );
  });

  it('reject together with the first part that fails', async () => {
    const stage = new Stage();
    const error = new Error('no');
    const keys = Array.from({ length: 1_001 }, (_, i) => `k${i}`);
    const ended = [stage.add({ keys }), stage.add({ keys: ['a'] })];
    await endOfTurn();
    for (const answer of stage.answers) answer.reject(error);
    for (const one of ended) await assert.rejects(one, error);
  });
});

describe('an invalidation with options of its own', () => {
  it('is sent at once and alone, in parts as well', async () => {
    const stage = new Stage();
    const options = { timeout: 5 };
    void stage.add({ keys: ['a'] });
    const keys = Array.from({ length: 1_001 }, (_, i) => `k${i}`);
    const ended = stage.outgoing.send({ keys, tags: [], all: false }, options);
    assert.deepEqual(
      stage.sent.map((part) => [part.keys.length, part.options]),
      [
        [1_000, options],
        [1, options],
      ],
    );
    for (const answer of stage.answers) answer.resolve();
    await ended;
    const all = stage.outgoing.send({ keys: ['a'], tags: [], all: true }, options);
    assert.deepEqual(stage.sent[2], { keys: [], tags: [], all: true, options });
    stage.answers[2]?.resolve();
    await all;
    await endOfTurn();
    assert.deepEqual(stage.sent[3]?.keys, ['a']);
  });
});
