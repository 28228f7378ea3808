/**
 * The types that users see. All of this is checked by the compiler, in functions that are never called: what
 * must not compile stands below an expected error, which is itself an error where it does not occur.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  connectWorker,
  MemoryAdapter,
  type Cache,
  type Client,
  type ClientInfo,
  type Gap,
  type Handler,
  type MapChange,
  type MapEntry,
  type Message,
  type Primary,
  type PrimaryOptions,
  type PublishOptions,
  type PublishResult,
  type PubSubError,
  type PubSubErrorCode,
  type ReplicatedMap,
  type SubscribeOptions,
  type Subscription,
} from 'clustercast';

/** `true` where both are the same type; `any` is the same as nothing else. */
type Same<One, Other> =
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- only such functions tell all types apart
  (<T>() => T extends One ? 1 : 2) extends <T>() => T extends Other ? 1 : 2 ? true : false;

/** Compiles where `Type` is the type of what is given, exactly. */
function is<Type>() {
  return <Given>(_given: Given, ..._same: Same<Given, Type> extends true ? [] : ['another type']): void =>
    undefined;
}

interface User {
  readonly id: string;
}

/** As an interface, which has no index signature. */
interface Events {
  'user::logged_in': User;
  flag: boolean;
  maybe: number | undefined;
  nothing: null;
}

describe('a client with an event map', () => {
  it('takes the events of the map only, each with its own value', () => {
    compiles(async (client: Client<Events>, name: string) => {
      is<Promise<PublishResult>>()(client.publish('flag', true));
      is<number>()((await client.publish('user::logged_in', { id: 'u1' })).listeners);
      await client.publish('maybe', undefined);
      await client.publish('nothing', null, { timeout: 5, signal: AbortSignal.abort() });
      // @ts-expect-error -- no such event
      await client.publish('flags', true);
      // @ts-expect-error -- no such event
      await client.subscribe('flags');
      // @ts-expect-error -- another type
      await client.publish('flag', 'true');
      // @ts-expect-error -- a field is missing
      await client.publish('user::logged_in', {});
      // @ts-expect-error -- a field too many
      await client.publish('user::logged_in', { id: 'u1', name: 'one too many' });
      // @ts-expect-error -- undefined is no boolean
      await client.publish('flag', undefined);
      // @ts-expect-error -- the value is missing
      await client.publish('flag');
      // @ts-expect-error -- no such option
      await client.publish('flag', true, { timeOut: 5 });
      // @ts-expect-error -- a name that may be any
      await client.publish(name, true);
    });
  });

  it('retains values of its events, and nothing where there is none', () => {
    compiles(async (client: Client<Events>) => {
      is<Promise<PublishResult>>()(client.publish('flag', true, { retain: true }));
      await client.publish('flag', undefined, { retain: true, timeout: 5 });
      // @ts-expect-error -- undefined is no boolean
      await client.publish('flag', undefined, { retain: false });
      // @ts-expect-error -- another type
      await client.publish('flag', 'true', { retain: true });
      // @ts-expect-error -- no such event
      await client.publish('flags', undefined, { retain: true });
      const options: SubscribeOptions = { retained: true };
      const handler: Handler<boolean> = (flag, message) => {
        is<boolean>()(flag);
        is<Message<boolean>>()(message);
      };
      await client.subscribe('flag', handler, options);
      await client.subscribe('flag', (_flag, { retained }) => is<true | undefined>()(retained), options);
      for await (const user of await client.subscribe('user::logged_in', options)) is<User>()(user);
      const retain: PublishOptions = { retain: true };
      await client.publish('nothing', null, retain);
    });
  });

  it('gives handlers the value and its message, by their types', () => {
    compiles(async (client: Client<Events>) => {
      const subscribed = client.subscribe('user::logged_in', (user, message) => {
        is<User>()(user);
        is<Message<User>>()(message);
        is<User>()(message.value);
        is<string>()(message.event);
      });
      is<Promise<Subscription<User>>>()(subscribed);
      await client.subscribe('flag', async (flag) => is<boolean>()(await Promise.resolve(flag)));
      await client.subscribe('flag', () => undefined, { onGap: (gap) => is<Gap>()(gap) });
      await client.subscribe('flag', (_flag: boolean | string) => undefined);
      // @ts-expect-error -- another type
      await client.subscribe('flag', (flag: string) => flag);
      // @ts-expect-error -- no handler
      await client.subscribe('flag', 7);
    });
  });

  it('gives loops the value by its type', () => {
    compiles(async (client: Client<Events>) => {
      for await (const user of await client.subscribe('user::logged_in')) is<User>()(user);
      const subscription = await client.subscribe('maybe', { signal: undefined, onGap: undefined });
      for await (const value of subscription) is<number | undefined>()(value);
      const next = await subscription[Symbol.asyncIterator]().next();
      if (next.done === true) is<undefined>()(next.value);
      else is<number | undefined>()(next.value);
      await using ended = subscription;
      is<string>()(ended.id);
    });
  });

  it('comes from every way to connect', () => {
    compiles((primary: Primary) => {
      is<Client<Events>>()(primary.connect<Events>());
      is<Client<Events>>()(connectWorker<Events>({ clientId: 'id', timeout: 1, limits: { valueLength: 1 } }));
      is<Client<Events>>()(new MemoryAdapter().connect<Events>({ clientId: 'id' }));
      // @ts-expect-error -- no such limit
      connectWorker({ limits: { valuelength: 1 } });
    });
  });

  it('may be the client of a part of the map', () => {
    compiles((client: Client<Events>, ofFlags: (part: Client<Pick<Events, 'flag'>>) => void) => {
      ofFlags(client);
    });
  });
});

