/** What may happen in a run, as commands of fast-check. Each does something at once, and waits for nothing. */
import fc from 'fast-check';
import {
  command,
  commonCommands,
  faulting,
  manyOf,
  pick,
  running,
  which,
  type CommandOf,
  type Weighted,
} from './command.js';
import { isLiving, type ClientRecord } from './records.js';
import { events, type World } from './world.js';

const mostWorkers = 4;
const mostClients = 8;
const mostSubscriptions = 14;

const event = fc.constantFrom(...events);
const time = fc.option(fc.constant(100), { nil: undefined, freq: 6 });

const fork = command('fork', fc.tuple(), (world: World) =>
  world.workers.length < mostWorkers ? () => world.fork() : undefined,
);

const connect = command('connect', fc.tuple(which), (world: World, n) => {
  const workers = [...running(world), undefined];
  return world.clients.length < mostClients ? () => void world.connect(pick(workers, n)) : undefined;
});

const subscribe = command('subscribe', fc.tuple(which, event), (world: World, n, name) => {
  const client = pick(world.clients, n);
  if (client === undefined || world.subscriptions.length >= mostSubscriptions) return undefined;
  return () => world.subscribe(client, name);
});

const unsubscribe = command('unsubscribe', fc.tuple(which), (world: World, n) => {
  const record = pick(world.held, n);
  return record === undefined ? undefined : () => world.unsubscribe(record);
});

const burst = fc.integer({ min: 1, max: 9 });

const publish = command(
  'publish',
  fc.tuple(which, event, burst, time),
  (world: World, n, name, count, timeout) => {
    const client = pick(world.clients.filter(isLiving), n);
    return client === undefined ? undefined : () => world.publish(client, name, count, timeout);
  },
);

function isThere(record: ClientRecord): boolean {
  return record.worker === undefined && isLiving(record);
}

/** By a client in the primary, which no window holds back. */
const publishThere = command('publishThere', fc.tuple(event, burst), (world: World, name, count) => () => {
  const client = world.clients.find(isThere) ?? world.connect(undefined);
  world.publish(client, name, count, undefined);
});

const publishAfterEnd = command('publishAfterEnd', fc.tuple(which, event), (world: World, n, name) => {
  const client = pick(
    world.clients.filter((one) => !isLiving(one)),
    n,
  );
  return client === undefined ? undefined : () => world.publish(client, name, 1, undefined);
});

const close = command('close', fc.tuple(which), (world: World, n) => {
  const record = pick(world.clients.filter(isLiving), n);
  return record === undefined ? undefined : () => world.close(record);
});

const { stop, go, kill, disconnect, delay, split, restart, wait } = commonCommands<World>();
const repeatHello = faulting<World, undefined>('repeatHello', fc.constant(undefined), ({ worker }) =>
  worker.repeatHello(),
);

/** With how often each stands among them: what fills windows most often, what ends things seldom. */
const weighted: Weighted<World> = [
  [12, publish],
  [12, publishThere],
  [1, publishAfterEnd],
  [5, subscribe],
  [2, unsubscribe],
  [3, connect],
  [2, fork],
  [5, stop],
  [3, go],
  [3, wait],
  [1, kill],
  [1, disconnect],
  [1, close],
  [1, restart],
];

/** What can only be done to simulated channels. */
const simulated: Weighted<World> = [
  [2, delay],
  [2, split],
  [1, repeatHello],
];

/** Up to `most` of them, and half of that on the average. */
export function commands(
  most: number,
  where: 'simulated' | 'processes',
): fc.Arbitrary<Iterable<CommandOf<World>>> {
  return manyOf(where === 'simulated' ? [...weighted, ...simulated] : weighted, most);
}

/** What a run begins with: two workers with a client each, which subscribe. */
export function begin(world: World): void {
  for (const n of [0, 1]) {
    world.fork();
    world.connect(world.workers[n]);
    const client = world.clients[n];
    if (client !== undefined) for (const name of ['a', 'b'] as const) world.subscribe(client, name);
  }
}

/** What the worlds differ in: windows and outboxes so small that they overflow. */
export const sizes = {
  windowMessages: fc.constantFrom(2, 4, 12),
  windowLength: fc.constantFrom(40, 80, 400),
  outboxMessages: fc.constantFrom(6, 20),
  overflow: fc.constantFrom('gap', 'gap', 'gap', 'disconnect'),
} as const;
