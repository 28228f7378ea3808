/** The error class: its codes, its cause, and how it looks. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { PubSubError, type PubSubErrorCode } from 'clustercast';
import { isPubSubErrorCode } from '#lib/errors.js';

/** Each code there is: the compiler says if one is missing here, or is too many. */
const codes = {
  ERR_PUBSUB_INVALID_ARGUMENT: true,
  ERR_PUBSUB_SERIALIZE: true,
  ERR_PUBSUB_WRONG_PROCESS: true,
  ERR_PUBSUB_NO_PRIMARY: true,
  ERR_PUBSUB_STARTED: true,
  ERR_PUBSUB_UNAUTHORIZED: true,
  ERR_PUBSUB_FORBIDDEN: true,
  ERR_PUBSUB_TIMEOUT: true,
  ERR_PUBSUB_CLOSED: true,
  ERR_PUBSUB_OUTCOME_UNKNOWN: true,
  ERR_PUBSUB_BACKPRESSURE: true,
  ERR_PUBSUB_LIMIT: true,
  ERR_PUBSUB_PROTOCOL: true,
  ERR_PUBSUB_CONFLICT: true,
  ERR_PUBSUB_UNSUPPORTED: true,
} satisfies Record<PubSubErrorCode, true>;

describe('a PubSubError', () => {
  it('is an error with a code, a message, a cause and a stack', () => {
    const cause = new Error('below');
    const error = new PubSubError('ERR_PUBSUB_LIMIT', 'too many', { cause });
    assert.ok(error instanceof Error && error instanceof PubSubError);
    assert.deepEqual([error.code, error.message, error.cause], ['ERR_PUBSUB_LIMIT', 'too many', cause]);
    assert.match(error.stack ?? '', /errors\.test/);
    assert.equal('cause' in new PubSubError('ERR_PUBSUB_LIMIT', 'too many'), false);
  });

  it('names itself as the built-in errors do', () => {
    const error = new PubSubError('ERR_PUBSUB_LIMIT', 'too many');
    assert.deepEqual([error.name, String(error)], ['PubSubError', 'PubSubError: too many']);
    assert.deepEqual(Object.keys(error), ['code']);
    assert.match(inspect(error), /PubSubError: too many[^]*code: 'ERR_PUBSUB_LIMIT'/);
  });
});

describe('the codes', () => {
  it('are known, and nothing else is one', () => {
    for (const code of Object.keys(codes)) assert.equal(isPubSubErrorCode(code), true, code);
    for (const other of [
      'ERR_PUBSUB_',
      'ERR_OF_THE_FUTURE',
      'toString',
      '',
      0,
      7,
      null,
      undefined,
      {},
      ['ERR_PUBSUB_LIMIT'],
    ]) {
      assert.equal(isPubSubErrorCode(other), false);
    }
  });
});