describe('a client without an event map', () => {
  it('takes any name and value, and gives unknown ones', () => {
    compiles(async (client: Client) => {
      is<Client>()(connectWorker());
      await client.publish('any name', { any: ['value'] });
      await client.publish('any name', undefined);
      await client.subscribe('any name', (value, message) => {
        is<unknown>()(value);
        is<unknown>()(message.value);
      });
      for await (const value of await client.subscribe('any name')) is<unknown>()(value);
      // @ts-expect-error -- a name is a string
      await client.publish(7, 'value');
    });
  });
});

interface Flag {
  readonly on: boolean;
}

interface State {
  readonly maps: { readonly flags: Flag; readonly hits: number; readonly texts: string };
}

describe('a client whose maps are declared', () => {
  it('has the maps of the declaration only, each with its own values', () => {
    compiles(async (client: Client<Events, State>, name: string) => {
      is<Promise<ReplicatedMap<Flag>>>()(client.map('flags'));
      is<ReplicatedMap<number>>()(await client.map('hits', { timeout: 5, signal: AbortSignal.abort() }));
      is<ReplicatedMap<string>>()(await client.map('texts'));
      is<Promise<PublishResult>>()(client.publish('flag', true));
      // @ts-expect-error -- no such map
      await client.map('flag');
      // @ts-expect-error -- a name that may be any
      await client.map(name);
      // @ts-expect-error -- the type is that of the declaration
      await client.map<Flag>('flags');
      // @ts-expect-error -- and no other
      await client.map<number>('flags');
      // @ts-expect-error -- no such option
      await client.map('flags', { ttl: 5 });
    });
  });

  it('comes from every way to connect', () => {
    compiles((primary: Primary) => {
      is<Client<Events, State>>()(primary.connect<Events, State>());
      is<Client<Events, State>>()(connectWorker<Events, State>());
      is<Client<Events, State>>()(new MemoryAdapter().connect<Events, State>());
      // @ts-expect-error -- maps are an object
      connectWorker<Events, { maps: number }>();
    });
  });
});

