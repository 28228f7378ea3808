/** What may happen in a run, as commands of fast-check. Each does something at once, and waits for nothing. */
import fc from 'fast-check';
import { isLiving, type ClientRecord } from './records.js';
import { events, type World } from './world.js';

const mostWorkers = 4;
const mostClients = 8;
const mostSubscriptions = 14;

type Command = fc.AsyncCommand<World, World>;

function command<Args extends readonly unknown[]>(
  name: string,
  args: fc.Arbitrary<Args>,
  plan: (world: World, ...args: Args) => (() => unknown) | undefined,
): fc.Arbitrary<Command> {
  return args.map((given) => ({
    check: (world) => plan(world as World, ...given) !== undefined,
    run: async (world) => {
      await plan(world, ...given)?.();
      await world.pace();
    },
    toString: () => `${name}(${given.map((arg) => JSON.stringify(arg) ?? '').join(', ')})`,
  }));
}

/** One of `all`, whichever number `which` is. */
function pick<T>(all: readonly T[], which: number): T | undefined {
  return all[which % Math.max(1, all.length)];
}

const which = fc.nat(7);
const event = fc.constantFrom(...events);
const time = fc.option(fc.constant(100), { nil: undefined, freq: 6 });

const fork = command('fork', fc.tuple(), (world) =>
  world.workers.length < mostWorkers ? () => world.fork() : undefined,
);

const connect = command('connect', fc.tuple(which), (world, n) => {
  const workers = [...world.workers.filter(({ state }) => state !== 'ended'), undefined];
  return world.clients.length < mostClients ? () => void world.connect(pick(workers, n)) : undefined;
});

const subscribe = command('subscribe', fc.tuple(which, event), (world, n, name) => {
  const client = pick(world.clients, n);
  if (client === undefined || world.subscriptions.length >= mostSubscriptions) return undefined;
  return () => world.subscribe(client, name);
});

const unsubscribe = command('unsubscribe', fc.tuple(which), (world, n) => {
  const record = pick(world.held, n);
  return record === undefined ? undefined : () => world.unsubscribe(record);
});

const burst = fc.integer({ min: 1, max: 9 });

const publish = command('publish', fc.tuple(which, event, burst, time), (world, n, name, count, timeout) => {
  const client = pick(world.clients.filter(isLiving), n);
  return client === undefined ? undefined : () => world.publish(client, name, count, timeout);
});

function isThere(record: ClientRecord): boolean {
  return record.worker === undefined && isLiving(record);
}

/** By a client in the primary, which no window holds back. */
const publishThere = command('publishThere', fc.tuple(event, burst), (world, name, count) => () => {
  const client = world.clients.find(isThere) ?? world.connect(undefined);
  world.publish(client, name, count, undefined);
});

const publishAfterEnd = command('publishAfterEnd', fc.tuple(which, event), (world, n, name) => {
  const client = pick(
    world.clients.filter((one) => !isLiving(one)),
    n,
  );
  return client === undefined ? undefined : () => world.publish(client, name, 1, undefined);
});

const close = command('close', fc.tuple(which), (world, n) => {
  const record = pick(world.clients.filter(isLiving), n);
  return record === undefined ? undefined : () => world.close(record);
});

const stop = faulting('stop', fc.constant(undefined), (record) => {
  record.worker.stop();
  record.state = 'stopped';
});

const go = command('continue', fc.tuple(which), (world, n) => {
  const record = pick(
    world.workers.filter(({ state }) => state === 'stopped'),
    n,
  );
  return record === undefined ? undefined : () => world.goOn(record);
});

const kill = faulting('kill', fc.nat(3), (record, arriving) => {
  record.worker.kill({ arriving });
  record.state = 'ended';
});

const disconnect = faulting('disconnect', fc.constant(undefined), (record) => {
  record.worker.disconnect();
  record.state = 'ended';
});

const delay = faulting('delay', fc.nat(4), ({ worker }, turns) => worker.delay(turns));
const split = faulting('split', fc.boolean(), ({ worker }, isSplit) => worker.split(isSplit));
const repeatHello = faulting('repeatHello', fc.constant(undefined), ({ worker }) => worker.repeatHello());

const restart = command('restart', fc.tuple(), (world) =>
  world.isRestarting ? undefined : () => world.restart(),
);

const wait = command('wait', fc.tuple(fc.constantFrom(10, 60, 250)), (world, ms) => () => world.wait(ms));

function faulting<Arg>(
  name: string,
  arg: fc.Arbitrary<Arg>,
  fault: (record: World['workers'][number], arg: Arg) => void,
): fc.Arbitrary<Command> {
  return command(name, fc.tuple(which, arg), (world, n, given) => {
    const record = pick(
      world.workers.filter(({ state }) => state !== 'ended'),
      n,
    );
    return record === undefined ? undefined : () => fault(record, given);
  });
}

/** With how often each stands among them: what fills windows most often, what ends things seldom. */
const weighted: readonly (readonly [number, fc.Arbitrary<Command>])[] = [
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
const simulated: typeof weighted = [
  [2, delay],
  [2, split],
  [1, repeatHello],
];

/** Up to `most` of them, and half of that on the average. */
export function commands(most: number, where: 'simulated' | 'processes'): fc.Arbitrary<Iterable<Command>> {
  const possible = where === 'simulated' ? [...weighted, ...simulated] : weighted;
  const all = possible.flatMap(([times, one]) => Array.from({ length: times }, () => one));
  return fc.commands(all, { maxCommands: most, size: 'max' });
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
