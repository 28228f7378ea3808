/** Access: who is known, with which rights, and what nobody may learn of an id. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { defaultLimits, type ClientInfo, type PubSubError } from 'clustercast';
import { Access, digest, minSecretLength } from '#lib/server/access.js';
import { code } from '../support/codes.js';

const secret = 'secret-0123456789';

function accessOf(...clients: ClientInfo[]): Access {
  const access = new Access(defaultLimits);
  for (const client of clients) access.register(client);
  return access;
}

describe('registering a client', () => {
  it('grants both rights where nothing else is said, and what is said otherwise', () => {
    const access = accessOf(
      { id: 'both' },
      { id: 'reader', canPublish: false },
      { id: 'writer', canSubscribe: false },
    );
    assert.deepEqual(
      ['both', 'reader', 'writer'].map((id) => access.admit(id, false)),
      [
        { clientId: 'both', canPublish: true, canSubscribe: true },
        { clientId: 'reader', canPublish: false, canSubscribe: true },
        { clientId: 'writer', canPublish: true, canSubscribe: false },
      ],
    );
  });

  it('takes any id within the limit, and each once', () => {
    const access = new Access({ ...defaultLimits, idLength: 10 });
    for (const id of ['x', '__proto__', 'é😀', '0123456789']) access.register({ id });
    for (const id of ['', '01234567890', undefined, null, 7, {}]) {
      assert.throws(() => access.register({ id: id as string }), code('INVALID_ARGUMENT'));
    }
    assert.throws(() => access.register({ id: '__proto__' }), code('INVALID_ARGUMENT'));
    assert.throws(() => access.register({ id: 'x', canPublish: false }), code('INVALID_ARGUMENT'));
    assert.equal(access.admit('x', true).canPublish, true);
  });

  it('takes no rights that are not booleans: a slip must not grant anything', () => {
    for (const wrong of ['false', 0, null, {}] as unknown as boolean[]) {
      const access = new Access(defaultLimits);
      assert.throws(() => access.register({ id: secret, canPublish: wrong }), code('INVALID_ARGUMENT'));
      assert.throws(() => access.register({ id: secret, canSubscribe: wrong }), code('INVALID_ARGUMENT'));
      assert.throws(() => access.admit(secret, true), code('UNAUTHORIZED'));
    }
  });

  it('never says an id that may be a secret', () => {
    const access = accessOf({ id: secret });
    for (const again of [{ id: secret }, { id: secret, canPublish: 'no' as unknown as boolean }]) {
      assert.throws(
        () => access.register(again),
        (error: PubSubError) => !error.message.includes('secret') && error.message.includes(digest(secret)),
      );
    }
  });

  it('knows whether every id may serve as a secret', () => {
    assert.equal(accessOf().hasSecretsOnly, true);
    assert.equal(accessOf({ id: 'x'.repeat(minSecretLength) }).hasSecretsOnly, true);
    assert.equal(
      accessOf({ id: secret }, { id: 'x'.repeat(minSecretLength - 1) }, { id: 'x'.repeat(20) })
        .hasSecretsOnly,
      false,
    );
  });
});

describe('admitting a client', () => {
  it('gives a trusted one without an id an id of its own and every right', () => {
    const [one, two] = [accessOf().admit(undefined, true), accessOf().admit(undefined, true)];
    assert.deepEqual(one, { clientId: one.clientId, canPublish: true, canSubscribe: true });
    assert.match(one.clientId, /^[0-9a-f]{32}$/);
    assert.notEqual(one.clientId, two.clientId);
  });

  it('refuses an unknown id, and none where that is not enough, in the same words', () => {
    const access = accessOf({ id: secret });
    const refusals = [
      () => access.admit('unknown-0123456789', true),
      () => access.admit('unknown-0123456789', false),
      () => access.admit(undefined, false),
      () => access.admit('', true),
      () => access.admit('__proto__', true),
      () => access.admit(secret.toUpperCase(), true),
      () => access.admit(`${secret} `, true),
    ];
    for (const refused of refusals) {
      assert.throws(refused, {
        code: 'ERR_PUBSUB_UNAUTHORIZED',
        message: 'the server does not know this client',
      });
    }
  });

  it('gives rights that nobody can change', () => {
    const info = { id: secret, canPublish: false };
    const access = accessOf(info);
    info.canPublish = true;
    assert.throws(() => Object.assign(access.admit(secret, true), { canPublish: true }), TypeError);
    assert.equal(access.admit(secret, true).canPublish, false);
  });
});

describe('the digest of an id', () => {
  it('is 8 hex digits, the same for the same id, and another one for another', () => {
    assert.match(digest(secret), /^#[0-9a-f]{8}$/);
    assert.equal(digest(secret), digest(['secret', '0123456789'].join('-')));
    assert.notEqual(digest(secret), digest(`${secret}0`));
  });
});