describe('a client whose maps are not declared', () => {
  it('has maps of any name, with the values that it is told', () => {
    compiles(async (client: Client, typed: Client<Events>, name: string) => {
      is<Promise<ReplicatedMap<Flag>>>()(client.map<Flag>('flags'));
      is<ReplicatedMap<Flag>>()(await typed.map<Flag>(name));
      is<ReplicatedMap<string>>()(await client.map<string>('texts'));
      is<ReplicatedMap<'on' | 'off'>>()(await client.map<'on' | 'off'>('on'));
      is<ReplicatedMap<number | null>>()(await client.map<number | null>('hits'));
      is<ReplicatedMap<unknown>>()(await client.map('flags'));
      // @ts-expect-error -- a name is a string
      await client.map<Flag>(7);
    });
  });
});

/** What the caches of an application hold. */
interface CachedState {
  readonly caches: { readonly flags: Flag; readonly hits: number };
}

describe('a client whose caches are declared', () => {
  it('has the caches of the declaration only, each with its own values', () => {
    compiles(async (client: Client<Events, CachedState>, name: string) => {
      const flags = client.cache('flags', { load: () => Promise.resolve({ on: true }), ttl: 5 });
      is<Cache<Flag>>()(flags);
      is<Promise<Flag>>()(flags.get('k'));
      is<Flag | undefined>()(flags.peek('k'));
      is<Cache<number>>()(client.cache('hits'));
      is<Promise<void>>()(client.cache('hits').invalidate(['a'], { timeout: 5 }));
      client.cache('hits', { load: (key) => key.length, tags: (value, key) => [key, value.toFixed()] });
      // @ts-expect-error -- no such cache
      client.cache('flag');
      // @ts-expect-error -- a name that may be any
      client.cache(name);
      // @ts-expect-error -- another type
      client.cache('hits', { load: () => 'one' });
      // @ts-expect-error -- no such option
      client.cache('hits', { timeout: 5 });
      // @ts-expect-error -- another type
      await client.cache('hits').wrap('k', () => 'one');
      // @ts-expect-error -- read-only
      flags.name = 'other';
    });
  });
});

describe('a client whose caches are not declared', () => {
  it('has caches of any name, with the values that are loaded', () => {
    compiles(async (client: Client, name: string) => {
      const users = client.cache(name, { load: (id): Promise<User> => Promise.resolve({ id }) });
      is<Cache<User>>()(users);
      is<User>()(await users.get('k'));
      is<Promise<{ id: string }>>()(users.wrap('k', () => ({ id: 'k' }), { ttl: 5, tags: ['x'] }));
      is<Cache<number>>()(client.cache<number>('hits'));
      is<Cache<unknown>>()(client.cache('hits'));
      users.on('invalidate', ({ keys, tags, all }) => {
        is<readonly string[]>()(keys);
        is<readonly string[]>()(tags);
        is<boolean>()(all);
      });
      // @ts-expect-error -- no such event
      users.on('gap', () => undefined);
      // @ts-expect-error -- keys are strings
      await users.get(7);
    });
  });
});

