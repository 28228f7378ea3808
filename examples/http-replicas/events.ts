/**
 * What the replicas, the primary and the live page tell each other: the names of the events and the types of
 * their values.
 */
export interface Events {
  // Between the replicas.

  /** The product is another one now, and nobody keeps the one before. For whoever watches. */
  'product::changed': { readonly id: string; readonly version: number };

  // From the page. Each command is addressed to one process, which answers by its `command`.

  /** Somebody new asks everybody for what there is. */
  'page::hello': null;
  'page::set-flag': Command & { readonly to: number; readonly name: string; readonly on: boolean };
  'page::set-product': Command & {
    readonly to: number;
    readonly id: string;
    readonly name: string;
    readonly price: number;
  };
  /** To the primary. */
  'page::kill': Command & { readonly replica: number };
  /** To the primary: whether visitors come. */
  'page::set-visitors': Command & { readonly on: boolean };

  // To the page.

  'command::done': Command & {
    /** Of what was written: the map's, or the database's. */
    readonly version?: number;
  };
  'command::failed': Command & { readonly reason: string };
  /** About once a second, and whenever something changes. */
  'replica::status': ReplicaStatus;
  /** Whenever something changes. */
  'primary::status': PrimaryStatus;
}

export interface Flag {
  readonly name: string;
  readonly on: boolean;
  /** The map's: the higher one is the later one. */
  readonly version: number;
}

export interface Command {
  /** Drawn by the page. */
  readonly command: string;
}

/** What one replica is and holds. */
export interface ReplicaStatus {
  readonly replica: number;
  readonly pid: number;
  /** In milliseconds. */
  readonly uptime: number;
  /** Over HTTP, so far. */
  readonly requests: number;
  /** Heard so far. */
  readonly events: number;
  /** Whether there may be changes of flags that it lacks, or it keeps no products. It repairs itself then. */
  readonly isStale: boolean;
  readonly flags: readonly Flag[];
  readonly cached: readonly { readonly id: string; readonly name: string; readonly price: number }[];
  /** What has changed of late: each flag or product once, with its last change. */
  readonly changes: readonly Change[];
  readonly lastChange: (Change & { /** As `Date.now()` has it. */ readonly at: number }) | null;
}

/** A change as a replica came to know of it. */
export interface Change {
  readonly what: 'flag' | 'product';
  /** Which one. */
  readonly key: string;
  /** The map's, or the database's. */
  readonly version: number;
  /** Whether the replica made the change, instead of hearing of it. */
  readonly isOwn: boolean;
}

export interface PrimaryStatus {
  readonly replicas: readonly ReplicaRecord[];
  /** Whether visitors come. */
  readonly visitors: boolean;
}

/** A replica that serves, or that has ended of late. */
export interface ReplicaRecord {
  readonly replica: number;
  readonly pid: number;
  /** From 1 up; a replica takes the place of the one that it is forked for. */
  readonly place: number;
  readonly ended: {
    /** Such as `SIGKILL`. */
    readonly how: string;
    /** As `Date.now()` has it. */
    readonly at: number;
  } | null;
}
