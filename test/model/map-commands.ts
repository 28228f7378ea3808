/** What may happen in a run with maps, as commands of fast-check. Each does something at once, and waits for nothing. */
import fc from 'fast-check';
import {
  command,
  commonCommands,
  manyOf,
  pick,
  running,
  which,
  type CommandOf,
  type Weighted,
} from './command.js';
import type { Write } from './map-records.js';
import { mapNames, type MapWorld, type Member } from './map-world.js';

const mostWorkers = 4;
const mostMembers = 8;

type Command = CommandOf<MapWorld>;

const name = fc.constantFrom(...mapNames);
const key = fc.constantFrom('a', 'b', 'c', 'd', 'e');

function byMember<Arg>(
  what: string,
  arg: fc.Arbitrary<Arg>,
  act: (world: MapWorld, member: Member, arg: Arg) => void,
): fc.Arbitrary<Command> {
  return command(what, fc.tuple(which, arg), (world: MapWorld, n, given) => {
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
  (world: MapWorld, all) => {
    const member = world.living.find(({ worker }) => worker === undefined);
    return member && (() => writeAll(world, member, all));
  },
);

const join = byMember('join', name, (world, member, map) => world.join(member, map));
const leave = byMember('leave', name, (world, member, map) => world.leave(member, map));
const look = byMember('look', fc.constant(undefined), (world, member) => world.look(member));
const close = byMember('close', fc.constant(undefined), (world, member) => world.close(member));

const fork = command('fork', fc.tuple(), (world: MapWorld) =>
  world.workers.length < mostWorkers ? () => enter(world) : undefined,
);

const connect = command('connect', fc.tuple(which), (world: MapWorld, n) => {
  const worker = pick([...running(world), undefined], n);
  return world.members.length < mostMembers ? () => joinAll(world, world.connect(worker)) : undefined;
});

const { stop, go, kill, disconnect, delay, split, restart, wait } = commonCommands<MapWorld>();

const weighted: Weighted<MapWorld> = [
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
const simulated: Weighted<MapWorld> = [
  [2, delay],
  [2, split],
  [1, restart],
];

/** Up to `most` of them, and half of that on the average. */
export function mapCommands(most: number, where: 'simulated' | 'processes'): fc.Arbitrary<Iterable<Command>> {
  return manyOf(where === 'simulated' ? [...weighted, ...simulated] : weighted, most);
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