describe('a map', () => {
  it('takes and gives its values', () => {
    compiles(async (map: ReplicatedMap<Flag>) => {
      is<Flag | undefined>()(map.get('k'));
      is<MapEntry<Flag> | undefined>()(map.entry('k'));
      for (const [key, value] of map) {
        is<string>()(key);
        is<Flag>()(value);
      }
      is<Promise<number>>()(map.set('k', { on: true }, { ttl: 5, ifVersion: undefined, timeout: 5 }));
      is<Promise<boolean>>()(map.delete('k', { ifVersion: 7 }));
      is<Promise<void>>()(map.clear());
      is<Promise<{ on: boolean }>>()(map.update('k', (flag) => ({ on: flag?.on === false })));
      is<Promise<undefined>>()(map.update('k', () => undefined));
      is<Promise<Flag | undefined>>()(
        map.update('k', async (flag) => (await Promise.resolve(flag)) ?? undefined),
      );
      await using ended = map;
      is<string>()(ended.name);
      // @ts-expect-error -- another type
      await map.set('k', true);
      // @ts-expect-error -- undefined is no flag
      await map.set('k', undefined);
      // @ts-expect-error -- a key is a string
      map.get(7);
      // @ts-expect-error -- another type
      await map.update('k', () => 7);
      // @ts-expect-error -- a delete takes no time
      await map.delete('k', { ttl: 5 });
      // @ts-expect-error -- an update has its own versions
      await map.update('k', (flag) => flag, { ifVersion: 7 });
      // @ts-expect-error -- it is set by set
      map.size = 7;
    });
  });

  it('of numbers, and no other, counts', () => {
    compiles(
      async (
        counts: ReplicatedMap<number>,
        flags: ReplicatedMap<Flag>,
        mixed: ReplicatedMap<number | string>,
        unknowns: ReplicatedMap<unknown>,
      ) => {
        is<Promise<number>>()(counts.increment('k'));
        await counts.increment('k', -0.5, { ttl: 5 });
        // @ts-expect-error -- by a number
        await counts.increment('k', '1');
        // @ts-expect-error -- it holds flags
        await flags.increment('k');
        // @ts-expect-error -- it may hold texts
        await mixed.increment('k');
        // @ts-expect-error -- it may hold anything
        await unknowns.increment('k');
      },
    );
  });

  it('has listeners by their types', () => {
    compiles((map: ReplicatedMap<Flag>) => {
      map
        .on('change', (change) => {
          is<MapChange<Flag>>()(change);
          is<Flag | undefined>()(change.value);
          is<Flag | undefined>()(change.previous);
        })
        .once('stale', () => undefined)
        .on('fresh', () => undefined)
        .off('close', () => undefined);
      // @ts-expect-error -- no such event
      map.on('changed', () => undefined);
      // @ts-expect-error -- it is fresh, and says no more
      map.on('fresh', (what: object) => what);
    });
  });

  it('is granted by name, to read or to write', () => {
    compiles(() => {
      const client: ClientInfo = { id: 'id', maps: { flags: 'read', hits: 'write' } };
      // @ts-expect-error -- no such right
      const wrong: ClientInfo = { id: 'id', maps: { flags: 'all' } };
      return [client, wrong];
    });
  });
});

describe('the events of a client itself', () => {
  it('have listeners by their types', () => {
    compiles((client: Client<Events>) => {
      client
        .on('gap', (gap) => {
          is<'overflow' | 'reconnect' | 'restart'>()(gap.reason);
          is<number | undefined>()(gap.count);
          is<ReadonlyMap<string, number> | undefined>()(gap.events);
        })
        .once('disconnect', (reason) => is<Error | undefined>()(reason))
        .on('error', (error) => is<unknown>()(error))
        .off('connect', () => undefined);
      // @ts-expect-error -- no such event
      client.on('disconnected', () => undefined);
      // @ts-expect-error -- connect says nothing
      client.on('connect', (welcome: object) => welcome);
    });
  });
});

describe('the other types', () => {
  it('name codes, options and results', () => {
    compiles((error: PubSubError) => {
      is<PubSubErrorCode>()(error.code);
      is<unknown>()(error.cause);
      // @ts-expect-error -- no such code
      if (error.code === 'ERR_PUBSUB_TYPO') throw error;
      const options: PrimaryOptions = { clients: [{ id: 'id', canPublish: false }], serialization: 'json' };
      // @ts-expect-error -- no such serialization
      const wrong: PrimaryOptions = { serialization: 'xml' };
      return [options, wrong];
    });
  });
});

/** That the compiler has been here is all there is to see at run time. */
function compiles(neverCalled: (...args: never) => unknown): void {
  assert.equal(typeof neverCalled, 'function');
}
