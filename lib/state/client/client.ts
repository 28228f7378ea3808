/** The client with all wings of this package: holds replicas of the state that its server has. */
import type { RequestOptions } from '../../client/api.js';
import { PubSubClient, type PubSubClientOptions } from '../../client/client.js';
import { ActiveSubscription, type SubscriptionHost } from '../../client/subscription.js';
import { checkTimeout, defaultTimeout } from '../../client/timeout.js';
import type { Ask } from '../../client/requests.js';
import { PubSubError } from '../../errors.js';
import type { Connector } from '../../protocol/channel.js';
import { checkEventName } from '../../protocol/event-name.js';
import type { Params, Result } from '../../protocol/messages.js';
import { mapEvent, methods } from '../names.js';
import type { ReplicatedMap, StateClient } from './api.js';
import { ClientMap } from './map.js';

export class ReplicatingClient extends PubSubClient implements StateClient {
  readonly #timeout: number;
  readonly #maps = new Map<string, ClientMap>();

  /** @throws PubSubError `ERR_PUBSUB_INVALID_ARGUMENT` for a limit or a timeout that is none. */
  constructor(connector: Connector, options: PubSubClientOptions = {}) {
    super(connector, options);
    this.#timeout = checkTimeout(options.timeout ?? defaultTimeout);
  }

  async map<V>(name: string, options: RequestOptions = {}): Promise<ReplicatedMap<V>> {
    const map = this.#maps.get(name) ?? this.#newMap(name, options);
    await map.loaded;
    // What the server holds is what others have put there, of whatever type.
    return map as ReplicatedMap<unknown> as ReplicatedMap<V>;
  }

  override lost(error: PubSubError | undefined): void {
    for (const map of this.#maps.values()) map.lost();
    super.lost(error);
  }

  override stale(isStale: boolean): void {
    super.stale(isStale);
    for (const map of this.#maps.values()) map.livenessChanged();
  }

  /** @throws PubSubError as {@link StateClient.map} does, at once. */
  #newMap(name: string, options: RequestOptions): ClientMap {
    checkEventName(name, this.limits.eventNameLength);
    const { signal } = options;
    const timeout = checkTimeout(options.timeout ?? this.#timeout);
    // It is there before its host is used.
    const host = (): ActiveSubscription => subscription;
    const isStale = (): boolean => this.stats().isStale;
    const map: ClientMap = new ClientMap(name, {
      valueLength: this.limits.valueLength,
      timeout: this.#timeout,
      get isStale() {
        return isStale();
      },
      call: (method, params, length, requestOptions) => this.#call(method, params, length, requestOptions),
      read: (params, take, failed) => this.#read(params, take, failed),
      leave: () => host().unsubscribe(),
      failed: (error) => this.failed(error),
    });
    const subscription = new MapSubscription(map, this);
    this.enter(
      subscription,
      () => undefined,
      (error) => map.ended(error as Error),
      options,
    );
    this.#maps.set(name, map);
    const giveUp = (error: Error): void => {
      map.ended(error);
      void this.#leave(subscription);
    };
    const timer = setTimeout(() => giveUp(tooLate(timeout)), timeout);
    const abort = (): void => giveUp(signal?.reason as Error);
    signal?.addEventListener('abort', abort);
    const settled = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    };
    map.loaded.then(settled, settled);
    map.once('close', () => this.#maps.delete(name));
    return map;
  }

  /** Nobody waits for it. */
  async #leave(subscription: ActiveSubscription): Promise<void> {
    try {
      await subscription.unsubscribe();
    } catch (error) {
      this.failed(error);
    }
  }

  #call(method: string, params: Params, length: number, options: RequestOptions): Promise<Result> {
    return new Promise((resolve, reject) =>
      this.ask({ method, params, length }, { resolve, reject }, options),
    );
  }

  #read(params: Params, take: (result: Result) => void, failed: (error: unknown) => void): void {
    try {
      // Where the link is lost, another one will be attached to.
      this.ask(
        { method: methods.readMap, params },
        { resolve: take, reject: failed, lost: () => undefined },
        {},
      );
    } catch (error) {
      queueMicrotask(() => failed(error));
    }
  }
}

/** A client's subscription to the changes of a map. */
class MapSubscription extends ActiveSubscription {
  readonly #map: ClientMap;

  constructor(map: ClientMap, host: SubscriptionHost) {
    super(
      mapEvent(map.name),
      host,
      (change) => map.received(change),
      ({ reason }) => {
        // After a lost link the answer that attaches it again brings what was missed.
        if (reason === 'overflow') map.missed();
      },
    );
    this.#map = map;
  }

  override ask(): Ask {
    return { method: methods.attachMap, params: { map: this.#map.name, ...this.#map.position } };
  }

  override activate(id: string, result: Result): void {
    super.activate(id, result);
    this.#map.attached(id, result);
  }

  override end(error?: Error): void {
    super.end(error);
    this.#map.ended(error);
  }
}

function tooLate(timeout: number): PubSubError {
  return new PubSubError('ERR_PUBSUB_TIMEOUT', `the map's contents were not in place within ${timeout} ms`);
}
