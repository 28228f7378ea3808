/** What must be true of a run with maps: of what each replica was like all the time, and of what each write came to. */
import assert from 'node:assert/strict';
import type { Note } from './judge.js';
import type { ReplicaReport, WriteReport } from './map-records.js';
import type { Change, MapLog, MapTaps } from './map-reference.js';
import type { SiteReport } from './map-site.js';
import { mapNames, type AskedWrite, type MapWorld } from './map-world.js';

/** Codes that say that either is possible; every other one says that nothing was written. */
const unknown = new Set(['ERR_PUBSUB_OUTCOME_UNKNOWN', 'ERR_PUBSUB_TIMEOUT']);

/** While the cluster lives, and has come to rest. */
export async function judgeMapsAtRest(world: MapWorld, note: Note): Promise<void> {
  const { taps, server } = world;
  const sizes = mapNames.map((name) => taps.of(server.epoch, name).size);
  const { entries } = server.stats().state;
  assert.equal(
    entries,
    sizes.reduce((sum, size) => sum + size, 0),
    'what the server has',
  );
  for (const [worker, { clients }] of await world.reports()) {
    for (const [n, { isClosed, replicas }] of clients.entries()) {
      const member = world.members.find((one) => one.worker === worker && one.n === n);
      const isLiving = !isClosed && worker?.state !== 'ended' && member?.isClosing === false;
      for (const replica of replicas) {
        judgeHistory(taps, replica, note);
        if (isLiving && !replica.isEnded)
          judgeNow(taps.of(server.epoch, replica.name), server.epoch, replica);
      }
    }
  }
}

/** When the cluster is closed, and nothing can happen any more. */
export function judgeMapsAtEnd(world: MapWorld, reports: Iterable<SiteReport>, note: Note): void {
  const outcomes = new Map(
    [...reports].flatMap(({ writes }) => writes.map((write) => [write.token, write] as const)),
  );
  for (const report of outcomes.values())
    assert.ok(report.outcome !== undefined, `${JSON.stringify(report)} never settles`);
  const ages = new Map(world.writes.map(({ token, ttl }) => [token, ttl] as const));
  const made = new Map<number, Made>();
  for (const run of world.taps.runs) {
    const log = world.taps.of(run, 'm');
    for (const one of madeIn(run, log, ages, note)) {
      assert.ok(!made.has(one.token), `${one.token} was written twice`);
      made.set(one.token, one);
    }
  }
  for (const asked of world.writes)
    if (asked.kind === 'set') judgeSet(asked, outcomes.get(asked.token), made, note);
  judgeIncrements(world, outcomes, note);
  judgeAppends(world, outcomes, note);
}

function judgeHistory(
  taps: MapTaps,
  { name, history, fresh, flaws, counts }: ReplicaReport,
  note: Note,
): void {
  assert.deepEqual(flaws, [], `a replica of ${name}`);
  let last: readonly [number, number] = [0, 0];
  for (const { run, version, contents } of history) {
    assert.equal(
      contents,
      taps.of(run, name).contentsAt(version),
      `${name} at version ${version} is as it was there`,
    );
    const place = [taps.runs.indexOf(run), version] as const;
    assert.ok(
      place[0] > last[0] || (place[0] === last[0] && version >= last[1]),
      `${name} goes back to ${version}`,
    );
    last = place;
  }
  for (const { since, run, version } of fresh) {
    const due = taps.of(run, name).versionAt(since);
    assert.ok(version >= due, `${name} says that it is fresh at version ${version}, and lacks up to ${due}`);
  }
  for (const [kind, count] of Object.entries(counts)) for (let n = 0; n < count; n += 1) note(kind);
}

function judgeNow(log: MapLog, run: string, { name, now, isStale }: ReplicaReport): void {
  assert.equal(isStale, false, `${name} is fresh at rest`);
  assert.equal(now?.run, run, `${name} is of this run`);
  assert.equal(now?.contents, log.contents, `${name} is the same everywhere`);
  assert.ok((now?.version ?? 0) >= log.version);
}

