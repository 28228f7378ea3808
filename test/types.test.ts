/**
 * The types that users see. All of this is checked by the compiler, in functions that are never called: what
 * must not compile stands below an expected error, which is itself an error where it does not occur.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  connectWorker,
  MemoryAdapter,
  type Client,
  type Gap,
  type Message,
  type Primary,
  type PrimaryOptions,
  type PublishResult,
  type PubSubError,
  type PubSubErrorCode,
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
