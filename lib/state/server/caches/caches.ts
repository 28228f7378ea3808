/**
 * The caches that clients hold, as the server sees them: nothing of what is in them, but who holds one, what they are told
 * to drop, and when all of them have.
 */
import { PubSubError } from '../../../errors.js';
import { isCount } from '../../../protocol/guards.js';
import type { Params, Result } from '../../../protocol/messages.js';
import type { EncodedValue } from '../../../protocol/value.js';
import type { Identity } from '../../../server/access.js';
import { Later, type Caller, type Method } from '../../../server/methods.js';
import type { WingHost } from '../../../server/wing.js';
import { invalid } from '../../given.js';
import { cacheEvent, methods } from '../../names.js';
import { Invalidations } from './invalidations.js';
import { full, within } from '../bounds.js';
import { readKeys, readName } from '../params.js';
import { assertMay } from '../rights.js';

export interface CachesStats {
  /** Names of caches that clients hold. */
  readonly caches: number;
  /** Clients that hold one, once for each. */
  readonly cacheReplicas: number;
  /** Invalidations that some of them have not carried out yet. */
  readonly invalidations: number;
}

export class Caches {
  readonly methods: Readonly<Record<string, Method>> = {
    [methods.attachCache]: (caller, identity, params) => this.#attach(caller, identity, params),
    [methods.invalidateInCache]: (caller, identity, params) => this.#invalidate(caller, identity, params),
    [methods.droppedInCache]: (caller, _identity, params) => this.#dropped(caller, params),
  };
  readonly #host: WingHost;
  /** By name; there while somebody holds one. */
  readonly #caches = new Map<string, Invalidations>();
  /** By the ids of their replicas. */
  readonly #held = new Map<string, Invalidations>();
  #pending = 0;

  constructor(host: WingHost) {
    this.#host = host;
  }

  stats(): CachesStats {
    return { caches: this.#caches.size, cacheReplicas: this.#held.size, invalidations: this.#pending };
  }

  #attach(caller: Caller, identity: Identity, params: Params): Result {
    const name = this.#nameFor('read', identity, params);
    const cache = this.#caches.get(name) ?? new Invalidations();
    if (cache.replicas === 0 && this.#caches.size >= this.#host.limits.caches)
      throw full(this.#host, 'caches', 'the server', 'caches');
    const id = this.#host.subscribe(caller, cacheEvent(name), (isGone) =>
      this.#left(id, name, cache, isGone),
    );
    this.#caches.set(name, cache);
    cache.join(id, caller);
    this.#held.set(id, cache);
    return { subscription_id: id, number: cache.last };
  }

  #left(id: string, name: string, cache: Invalidations, isGone: boolean): void {
    this.#held.delete(id);
    cache.leave(id, isGone);
    // Without a replica nothing is waited for, and the next ones may count anew.
    if (cache.replicas === 0) this.#caches.delete(name);
  }

  /** Tells all who hold the cache; the answer comes when they have dropped it. */
  #invalidate(caller: Caller, identity: Identity, params: Params): Result | Later {
    const name = this.#nameFor('write', identity, params);
    const what = this.#readWhat(params);
    const cache = this.#caches.get(name);
    if (cache === undefined) return {};
    if (this.#pending >= this.#host.limits.invalidations)
      throw full(
        this.#host,
        'invalidations',
        'the server',
        'invalidations that are not carried out everywhere',
      );
    const change = spell(cache.last + 1, what);
    const { valueLength } = this.#host.limits;
    if (change.length > valueLength) {
      this.#host.turnedAway('valueLength');
      throw new PubSubError(
        'ERR_PUBSUB_LIMIT',
        `what is to be dropped exceeds the limit of ${valueLength} characters (valueLength)`,
      );
    }
    return new Later((answer) => {
      const settle = (isCertain: boolean): void => {
        this.#pending -= 1;
        answer(() => {
          if (!isCertain) throw doubtful();
          return {};
        });
      };
      this.#pending += 1;
      const isAwaited = cache.begin(caller, settle);
      // One who misses it is told so, drops all, and says that it has.
      this.#host.publish(cacheEvent(name), change);
      if (!isAwaited) settle(true);
    });
  }

  #dropped(caller: Caller, { subscription_id: id, up_to: upTo }: Params): Result {
    if (typeof id !== 'string') throw invalid('subscription_id must be a string');
    if (!isCount(upTo)) throw invalid('up_to must be a whole number from 0');
    const cache = this.#held.get(id);
    const replica = cache?.find(id);
    if (cache === undefined || replica?.caller !== caller) {
      throw new PubSubError('ERR_PUBSUB_FORBIDDEN', 'this client has no such subscription');
    }
    if (upTo > cache.last) throw invalid('up_to must be the number of an invalidation that was told');
    cache.done(replica, upTo);
    return {};
  }

  /** @throws PubSubError `ERR_PUBSUB_FORBIDDEN` */
  #nameFor(right: 'read' | 'write', identity: Identity, { cache }: Params): string {
    const name = readName(cache, "a cache's name", this.#host.limits.eventNameLength);
    assertMay(right, 'caches', name, this.#host.registrationOf(identity));
    return name;
  }

  #readWhat({ keys, tags, all }: Params): Invalidation {
    if (all !== undefined && typeof all !== 'boolean') throw invalid('all must be true or false');
    const what = { keys: this.#readKeys(keys), tags: this.#readKeys(tags), all: all === true };
    if (!what.all && what.keys.length + what.tags.length === 0) {
      throw invalid('one of keys, tags and all must say what is to be dropped');
    }
    return what;
  }

  #readKeys(keys: unknown): readonly string[] {
    return within(this.#host, 'keyLength', () => readKeys(keys, this.#host.limits.keyLength));
  }
}

function doubtful(): PubSubError {
  return new PubSubError(
    'ERR_PUBSUB_OUTCOME_UNKNOWN',
    'the server has ended the connection of a client that holds the cache: it drops all when it learns of that',
  );
}

interface Invalidation {
  readonly keys: readonly string[];
  readonly tags: readonly string[];
  readonly all: boolean;
}

function spell(number: number, { keys, tags, all }: Invalidation): EncodedValue {
  if (all) return `{"number":${number},"all":true}`;
  return `{"number":${number},"keys":${JSON.stringify(keys)},"tags":${JSON.stringify(tags)}}`;
}
