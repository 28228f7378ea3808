/**
 * Caches in 8 processes over one SQLite file: random writes, each followed by an invalidation, while loads take their time, and
 * processes are stopped and killed. Who asks after an invalidation was resolved gets nothing older. `SEED` replays the choices.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import sqlite from 'node-sqlite3-wasm';
import { startPrimary } from 'clustercast';
import { randomFrom } from '../support/random.js';
import { endWorkers, forkWorker, kill, type Forked } from '../support/workers.js';

const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const random = randomFrom(seed);
const places = 8;
/** In milliseconds; and longer, up to the most, where not enough has happened by then. */
const duration = 2_500;
const longest = 11_000;
/** The longest that a process is stopped, in milliseconds. */
const longestStop = 500;

interface Get {
  readonly place: string;
  readonly key: string;
  readonly version: number;
  readonly begun: number;
  readonly isStale: boolean;
  readonly isHit: boolean;
  /** Loads of that process that were fenced so far. */
  readonly fenced: number;
}

interface Invalidated {
  readonly key: string;
  readonly version: number;
  readonly at: number;
}

/** What the processes saw, by the clock that they share, in microseconds. */
class Story {
  readonly gets: Get[] = [];
  readonly invalidated: Invalidated[] = [];
  readonly refused = new Map<string, number>();
  readonly errors: string[] = [];
  readonly gaps: { readonly place: string; readonly at: number }[] = [];

  saw(what: Record<string, unknown>): void {
    if (what['saw'] === 'get') this.gets.push(what as unknown as Get);
    else if (what['saw'] === 'invalidated') this.invalidated.push(what as unknown as Invalidated);
    else if (what['saw'] === 'gap') this.gaps.push(what as unknown as { place: string; at: number });
    else if (what['saw'] === 'error') this.errors.push(String(what['error']));
    else this.refused.set(String(what['code']), (this.refused.get(String(what['code'])) ?? 0) + 1);
  }

  /** Of all processes, also of those that were killed. */
  get hits(): number {
    return this.gets.filter(({ isHit }) => isHit).length;
  }

  get fenced(): number {
    const most = new Map<string, number>();
    for (const { place, fenced } of this.gets) most.set(place, Math.max(fenced, most.get(place) ?? 0));
    return [...most.values()].reduce((sum, each) => sum + each, 0);
  }

  /** Gets that returned less than what an invalidation had promised when they began. */
  older(): Get[] {
    const floors = new Map<string, number>();
    const promised = this.invalidated.toSorted((one, other) => one.at - other.at);
    const older: Get[] = [];
    let next = 0;
    for (const get of this.gets.toSorted((one, other) => one.begun - other.begun)) {
      for (; (promised[next]?.at ?? Infinity) < get.begun; next++) {
        const { key, version } = promised[next] as Invalidated;
        floors.set(key, Math.max(version, floors.get(key) ?? 0));
      }
      if (get.version < (floors.get(get.key) ?? 0)) older.push(get);
    }
    return older;
  }
}

/** Serves the rows of a database, and takes its time with what it has read. */
function serve(
  database: InstanceType<typeof sqlite.Database>,
  story: Story,
  sockets: Set<Socket>,
): ReturnType<typeof createServer> {
  const sql = {
    read: 'SELECT version FROM rows WHERE key = ?',
    write:
      'INSERT INTO rows VALUES (?, 1) ON CONFLICT (key) DO UPDATE SET version = version + 1 RETURNING version',
  };
  return createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    // A process that is killed is no error, on either of them.
    const lines = createInterface(socket).on('error', () => undefined);
    lines.on('line', (line) => {
      // A process that is killed leaves half a line.
      if (!line.endsWith('}')) return;
      const said = JSON.parse(line) as Record<string, unknown>;
      if ('saw' in said) {
        story.saw(said);
        return;
      }
      const { id, what, key } = said as { id: number; what: 'read' | 'write'; key: string };
      const run = (): number => Number(database.get(sql[what], key)?.['version'] ?? 0);
      const answer = (version: number): void => void socket.write(`${JSON.stringify({ id, version })}\n`);
      if (what === 'write') {
        answer(run());
        return;
      }
      // On its way there and back: what it reads is so at a moment between the two.
      setTimeout(() => {
        if (!database.isOpen) return;
        const version = run();
        setTimeout(() => answer(version), random() * 20);
      }, random() * 5);
    });
  });
}

