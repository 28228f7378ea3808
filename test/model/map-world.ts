/** What a run with maps plays in: a cluster, simulated or of processes, who is in it, and what was asked of them. */
import type { Server } from 'clustercast';
import type { Write } from './map-records.js';
import type { MapTaps } from './map-reference.js';
import type { MapSite, SiteReport } from './map-site.js';
import type { WorkerRecord } from './records.js';

export const mapNames = ['m', 'counts'] as const;
export type MapName = (typeof mapNames)[number];

export interface Member {
  /** None where it is in the primary. */
  readonly worker: WorkerRecord | undefined;
  /** Its place among the clients of its process. */
  readonly n: number;
  isClosing: boolean;
}

export interface AskedWrite {
  readonly token: number;
  readonly kind: Write['kind'];
  readonly ttl: number | undefined;
}

type Commands = 'connect' | 'join' | 'leave' | 'look' | 'write' | 'close';

export abstract class MapWorld {
  readonly taps: MapTaps;
  readonly workers: WorkerRecord[] = [];
  readonly members: Member[] = [];
  readonly writes: AskedWrite[] = [];
  #restarting: Promise<void> | undefined;

  constructor(taps: MapTaps) {
    this.taps = taps;
    taps.clear();
  }

  abstract get server(): Server;
  abstract fork(): void;
  /** Lets time pass, or waits for it. */
  abstract wait(time: number): Promise<void>;
  /** What lies between two commands. */
  abstract pace(): Promise<void>;
  protected abstract tell<Name extends Commands>(
    worker: WorkerRecord | undefined,
    command: Name,
    ...args: Parameters<MapSite[Name]>
  ): void;
  protected abstract replaceServer(): Promise<void>;
  /** What those say that can still be asked; none stands for the primary. */
  abstract reports(): Promise<Map<WorkerRecord | undefined, SiteReport>>;

  get isRestarting(): boolean {
    return this.#restarting !== undefined;
  }

  get living(): Member[] {
    return this.members.filter(({ worker, isClosing }) => !isClosing && worker?.state !== 'ended');
  }

  /** Whether any entry has a time that is not over. */
  get isExpiring(): boolean {
    const ages = new Map(this.writes.map(({ token, ttl }) => [token, ttl]));
    const { contents } = this.taps.of(this.server.epoch, 'm');
    return (JSON.parse(contents) as [string, number, number][]).some(
      ([, , token]) => ages.get(token) !== undefined,
    );
  }

  connect(worker: WorkerRecord | undefined): Member {
    const n = this.members.filter((other) => other.worker === worker).length;
    const member = { worker, n, isClosing: false };
    this.members.push(member);
    this.tell(worker, 'connect');
    return member;
  }

  join({ worker, n }: Member, name: MapName): void {
    this.tell(worker, 'join', n, name);
  }

  leave({ worker, n }: Member, name: MapName): void {
    this.tell(worker, 'leave', n, name);
  }

  look({ worker, n }: Member): void {
    this.tell(worker, 'look', n);
  }

  write({ worker, n }: Member, what: Write): void {
    const token = this.writes.length + 1;
    this.writes.push({ token, kind: what.kind, ttl: what.kind === 'set' ? what.ttl : undefined });
    const name: MapName = what.kind === 'increment' || what.kind === 'append' ? 'counts' : 'm';
    this.tell(worker, 'write', n, name, what, token);
  }

  close(member: Member): void {
    member.isClosing = true;
    this.tell(member.worker, 'close', member.n);
  }

  restart(): void {
    this.#restarting = this.replaceServer().finally(() => (this.#restarting = undefined));
  }

  goOn(record: WorkerRecord): void {
    record.worker.continue();
    if (record.state === 'stopped') record.state = 'running';
  }
}

/** Windows, logs and parts that are so small that there are gaps, snapshots and several parts. */
export interface MapSizes {
  readonly windowMessages: number;
  readonly windowLength: number;
  readonly mapLogLength: number;
  readonly mapPartLength: number;
}
