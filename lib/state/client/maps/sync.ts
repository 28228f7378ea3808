/**
 * Keeps a replica in step with the server: takes what comes on the link, knows when something is missing, asks for that, and
 * says when the replica is stale and when it is fresh. Knows no user.
 */
import { deferred } from '../../../client/deferred.js';
import { holdProcess } from '../../../client/timeout.js';
import { PubSubError } from '../../../errors.js';
import { isCount } from '../../../protocol/guards.js';
import type { Params, Result } from '../../../protocol/messages.js';
import { decodeValue } from '../../../protocol/value.js';
import type { MapChange } from '../api.js';
import { isChange, Replica } from './replica.js';
import type { Waiting } from '../waiting.js';
import { UnseenWrites } from './unseen.js';

/** Who is told what becomes of the replica, and what it needs of its client. */
export interface SyncHost {
  /** Whether the server gives no sign of life. */
  isStale(): boolean;
  /** Asks the server for what is missing; `take` is told in the very turn of the answer. */
  read(params: Params, take: (result: Result) => void, failed: (error: unknown) => void): void;
  failed(error: unknown): void;
  /** The replica is different. */
  changed(change: MapChange<unknown>): void;
  raise(type: 'stale' | 'fresh'): void;
}

/** Until a repair that failed is tried again, in milliseconds. */
const retryTime = 250;