/** With the small one, who is stopped is told gaps; with the default one nobody is. */
const windows = { small: 4, default: 8_192 };

describe('caches over one store', () => {
  for (const [window, windowMessages] of Object.entries(windows)) {
    it(`return nothing older than what an invalidation has promised, whoever is stopped or killed: ${window} window`, async (t) => {
      const folder = await mkdtemp(join(tmpdir(), 'cache-store-'));
      const database = new sqlite.Database(join(folder, 'rows.db'));
      database.exec('PRAGMA synchronous = OFF; CREATE TABLE rows (key TEXT PRIMARY KEY, version INTEGER)');
      const [story, sockets] = [new Story(), new Set<Socket>()];
      const store = serve(database, story, sockets);
      await new Promise<void>((resolve) => store.listen(0, '127.0.0.1', resolve));
      const primary = await startPrimary({ limits: { windowMessages } });
      // Also where it fails: nothing of it may keep the process.
      t.after(async () => {
        await endWorkers();
        for (const socket of sockets) socket.destroy();
        store.close();
        await primary.close();
        database.close();
        await rm(folder, { recursive: true });
      });
      const living: { forked: Forked; place: string }[] = [];
      let forks = 0;
      const fork = async (): Promise<void> => {
        const place = String(forks++);
        const env = {
          STORE_PORT: String((store.address() as AddressInfo).port),
          PLACE: place,
          SEED: String(seed + forks),
        };
        const forked = forkWorker('cache-store', env);
        await forked.ready;
        living.push({ forked, place });
      };
      await Promise.all(Array.from({ length: places }, fork));
      let [kills, stops] = [0, 0];
      const isEnough = (): boolean =>
        kills > 1 &&
        stops > 1 &&
        (window === 'small' ? story.gaps.length > 1 : story.gaps.length === 0) &&
        story.invalidated.length > 50 &&
        story.hits > 100 &&
        story.fenced > 20;
      const start = performance.now();
      const passed = (): number => performance.now() - start;
      for (; passed() < (isEnough() ? duration : longest); await delay(random() * 150)) {
        const at = Math.floor(random() * living.length);
        const one = living[at] as (typeof living)[number];
        if ((kills + stops) % 3 === 2) {
          living.splice(at, 1);
          kills += 1;
          await kill(one.forked);
          await fork();
        } else {
          stops += 1;
          process.kill(one.forked.pid, 'SIGSTOP');
          await delay(random() * longestStop);
          process.kill(one.forked.pid, 'SIGCONT');
        }
      }
      await Promise.all(living.map(({ forked }) => forked.call('stop')));
      await delay(50);
      const older = story.older();
      // Who was on its own then was told nothing.
      const unexcused = older.filter(({ isStale }) => !isStale);
      t.diagnostic(
        `seed ${seed}: ${story.gets.length} gets, ${story.hits} hits, ${story.fenced} fenced, ${story.invalidated.length} invalidations, ` +
          `${kills} kills, ${stops} stops, ${story.gaps.length} gaps; ${older.length} older, ${unexcused.length} of them not stale; ` +
          `refused: ${JSON.stringify([...story.refused])}`,
      );
      assert.deepEqual(unexcused.slice(0, 5), [], `SEED=${seed}`);
      assert.deepEqual(story.errors.slice(0, 5), []);
      assert.ok(isEnough(), 'enough of every kind has happened');
      assert.equal(primary.server.stats().state.invalidations, 0, 'none is left that waits for somebody');
    });
  }
});
