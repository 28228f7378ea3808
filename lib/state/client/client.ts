/** The client with maps and retained values: holds replicas of the state that its server has. */
import type { ClientStats, Gap, PublishResult, RequestOptions } from '../../client/api.js';
import { PubSubClient } from '../../client/client.js';
import { ActiveSubscription, type SubscriptionHost } from '../../client/subscription.js';
import { checkTimeout } from '../../client/timeout.js';
import type { Ask } from '../../client/requests.js';
import { PubSubError } from '../../errors.js';
import { checkEventName } from '../../protocol/event-name.js';
import { isCount } from '../../protocol/guards.js';
import type { Params, Result } from '../../protocol/messages.js';
import { encodeValue } from '../../protocol/value.js';
import { mapEvent, methods } from '../names.js';
import type { Handler, PublishOptions, ReplicatedMap, StateClient, SubscribeOptions } from './api.js';
import { Attachment, mayPass } from './attachment.js';
import { ClientMap } from './maps/map.js';
import { RetainedSubscription } from './retained.js';
import { inTime, timeLeft, waitUntil, whileWaiting, type Waiting } from './waiting.js';

export class ReplicatingClient extends PubSubClient implements StateClient {
  readonly #maps = new Map<string, ClientMap>();
  #publishedRetained = 0;

  override publish(event: string, value: unknown, options?: PublishOptions): Promise<PublishResult> {
    if (options?.retain === true) return this.#publishRetained(event, value, options);
    return super.publish(event, value, options);
  }

  override stats(): ClientStats {
    const stats = super.stats();
    return { ...stats, published: stats.published + this.#publishedRetained };
  }

  async map<V>(
    name: string,
    { signal, timeout = this.timeout }: RequestOptions = {},
  ): Promise<ReplicatedMap<V>> {
    const deadline = performance.now() + checkTimeout(timeout);
    let map = this.#maps.get(name);
    // Whoever asked before may give up, or be refused: that is no answer to this call.
    while (map !== undefined && !(await isFulfilled(map.loaded, waitLoaded(deadline, timeout, signal)))) {
      map = this.#maps.get(name);
    }
    if (map === undefined) {
      map = this.#newMap(name, signal, timeLeft(deadline, timeout));
      await map.loaded;
    }
    // What the server holds is what others have put there, of whatever type.
    return map as ReplicatedMap<unknown> as ReplicatedMap<V>;
  }

  override ended(error: PubSubError | undefined): void {
    for (const map of [...this.#maps.values()]) map.ended(error);
    super.ended(error);
  }

  override lost(error: PubSubError | undefined): void {
    for (const map of this.#maps.values()) map.lost();
    super.lost(error);
  }

  override stale(isStale: boolean): void {
    super.stale(isStale);
    for (const map of this.#maps.values()) map.livenessChanged();
  }

  protected override subscription(
    event: string,
    handler: Handler<unknown> | undefined,
    options: SubscribeOptions,
  ): ActiveSubscription {
    if (options.retained === true) return new RetainedSubscription(event, this, handler, options);
    return super.subscription(event, handler, options);
  }

  async #publishRetained(event: string, value: unknown, options: PublishOptions): Promise<PublishResult> {
    checkEventName(event, this.limits.eventNameLength);
    const json = value === undefined ? undefined : encodeValue(value, this.limits.valueLength);
    const what = json === undefined ? { clear: true } : { json };
    const params = { event_name: event, ...what };
    const { listeners } = await this.request(methods.publishRetained, params, options, json?.length);
    if (!isCount(listeners)) {
      throw new PubSubError('ERR_PUBSUB_PROTOCOL', 'the server did not count the listeners');
    }
    this.#publishedRetained += 1;
    return { listeners };
  }

  /** @throws PubSubError as {@link StateClient.map} does, at once. */
  #newMap(name: string, signal: AbortSignal | undefined, timeout: number): ClientMap {
    checkEventName(name, this.limits.eventNameLength);
    const attachment = new Attachment();
    const map: ClientMap = new ClientMap(name, {
      valueLength: this.limits.valueLength,
      timeout: this.timeout,
      isStale: () => this.stats().isStale,
      call: (method, params, length, requestOptions) => this.request(method, params, requestOptions, length),
      read: (params, take, failed) => this.#read(params, take, failed),
      leave: () => attachment.leave(),
      failed: (error) => this.failed(error),
    });
    const subscription = this.#subscribe(map, attachment);
    const deadline = performance.now() + timeout;
    // Until it is answered, the request's own time and signal count; then those that its contents are awaited with.
    this.enter(
      subscription,
      () =>
        whileWaiting(map.loaded, waitLoaded(deadline, timeout, signal), (error) => {
          map.ended(error);
          void this.#leave(subscription);
        }),
      (error) => map.ended(error as Error),
      { signal, timeout },
    );
    this.#maps.set(name, map);
    map.once('close', () => {
      this.#maps.delete(name);
      attachment.end();
    });
    return map;
  }

  #subscribe(map: ClientMap, attachment: Attachment): ActiveSubscription {
    const over = (error: Error): void => {
      if (this.#maps.get(map.name) !== map) return;
      if (map.isLoaded && mayPass(error)) attachment.later(() => this.#attachAgain(map, attachment));
      else map.ended(error);
    };
    attachment.subscription = new MapSubscription(map, this, over);
    return attachment.subscription;
  }

  /** Where that failed on a new link: what the map holds is stale until then. */
  #attachAgain(map: ClientMap, attachment: Attachment): void {
    const subscription = this.#subscribe(map, attachment);
    const failed = (error: unknown): void => {
      if (this.#maps.get(map.name) !== map) return;
      this.failed(error);
      subscription.end(error as Error);
    };
    this.enterAlone(subscription, () => this.#maps.get(map.name) === map, failed);
  }

  /** Asks the server for `subscription`, which nobody waits for: where it is not wanted any more when it is in force, it leaves. */
  protected enterAlone(
    subscription: ActiveSubscription,
    isWanted: () => boolean,
    failed: (error: unknown) => void,
  ): void {
    const entered = (): void => {
      if (!isWanted()) void this.#leave(subscription);
    };
    try {
      this.enter(subscription, entered, failed, {});
    } catch (error) {
      queueMicrotask(() => failed(error));
    }
  }

  /** Nobody waits for it. */
  async #leave(subscription: ActiveSubscription): Promise<void> {
    try {
      await this.drop(subscription);
    } catch (error) {
      this.failed(error);
    }
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
  readonly #over: (error: Error) => void;

  /** @param over is told why it is over, where nobody wished that. */
  constructor(map: ClientMap, host: SubscriptionHost, over: (error: Error) => void) {
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
    this.#over = over;
  }

  override ask(): Ask {
    return { method: methods.attachMap, params: { map: this.#map.name, ...this.#map.position } };
  }

  override activate(id: string, result: Result, gap?: Gap): void {
    super.activate(id, result, gap);
    this.#map.attached(id, result);
  }

  override end(error?: Error): void {
    super.end(error);
    if (error === undefined) this.#map.ended(undefined);
    else this.#over(error);
  }
}

/** Whether it was fulfilled. Rejects where the time is over, or the signal is aborted. */
function isFulfilled(promise: Promise<void>, waiting: Waiting): Promise<boolean> {
  const outcome = promise.then(
    () => true,
    () => false,
  );
  return inTime(outcome, waiting);
}

function waitLoaded(deadline: number, timeout: number, signal: AbortSignal | undefined): Waiting {
  return waitUntil(deadline, timeout, signal, "the map's contents were not in place");
}