interface Made {
  readonly token: number;
  readonly run: string;
  readonly version: number;
  /** Of the key, before. */
  readonly before: number;
}

/** What was set in one run; and that what expired did so in its time. */
function madeIn(run: string, log: MapLog, ages: ReadonlyMap<number, number | undefined>, note: Note): Made[] {
  const made: Made[] = [];
  const entries = new Map<string, Change>();
  for (const change of log.changes) {
    const { key, value, version, isExpired, time } = change;
    if (key === undefined) {
      entries.clear();
      continue;
    }
    const before = entries.get(key);
    if (isExpired) {
      const ttl = ages.get(before?.value as number);
      assert.ok(before !== undefined && ttl !== undefined, `${key} has no time, and expires`);
      assert.ok(time - before.time >= ttl - 1, `${key} expires before its time`);
      note('expiry');
    }
    if (value === undefined) {
      entries.delete(key);
    } else {
      entries.set(key, change);
      made.push({ token: value as number, run, version, before: before?.version ?? 0 });
    }
  }
  return made;
}

function judgeSet(
  { token }: AskedWrite,
  report: WriteReport | undefined,
  made: ReadonlyMap<number, Made>,
  note: Note,
): void {
  const one = made.get(token);
  const { outcome, instead } = report ?? {};
  if (outcome !== undefined && 'value' in outcome) {
    assert.ok(one !== undefined, `${token} is acknowledged, and was never written`);
    assert.equal(outcome.value, one.version, 'the version that a write is told');
    note('set');
  } else if (outcome !== undefined && !unknown.has(outcome.code)) {
    assert.equal(one, undefined, `${token} was written, and ${outcome.code} says that it was not`);
    note(outcome.code);
  } else if (outcome !== undefined) {
    note(`${outcome.code}, ${one === undefined ? 'lost' : 'accepted'}`);
  }
  if (one === undefined || instead === undefined) return;
  assert.deepEqual([one.run, one.before], instead, 'what a compare-and-set has taken the place of');
  note('compare-and-set');
}

function judgeIncrements(world: MapWorld, outcomes: ReadonlyMap<number, WriteReport>, note: Note): void {
  let [total, acknowledged, possible] = [0, 0, 0];
  for (const run of world.taps.runs) {
    let sum = 0;
    for (const { key, value } of world.taps.of(run, 'counts').changes) {
      if (key !== 'sum') continue;
      assert.equal(value, ++sum, 'each increment adds what it should');
      total += 1;
    }
  }
  for (const { kind, token } of world.writes) {
    if (kind !== 'increment') continue;
    const outcome = outcomes.get(token)?.outcome;
    if (outcome === undefined || ('code' in outcome && unknown.has(outcome.code))) possible += 1;
    else if ('value' in outcome) acknowledged += 1;
  }
  const counts = `${total} of ${acknowledged} acknowledged and ${possible} that are unknown`;
  assert.ok(total >= acknowledged && total <= acknowledged + possible, counts);
  if (total > 0) note('increments');
}

function judgeAppends(world: MapWorld, outcomes: ReadonlyMap<number, WriteReport>, note: Note): void {
  const appended = new Set<number>();
  for (const run of world.taps.runs) {
    let list: readonly number[] = [];
    for (const { key, value } of world.taps.of(run, 'counts').changes) {
      if (key !== 'list') continue;
      const next = value as readonly number[];
      assert.deepEqual(next.slice(0, -1), list, 'an update is lost');
      const token = next.at(-1) as number;
      assert.ok(!appended.has(token), `${token} is appended twice`);
      appended.add(token);
      list = next;
    }
  }
  for (const { kind, token } of world.writes) {
    const outcome = outcomes.get(token)?.outcome;
    if (kind !== 'append' || outcome === undefined) continue;
    if ('value' in outcome) assert.ok(appended.has(token), `the update ${token} is lost`);
    else if (!unknown.has(outcome.code))
      assert.ok(!appended.has(token), `${token} was written: ${outcome.code}`);
    if ('value' in outcome) note('update');
  }
}
