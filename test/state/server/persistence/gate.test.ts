/** What waits until state is loaded. How much one client may have waiting is in `persistence.test.ts`. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { defaultLimits } from 'clustercast';
import type { Identity } from '#lib/server/access.js';
import { Later } from '#lib/server/methods.js';
import { Gate } from '#lib/state/server/persistence/gate.js';

const identity: Identity = { clientId: 'it', canPublish: true, canSubscribe: true };

describe('what waits at the gate', () => {
  it('is let go where its connection has ended, so that no more is kept than of those who are there', () => {
    const gate = new Gate({
      limits: { ...defaultLimits, outboxLength: 4_000 },
      turnedAway: () => assert.fail('nobody waits for too much'),
    });
    const { set } = gate.guard({ set: () => ({}) });
    const kept: number[] = [];
    for (let n = 0; n < 100; n++) {
      const caller = { label: 'it', isOpen: true };
      const later = set?.(caller, identity, { key: 'x'.repeat(100) });
      assert.ok(later instanceof Later);
      later.begin(() => kept.push(n));
      caller.isOpen = n % 50 === 0;
    }
    gate.open();
    assert.deepEqual(
      kept.filter((n) => n % 50 === 0),
      [0, 50],
    );
    assert.ok(kept.length < 20, `${kept.length} are kept`);
  });
});
