/**
 * A whole cluster as a child of the test, so that its primary can be faulted like any worker; and invariant I for
 * every subscription in it. Everybody subscribes to one event, and the order is what a client in the primary received.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { PrimaryOptions, ServerStats } from 'clustercast';
import { forkChild, type Child } from '../json-rpc/child.js';
import type { Control } from './control.js';
import { publisherOf } from './fault-values.js';
import { assertSound, type Audit, type Key, type Stream } from './ledger.js';
import { until } from './until.js';

/** To which everybody subscribes. */
export const event = 'e';

/** By which the client in the primary publishes: no worker has it. */
const primaryPublisher = 99;

export type FaultOptions = Pick<PrimaryOptions, 'limits' | 'killStale' | 'overflow'>;

export interface Replica {
  /** Its place among the workers, and by which its client publishes. */
  readonly place: number;
  readonly pid: number;
  /** Calls a command of test/fixtures/fault-client.ts. */
  readonly call: Control;
}

export interface Memory {
  readonly living: number;
  readonly resident: number;
}

type Happening = readonly [what: string, worker: number, detail: unknown];

export class FaultCluster {
  readonly replicas: Replica[] = [];
  readonly ports: { readonly tcp: number; readonly webSocket: number };
  readonly #child: Child;

  static async start(options: FaultOptions): Promise<FaultCluster> {
    const child = await forkChild('fault-primary');
    const ports = (await child.call('start', options, event)) as FaultCluster['ports'];
    return new FaultCluster(child, ports);
  }

  private constructor(child: Child, ports: FaultCluster['ports']) {
    this.#child = child;
    this.ports = ports;
  }

  /** Forks so many workers, which subscribe. Their clients have the same limits as the server, unless told. */
  async fork(count: number, limits = {}): Promise<Replica[]> {
    const forked = await Promise.all(Array.from({ length: count }, () => this.forkFixture('fault-client')));
    await Promise.all(
      forked.map(async ({ call }) => {
        await call('connect', limits);
        await call('record', event);
      }),
    );
    return forked;
  }

  async forkFixture(fixture: string, env = {}): Promise<Replica> {
    const place = this.replicas.length;
    const call: Control = (name, ...args) => this.#child.call('worker', place, name, ...args);
    // Its place is taken before anything is awaited.
    const replica = { place, pid: 0, call };
    this.replicas.push(replica);
    replica.pid = (await this.#child.call('fork', fixture, env)) as number;
    return replica;
  }

  call(name: string, ...args: unknown[]): Promise<unknown> {
    return this.#child.call(name, ...args);
  }

  /** Publishes from within the primary. */
  publish(count: number, length: number): Promise<unknown> {
    return this.call('publish', event, primaryPublisher, count, length);
  }

  /** Publishes likewise, no faster than `replica` takes it. */
  async publishPaced(replica: Replica, count: number, length: number): Promise<void> {
    for (let left = count; left > 0; left -= 250) {
      const block = Math.min(left, 250);
      assert.deepEqual(await this.publish(block, length), { answered: block });
      const last = await this.call('last');
      await until(async () => (await replica.call('last')) === last, `replica ${replica.place} has it`);
    }
  }

  async order(): Promise<Key[]> {
    return (await this.call('order')) as Key[];
  }

  async count(): Promise<number> {
    return (await this.call('count')) as number;
  }

  async stats(): Promise<ServerStats> {
    return (await this.call('stats')) as ServerStats;
  }

  async memory(): Promise<Memory> {
    return (await this.call('memory')) as Memory;
  }

  /** What happened to workers: stale, recovered, exit. */
  async story(): Promise<Happening[]> {
    return (await this.call('story')) as Happening[];
  }

  async happened(what: string, { place }: Replica): Promise<boolean> {
    return (await this.story()).some(([kind, whose]) => kind === what && whose === place);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.signal(signal);
  }

  /** Resolves when the primary is dead. */
  kill(): Promise<void> {
    return this.#child.kill();
  }

  /** Waits until everybody has what there is, and compares it with what was due. */
  async settle(replicas: readonly Replica[]): Promise<Audit[]> {
    const isSettled = async (): Promise<boolean> => {
      const { behind, stale } = await this.stats();
      return behind === 0 && stale === 0;
    };
    await until(isSettled, 'nobody is behind', 30_000);
    // The last value comes after everything else, and after the gap where there is one.
    await this.publish(1, 0);
    const order = (await this.call('order')) as Key[];
    for (const { call, place } of replicas) {
      const hasAll = async (): Promise<boolean> => (await call('last')) === order.at(-1);
      await until(hasAll, `the last value for replica ${place}`, 30_000);
    }
    return Promise.all(
      replicas.map(async ({ call, place }) => {
        const isOwn = (key: Key): boolean => publisherOf(key) === place;
        return assertSound(order, (await call('stream')) as Stream, `replica ${place}`, { isOwn });
      }),
    );
  }

  /** Ends everything; fails if a process that lived on wrote to standard error. */
  async end(): Promise<void> {
    await this.call('end');
    await this.#child.kill('SIGTERM');
  }

  /** Ends everything whatever has become of it. To be called after each test, also after `end()`. */
  async destroy(): Promise<void> {
    for (const { pid } of this.replicas) if (pid > 0 && isRunning(pid)) process.kill(pid, 'SIGKILL');
    await this.#child.kill();
  }
}

/** Runs `play`, and ends what is left of the cluster, which has to be nothing but what the test knows. */
export async function onCluster(
  options: FaultOptions,
  play: (cluster: FaultCluster) => Promise<void>,
): Promise<void> {
  const cluster = await FaultCluster.start(options);
  try {
    await play(cluster);
  } finally {
    await cluster.destroy();
  }
}

/** Whether there is such a process that is more than an entry that its parent has not yet looked at. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    if (process.platform !== 'linux') return true;
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.charAt(stat.lastIndexOf(')') + 2) !== 'Z';
  } catch {
    return false;
  }
}

export async function gone(replicas: readonly Replica[], deadline?: number): Promise<void> {
  await until(() => replicas.every(({ pid }) => !isRunning(pid)), 'the workers are gone', deadline);
}
