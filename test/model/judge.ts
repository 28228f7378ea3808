/** What must be true of a run: invariant I for each subscription, exactly, and a true answer to each request. */
import assert from 'node:assert/strict';
import { assertSound } from '../support/ledger.js';
import { isLiving, type ClientRecord, type Subscribed, type SubscriptionRecord } from './records.js';
import type { World } from './world.js';

/** Told of each kind of thing that has happened. */
export type Note = (kind: string) => void;

/** Codes that say that a request was certainly not accepted. */
const notAccepted = new Set(['ERR_PUBSUB_CLOSED', 'ERR_PUBSUB_BACKPRESSURE', 'ERR_PUBSUB_NO_PRIMARY']);
/** And those that say that either is possible. */
const unknown = new Set(['ERR_PUBSUB_OUTCOME_UNKNOWN', 'ERR_PUBSUB_TIMEOUT']);

/** While the cluster lives, and has come to rest. */
export function judgeAtRest(world: World, note: Note): void {
  const { connections, subscriptions } = world.server.stats();
  const reference = world.taps.of(world.server.epoch);
  assert.deepEqual(
    { connections, subscriptions },
    { connections: reference?.connections, subscriptions: reference?.subscriptions },
    'the tables of the server',
  );
  for (const [epoch, observed] of world.observed) {
    const order = world.taps.of(epoch)?.order.map(({ key }) => key);
    assert.deepEqual(observed, order, 'what a client in the primary has received is all, in the one order');
  }
  for (const record of world.subscriptions) {
    if (record.subscribed !== undefined) judgeSubscription(world, record, record.subscribed, note);
  }
  for (const record of world.clients) if (isLiving(record)) judgeClient(world, record);
}

/** When the cluster is closed, and nothing can happen any more. */
export function judgeAtEnd(world: World, note: Note): void {
  const { connections, subscriptions, events, behind, stale } = world.server.stats();
  assert.deepEqual(
    { connections, subscriptions, events, behind, stale },
    { connections: 0, subscriptions: 0, events: 0, behind: 0, stale: 0 },
    'what the server keeps when all are gone',
  );
  judgePublishes(world, note);
}

function judgeClient(world: World, { client }: ClientRecord): void {
  if (client === undefined) return;
  const own = world.subscriptions.filter(({ of }) => of.client === client);
  const segments = own.flatMap(({ subscribed }) => subscribed?.segments ?? []);
  let told = 0;
  for (const entry of segments.flatMap(({ entries }) => entries)) {
    if (typeof entry === 'object') told += entry.missed ?? 0;
  }
  assert.equal(client.stats().missed, told, 'what a client says that it has missed');
}

function judgeSubscription(
  world: World,
  record: SubscriptionRecord,
  { event, segments, outcome, id: currentId }: Subscribed,
  note: Note,
): void {
  const { of, isUnsubscribed } = record;
  const whose = `subscription ${world.subscriptions.indexOf(record)} to ${event}`;
  if (outcome === undefined || 'code' in outcome) {
    const entries = segments.flatMap((segment) => segment.entries);
    assert.deepEqual(entries, [], `${whose} was not granted, and received something`);
    if (outcome === undefined) assert.ok(!isLiving(of), `${whose} is not settled`);
    else assert.ok(notAccepted.has(outcome.code) || unknown.has(outcome.code), `${whose}: ${outcome.code}`);
    return;
  }
  const isWhole = !isUnsubscribed && isLiving(of);
  for (const [at, { epoch, id, entries }] of segments.entries()) {
    const due = world.taps.of(epoch)?.due(id, event);
    assert.ok(due !== undefined, `${whose} is not known to the server as ${id}`);
    const isLast = at === segments.length - 1;
    // A link that the server ends says all that it has to say, unless it is ended because that is too much.
    const isCut = isLast ? !isWhole : world.overflow === 'disconnect';
    const { gaps } = assertSound(due, entries, `${whose}, link ${at}`, { isCut });
    if (gaps > 0) note(gaps > 1 ? 'several gaps' : 'gap');
    if (at > 0) note(epoch === segments[at - 1]?.epoch ? 'reconnect' : 'restart');
    if (isUnsubscribed && entries.length > 0) note('unsubscribed');
  }
  if (!isWhole) return;
  const { epoch, id } = segments.at(-1) ?? {};
  assert.deepEqual([epoch, id], [world.server.epoch, currentId], `${whose} is in force`);
}

function judgePublishes(world: World, note: Note): void {
  const accepted = new Map<number, number>();
  for (const { order } of world.taps.references) {
    for (const { key, listeners } of order) {
      assert.ok(!accepted.has(key), `${key} was accepted twice`);
      accepted.set(key, listeners);
    }
  }
  for (const { key, outcome, of } of world.publishes) {
    assert.ok(outcome !== undefined, `the publish of ${key} never settles`);
    if (outcome === 'unasked') continue;
    const listeners = accepted.get(key);
    if ('value' in outcome) {
      assert.equal(outcome.value, listeners, `the listeners of ${key}`);
      // The observer is always one of them.
      note(listeners === 1 ? 'heard by nobody' : 'heard');
    } else if (notAccepted.has(outcome.code)) {
      assert.equal(listeners, undefined, `${key} was accepted, and ${outcome.code} says that it was not`);
      note(outcome.code);
    } else {
      assert.ok(unknown.has(outcome.code), `the publish of ${key} came to ${outcome.code}`);
      const isKilled = of.worker?.state === 'ended' ? ' by one that is dead' : '';
      note(`${outcome.code}, ${listeners === undefined ? 'lost' : 'accepted'}${isKilled}`);
    }
  }
  for (const { order } of world.taps.references) {
    const last = new Map<object, number>();
    for (const { key, from } of order) {
      assert.ok(key > (last.get(from) ?? 0), `${key} was accepted after a later one of its client`);
      last.set(from, key);
    }
  }
}
