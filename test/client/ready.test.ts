/** The promise of a client that is never ready, where nobody looks at it. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { PubSubClient } from '#lib/client/client.js';
import { code } from '../support/codes.js';
import { FakeConnector } from '../support/fake-connector.js';
import { endOfTurn } from '../support/turn.js';

it('a client that was never ready kills nothing where nobody waits for it', async () => {
  const client = new PubSubClient(new FakeConnector());
  await client.close();
  // By the end of a turn, Node.js has raised what nobody handles.
  await endOfTurn();
  await assert.rejects(client.ready, code('CLOSED'));
});
