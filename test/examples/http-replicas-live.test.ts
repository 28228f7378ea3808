/**
 * The demo's live page as one more client: what it hears of the replicas, and what it has them do. What is served
 * to a browser, and who is refused, is in `http-replicas-page.test.ts`.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { count, PageClient, servedBy, type CommandName } from '../support/demo-page.js';
import { startExample, type Example } from '../support/example.js';
import { ask } from '../support/http.js';
import { until } from '../support/until.js';

describe('a client with the id of the live page', { timeout: 120_000 }, () => {
  let example: Example;
  let service: string;
  let page: URL;
  let client: PageClient;

  before(async () => {
    example = startExample(['build/examples/http-replicas/demo.js']);
    ({ service, page } = await servedBy(example));
    client = await PageClient.connect(page);
  });

  after(async () => {
    await client.close();
    await example.dispose();
  });

  it('tells of every replica what it is, holds and does', async () => {
    await client.nextStatuses();
    assert.equal(client.living.length, count);
    const places = new Set(client.living.map((replica) => client.record(replica)?.place));
    assert.deepEqual(places, new Set([1, 2, 3, 4]));
    for (const replica of client.living) {
      const status = client.status(replica);
      const record = client.primary.replicas.find((candidate) => candidate.replica === replica);
      assert.equal(status.pid, record?.pid);
      assert.ok(status.uptime > 0 && status.requests > 0 && status.events > 0);
      assert.equal(client.flag(replica, 'new-checkout')?.on, false);
      assert.equal(status.lastChange?.what, 'flag');
      assert.equal(status.isStale, false);
    }
  });

  it('tells a newcomer at once what there is', async () => {
    const newcomer = await PageClient.connect(page);
    try {
      assert.deepEqual(newcomer.living, client.living);
    } finally {
      await newcomer.close();
    }
  });

  it('switches a flag by any replica, and each of them shows it', async () => {
    for (const to of client.living) {
      const on = client.flag(to, 'dark-mode')?.on !== true;
      const { version } = await client.command('page::set-flag', { to, name: 'dark-mode', on });
      assert.ok(version !== undefined && version > 0);
      await client.untilAll((replica) => {
        const flag = client.flag(replica, 'dark-mode');
        return flag?.on === on && flag.version === version;
      }, `the flag by replica ${to}`);
      await client.untilAll(
        (replica) => client.status(replica).lastChange?.isOwn === (replica === to),
        `who made the change, and who heard of it`,
      );
    }
  });

  it('holds the flags itself, as every replica does, and can only read them', async () => {
    const map = await client.ownFlags();
    const held = (): object[] =>
      Array.from(map, ([name, on]) => ({ name, on, version: map.entry(name)?.version }));
    assert.deepEqual(held(), client.status(client.living[0] as number).flags);
    const { body } = await ask('PUT', `${service}/flags/for-the-page`, '{"on":true}');
    await until(() => map.has('for-the-page'), 'the flag, in the page');
    assert.equal(map.entry('for-the-page')?.version, body['version']);
    await assert.rejects(map.set('for-the-page', false), { code: 'ERR_PUBSUB_FORBIDDEN' });
    assert.equal(map.get('for-the-page'), true);
  });

  it('shows what is changed over HTTP as well', async () => {
    await ask('PUT', `${service}/flags/by-http`, '{"on":true}');
    await client.untilAll((replica) => client.flag(replica, 'by-http')?.on === true, 'the flag');
  });

  it('shows what is cached, and changes a product, which nobody holds then', async () => {
    await until(async () => {
      await ask('GET', `${service}/products/3`);
      return client.living.every((replica) => client.cached(replica, '3') !== undefined);
    }, 'every replica has read it');
    const [to] = client.living;
    const product = { to, id: '3', name: 'Whisk', price: 5.75 };
    const { version } = await client.command('page::set-product', product);
    await client.untilAll(
      (replica) =>
        client.status(replica).changes.some((change) => change.key === '3' && change.version === version) &&
        client.cached(replica, '3') === undefined,
      'all have dropped it',
    );
    const { body } = await ask('GET', `${service}/products/3`);
    assert.equal(body['price'], 5.75);
  });

  it('has visitors come, and go', async () => {
    const requests = (): number =>
      client.living.reduce((sum, replica) => sum + client.status(replica).requests, 0);
    await client.command('page::set-visitors', { on: true });
    await until(() => client.primary.visitors, 'they come');
    const asked = requests();
    await until(() => requests() > asked + 5, 'they ask');
    await client.command('page::set-visitors', { on: false });
    await until(() => !client.primary.visitors, 'they go');
  });

  it('kills a replica, says how it ended, and shows its successor in its place', async () => {
    const [, victim] = client.living;
    assert.ok(victim !== undefined);
    const { pid } = client.status(victim);
    const { place } = client.record(victim) ?? {};
    await client.command('page::kill', { replica: victim });
    await until(() => client.record(victim)?.ended?.how === 'SIGKILL', 'the end of the replica');
    const successorOf = (): number | undefined =>
      client.living.find((replica) => client.record(replica)?.place === place);
    await until(() => successorOf() !== undefined, 'the successor');
    const successor = Number(successorOf());
    assert.equal(client.living.length, count);
    assert.ok(successor > victim && client.status(successor).pid !== pid);
    const [other] = client.living.filter((replica) => replica !== successor);
    assert.deepEqual(client.flag(successor, 'dark-mode'), client.flag(Number(other), 'dark-mode'));
  });

  const [to, on] = [1, true];
  const refused: readonly [what: string, event: CommandName, order: object][] = [
    ['a flag that is neither on nor off', 'page::set-flag', { to, name: 'a', on: 1 }],
    ['a flag without a name', 'page::set-flag', { to, on }],
    ['a flag with a name that is none', 'page::set-flag', { to, name: 'a/b', on }],
    ['a product without a price', 'page::set-product', { to, id: '1', name: 'Teapot' }],
    ['a product with an id that is none', 'page::set-product', { to, id: '', name: 'T', price: 1 }],
    ['the death of nobody', 'page::kill', { replica: 99 }],
    ['the death of what is no number', 'page::kill', { replica: '__proto__' }],
    ['visitors that neither come nor go', 'page::set-visitors', {}],
  ];
  for (const [what, event, order] of refused) {
    it(`refuses ${what}`, async () => {
      const addressed = 'to' in order ? { ...order, to: client.living[0] } : order;
      const held = (): unknown => client.living.map((one) => [one, client.status(one).flags]);
      const heldBefore = held();
      await assert.rejects(client.command(event, addressed), /^Error: refused: ./);
      await client.nextStatuses();
      assert.deepEqual(held(), heldBefore);
    });
  }

  it('does not mind what is no command', async () => {
    for (const value of [null, 1, 'text', [], {}, { to: client.living[0] }, { command: 7, replica: 1 }]) {
      for (const event of ['page::set-flag', 'page::set-product', 'page::kill', 'page::set-visitors']) {
        await client.publish(event, value);
      }
    }
    await client.nextStatuses();
    assert.equal(client.living.length, count);
  });

  it('ends on Ctrl-C with 0 and without a word, whoever is connected and whatever was refused', async () => {
    await client.command('page::set-visitors', { on: true });
    example.signalAll('SIGINT');
    const { code, signal, stderr } = await example.ended();
    assert.deepEqual({ code, signal, stderr }, { code: 0, signal: null, stderr: '' });
  });
});
