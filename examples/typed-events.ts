/**
 * Typed events: one map names the events and the types of their values, and a wrong name or value does not
 * compile.
 */
import { startPrimary, type Client } from 'clustercast';

interface Events {
  'user::logged_in': { id: string; admin: boolean };
  'cart::emptied': null;
}

const primary = await startPrimary();
const shop = primary.connect<Events>();
const audit = primary.connect<Events>();

const logins = await audit.subscribe('user::logged_in');
await shop.publish('user::logged_in', { id: 'u1', admin: true });
await shop.publish('cart::emptied', null);

for await (const user of logins) {
  // `user` is { id: string; admin: boolean } here, without saying so.
  console.log(`${user.id.toUpperCase()} logged in${user.admin ? ', an admin' : ''}`);
  break;
}
await primary.close();

/** Never called: that this compiles proves that each of these is an error. */
export async function mistakes(client: Client<Events>): Promise<void> {
  // @ts-expect-error: no event has this name
  await client.subscribe('user::loged_in');
  // @ts-expect-error: the id is a string
  await client.publish('user::logged_in', { id: 7, admin: false });
  // @ts-expect-error: admin is missing
  await client.publish('user::logged_in', { id: 'u1' });
  // @ts-expect-error: the value has no such property
  await client.subscribe('user::logged_in', (user) => user.name);
}