export class Sync {
  readonly #host: SyncHost;
  readonly #replica = new Replica();
  readonly #unseen = new UnseenWrites();
  readonly #loaded = deferred<void>();
  /** In which run of the server its versions are. */
  #run: string | undefined;
  /** And in which one the server is that the link leads to. */
  #serverRun: string | undefined;
  /** While there is a link on which changes come. */
  #subscriptionId: string | undefined;
  #state: 'loading' | 'fresh' | 'stale' | 'ended' = 'loading';
  /** Whether changes are missing that others may know; until they are here, what comes after them is of no use. */
  #isBehind = true;
  /** Whether the server was asked for what is missing. */
  #isReading = false;
  /**
   * How often the server has given a sign of life after a silence: what it said meanwhile may still be on its way behind
   * that. An answer to what was asked since then comes behind all of it.
   */
  #returns = 0;
  /** How many of these there had been when the link was lost: what attaches the map to another one is asked after that. */
  #returnsAtLoss = 0;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(host: SyncHost) {
    this.#host = host;
    this.#loaded.promise.catch(() => undefined);
  }

  /** Resolves when the contents are in place; rejects where it ends before. */
  get loaded(): Promise<void> {
    return this.#loaded.promise;
  }

  get state(): 'loading' | 'fresh' | 'stale' | 'ended' {
    return this.#state;
  }

  get entries(): Replica['entries'] {
    return this.#replica.entries;
  }

  get version(): number {
    return this.#replica.version;
  }

  /** In which run of the server its versions are. */
  get run(): string | undefined {
    return this.#run;
  }

  /** How far it has come, for a server that may still know what came after. */
  get position(): Params {
    return this.#run === undefined ? {} : { run: this.#run, version: this.#replica.version };
  }

  /** Changes come on a link; what has to be known before them is in `result`. */
  attached(subscriptionId: string, result: Result): void {
    this.#subscriptionId = subscriptionId;
    this.#take(result, 0, this.#returnsAtLoss);
  }

  /** A change has come, or something that is none. */
  received(change: unknown): void {
    if (!isChange(change)) {
      this.#host.failed(new PubSubError('ERR_PUBSUB_PROTOCOL', 'the server sent a change that is none'));
      this.missed();
      return;
    }
    // What comes before the answer that brings what is missing is in it.
    if (this.#isBehind && !this.#replica.isTaking) return;
    const changes = this.#replica.take(change);
    if (changes === undefined) this.missed();
    else this.#tell(changes);
  }

  /** Changes were left out here. */
  missed(): void {
    this.#replica.drop();
    this.#beStale();
    // One that failed is tried again in its own time.
    if (this.#retryTimer === undefined) this.#repair();
  }

  /** The link is lost, and changes with it. */
  lost(): void {
    this.#stopRetry();
    this.#subscriptionId = undefined;
    this.#serverRun = undefined;
    this.#isReading = false;
    this.#returnsAtLoss = this.#returns;
    this.#replica.drop();
    this.#beStale();
  }

  /** The server gives a sign of life again, or none. */
  livenessChanged(): void {
    if (this.#host.isStale()) {
      this.#showStale();
      return;
    }
    this.#returns += 1;
    if (this.#retryTimer === undefined) this.#repair();
  }

  ended(error: Error): void {
    this.#state = 'ended';
    this.#stopRetry();
    this.#loaded.reject(error);
    this.#unseen.settle();
  }

  /** The server has answered at `version`: what led there should have come before that. @returns whether it has. */
  has(version: number): boolean {
    const isHere = this.#isOfServersRun && this.#replica.version >= version;
    if (!isHere && !this.#isBehind) this.missed();
    return isHere;
  }

  /** Waits until a version is in the replica, where changes were left out before it. */
  async seen(version: number, waiting: Waiting): Promise<void> {
    if (this.#state !== 'ended') await this.#unseen.wait(version, waiting);
  }

  /** Whether the versions of the replica and those in the server's answers can be compared. */
  get #isOfServersRun(): boolean {
    return this.#serverRun === this.#run;
  }

  #settleSeen(): void {
    if (this.#isOfServersRun) this.#unseen.settle(this.#replica.version);
  }

  /** Asks for what is missing. */
  #repair(params: Params = this.position): void {
    if (this.#subscriptionId === undefined || this.#isReading || this.#state === 'ended') return;
    this.#stopRetry();
    this.#isReading = true;
    const subscriptionId = this.#subscriptionId;
    const asked = isCount(params['part']) ? params['part'] : 0;
    const returns = this.#returns;
    const isOfThisLink = (): boolean => subscriptionId === this.#subscriptionId && this.#state !== 'ended';
    this.#host.read(
      { subscription_id: subscriptionId, ...params },
      (result) => {
        if (isOfThisLink()) this.#take(result, asked, returns);
      },
      (error) => {
        if (!isOfThisLink()) return;
        this.#host.failed(error);
        this.#isReading = false;
        this.#replica.drop();
        this.#repairLater(this.position);
      },
    );
  }

  #repairLater(params: Params): void {
    this.#stopRetry();
    this.#retryTimer = setTimeout(() => this.#repair(params), retryTime);
    holdProcess(this.#retryTimer, false);
  }

  #stopRetry(): void {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
  }

  /** Takes what was missing, or a part of it: the one `asked` for, or the first. It was asked for after so many `returns`. */
  #take(result: Result, asked: number, returns: number): void {
    this.#isReading = false;
    const { run, version, changes, part, entries, more } = result;
    const isOfThisRun = run === this.#run;
    const read = changes === undefined ? readEntries(entries) : [];
    if (typeof run !== 'string' || !isCount(version) || read === undefined) {
      this.#nonsense();
    } else if (changes !== undefined) {
      this.#serverRun = run;
      if (isOfThisRun) this.#takeChanges(changes, version, returns);
      else this.#nonsense();
    } else if (!isCount(part) || !this.#replica.takePart(part, version, read)) {
      this.#replica.drop();
      // Changes were left out between two parts: from the beginning. Without any before it, a part fits always.
      if (asked > 0) this.#repair({});
      else this.#nonsense();
    } else if (more === true) {
      this.#serverRun = run;
      // Changes go into what comes from now on, and not into what is there.
      this.#isBehind = true;
      this.#repair({ part: this.#replica.part });
    } else {
      this.#serverRun = run;
      this.#run = run;
      const different = this.#replica.complete(isOfThisRun);
      if (!isOfThisRun) this.#unseen.settle();
      this.#isBehind = false;
      this.#tell(different);
      this.#complete(returns);
    }
  }

  #takeChanges(text: unknown, version: number, returns: number): void {
    this.#replica.drop();
    // Before anybody is told, who may find out that something else is missing.
    this.#isBehind = false;
    for (const change of parseArray(text)) {
      const different = isChange(change) ? this.#replica.take(change) : undefined;
      if (different === undefined) {
        this.#nonsense();
        return;
      }
      this.#tell(different);
    }
    if (this.#replica.version === version) this.#complete(returns);
    else this.#nonsense();
  }

  /** Nothing is missing that the server knew when it was asked, after so many `returns`. */
  #complete(returns: number): void {
    this.#settleSeen();
    if (returns === this.#returns) this.#beFresh();
    else this.#repair();
  }

  #nonsense(): void {
    this.#host.failed(
      new PubSubError('ERR_PUBSUB_PROTOCOL', 'the server sent nonsense instead of what a map contains'),
    );
    this.#replica.drop();
    this.#beStale();
    this.#repairLater({});
  }

  #tell(changes: Iterable<MapChange<unknown>>): void {
    // What it begins with is no change.
    if (this.#state !== 'loading') {
      for (const change of changes) {
        // A listener may have ended it.
        if (this.#state === 'ended') break;
        this.#host.changed(change);
      }
    }
    this.#settleSeen();
  }

  /** Changes are missing. */
  #beStale(): void {
    this.#isBehind = true;
    this.#showStale();
  }

  #showStale(): void {
    if (this.#state !== 'fresh') return;
    this.#state = 'stale';
    this.#host.raise('stale');
  }

  #beFresh(): void {
    // One who was told of a change may have lost the link; a server that is silent is asked when it is not any more.
    if (this.#isBehind || this.#host.isStale()) return;
    const was = this.#state;
    if (was === 'fresh' || was === 'ended') return;
    this.#state = 'fresh';
    if (was === 'loading') this.#loaded.resolve();
    else this.#host.raise('fresh');
  }
}

type SpelledEntry = readonly [key: string, version: number, value: unknown];

/** @returns `undefined` where it is none. */
function readEntries(text: unknown): readonly SpelledEntry[] | undefined {
  const entries = parseArray(text);
  const areEntries = entries.every(
    (entry) => Array.isArray(entry) && typeof entry[0] === 'string' && isCount(entry[1]),
  );
  return areEntries ? (entries as readonly SpelledEntry[]) : undefined;
}

/** An array of which each element is to be looked at; what is none becomes one that holds nothing of use. */
function parseArray(text: unknown): readonly unknown[] {
  const array = typeof text === 'string' ? decodeValue(text) : undefined;
  return Array.isArray(array) ? array : [undefined];
}
