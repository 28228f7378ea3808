/**
 * That the time a look-up takes tells nothing about how much of a guess was right: nothing is ever compared with an id
 * itself, only digests are. Seen by what is looked up, since a measurement would prove nothing.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { defaultLimits } from 'clustercast';
import { Access } from '#lib/server/access.js';
import { code } from '../support/codes.js';

const secret = 'secret-0123456789';
const guess = 'secret-0123456780';

it('an id is not looked up itself, right or wrong, neither when it is registered nor later', (t) => {
  const keys: unknown[] = [];
  const methods = (['get', 'has', 'set'] as const).map((name) => t.mock.method(Map.prototype, name));
  const access = new Access(defaultLimits);
  access.register({ id: secret });
  access.admit(secret, false);
  assert.throws(() => access.admit(guess, false), code('UNAUTHORIZED'));
  for (const { mock } of methods) {
    keys.push(...mock.calls.map((call) => (call.arguments as unknown[])[0]));
    mock.restore();
  }
  const digests = keys.filter((key) => typeof key === 'string' && /^[0-9a-f]{64}$/.test(key));
  assert.ok(digests.length >= 3, `${digests.length} digests`);
  assert.deepEqual(
    keys.filter((key) => key === secret || key === guess),
    [],
  );
});
