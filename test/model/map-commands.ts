/** What may happen in a run with maps, as commands of fast-check. Each does something at once, and waits for nothing. */
import fc from 'fast-check';
import type { Write } from './map-records.js';
import { mapNames, type MapWorld, type Member } from './map-world.js';
import type { WorkerRecord } from './records.js';

const mostWorkers = 4;
const mostMembers = 8;

type Command = fc.AsyncCommand<MapWorld, MapWorld>;

function command<Args extends readonly unknown[]>(
  name: string,
  args: fc.Arbitrary<Args>,
  plan: (world: MapWorld, ...args: Args) => (() => unknown) | undefined,
): fc.Arbitrary<Command> {
  return args.map((given) => ({
    check: (world) => plan(world as MapWorld, ...given) !== undefined,
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
const name = fc.constantFrom(...mapNames);
const key = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const times = fc.integer({ min: 1, max: 3 });

function byMember<Arg>(
  what: string,
  arg: fc.Arbitrary<Arg>,
  act: (world: MapWorld, member: Member, arg: Arg) => void,
): fc.Arbitrary<Command> {
  return command(what, fc.tuple(which, arg), (world, n, given) => {
    const member = pick(world.living, n);
    return member && (() => act(world, member, given));
  });
}

const writes: fc.Arbitrary<Write> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('set' as const), key, isIfSame: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('set' as const),
      key,
      ttl: fc.constantFrom(20, 150),
      isIfSame: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), key, isIfSame: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'clear' as const }) },
  { weight: 3, arbitrary: fc.constant({ kind: 'increment' as const }) },
  { weight: 3, arbitrary: fc.constant({ kind: 'append' as const }) },
);

function writeAll(world: MapWorld, member: Member, all: readonly Write[]): void {
  for (const one of all) world.write(member, one);
}

const write = byMember('write', fc.array(writes, { minLength: 1, maxLength: 3 }), writeAll);

/** By a client in the primary, which no window holds back. */
const writeThere = command(
  'writeThere',
  fc.tuple(fc.array(writes, { minLength: 2, maxLength: 12 })),
  (world, all) => {
    const member = world.living.find(({ worker }) => worker === undefined);
    return member && (() => writeAll(world, member, all));
  },
);

const join = byMember('join', name, (world, member, map) => world.join(member, map));
const leave = byMember('leave', name, (world, member, map) => world.leave(member, map));
const look = byMember('look', fc.constant(undefined), (world, member) => world.look(member));
const close = byMember('close', fc.constant(undefined), (world, member) => world.close(member));

const fork = command('fork', fc.tuple(), (world) =>
  world.workers.length < mostWorkers ? () => enter(world) : undefined,
);

const connect = command('connect', fc.tuple(which), (world, n) => {
  const worker = pick([...running(world), undefined], n);
  return world.members.length < mostMembers ? () => joinAll(world, world.connect(worker)) : undefined;
});

const stop = faulting('stop', times, (record) => {
  record.worker.stop();
  record.state = 'stopped';
});

const go = command('continue', fc.tuple(which), (world, n) => {
  const record = pick(
    world.workers.filter(({ state }) => state === 'stopped'),
    n,
  );
  return record && (() => world.goOn(record));
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

const restart = command('restart', fc.tuple(), (world) =>
  world.isRestarting ? undefined : () => world.restart(),
);

const wait = command('wait', fc.tuple(fc.constantFrom(10, 60, 250)), (world, ms) => () => world.wait(ms));

function running(world: MapWorld): WorkerRecord[] {
  return world.workers.filter(({ state }) => state !== 'ended');
}

function faulting<Arg>(
  what: string,
  arg: fc.Arbitrary<Arg>,
  fault: (record: WorkerRecord, arg: Arg) => void,
): fc.Arbitrary<Command> {
  return command(what, fc.tuple(which, arg), (world, n, given) => {
    const record = pick(running(world), n);
    return record && (() => fault(record, given));
  });
}

/** With how often each stands among them. */
const weighted: readonly (readonly [number, fc.Arbitrary<Command>])[] = [
  [14, write],
  [10, writeThere],
  [4, look],
  [3, join],
  [1, leave],
  [2, connect],
  [2, fork],
  [4, stop],
  [3, go],
  [4, wait],
  [1, kill],
  [1, disconnect],
  [1, close],
];

/** What can only be done to simulated channels; and what takes long with processes. */
const simulated: typeof weighted = [
  [2, delay],
  [2, split],
  [1, restart],
];

/** Up to `most` of them, and half of that on the average. */
export function mapCommands(most: number, where: 'simulated' | 'processes'): fc.Arbitrary<Iterable<Command>> {
  const possible = where === 'simulated' ? [...weighted, ...simulated] : weighted;
  const all = possible.flatMap(([often, one]) => Array.from({ length: often }, () => one));
  return fc.commands(all, { maxCommands: most, size: 'max' });
}

function joinAll(world: MapWorld, member: Member): void {
  for (const map of mapNames) world.join(member, map);
}

/** Another worker, with a client that has both maps. */
function enter(world: MapWorld): void {
  world.fork();
  joinAll(world, world.connect(world.workers.at(-1)));
}

/** What a run begins with: a client in the primary and two workers, all with both maps. */
export function beginMaps(world: MapWorld): void {
  joinAll(world, world.connect(undefined));
  enter(world);
  enter(world);
}

export const mapSizes = {
  windowMessages: fc.constantFrom(2, 4, 12),
  windowLength: fc.constantFrom(150, 400, 4_000),
  mapLogLength: fc.constantFrom(40, 200, 4_000),
  mapPartLength: fc.constantFrom(10, 40, 4_000),
} as const;
