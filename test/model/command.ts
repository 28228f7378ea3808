/** How commands of fast-check are made, and those that every model has: what becomes of processes, and time. */
import fc from 'fast-check';
import type { WorkerRecord } from './records.js';

/** What these commands need of a world. */
export interface Played {
  readonly workers: readonly WorkerRecord[];
  readonly isRestarting: boolean;
  /** Lets time pass, or waits for it. */
  wait(time: number): Promise<void>;
  /** What lies between two commands. */
  pace(): Promise<void>;
  restart(): void;
  goOn(record: WorkerRecord): void;
}

export type CommandOf<World extends Played> = fc.AsyncCommand<World, World>;

/** With how often each stands among them. */
export type Weighted<World extends Played> = readonly (readonly [number, fc.Arbitrary<CommandOf<World>>])[];

export const which = fc.nat(7);

/** One of `all`, whichever number `n` is. */
export function pick<T>(all: readonly T[], n: number): T | undefined {
  return all[n % Math.max(1, all.length)];
}

export function running({ workers }: Played): WorkerRecord[] {
  return workers.filter(({ state }) => state !== 'ended');
}

/** @param plan says what is to be done, or that it cannot be done now. */
export function command<World extends Played, Args extends readonly unknown[]>(
  name: string,
  args: fc.Arbitrary<Args>,
  plan: (world: World, ...args: Args) => (() => unknown) | undefined,
): fc.Arbitrary<CommandOf<World>> {
  return args.map((given) => ({
    check: (world) => plan(world, ...given) !== undefined,
    run: async (world) => {
      await plan(world, ...given)?.();
      await world.pace();
    },
    toString: () => `${name}(${given.map((arg) => JSON.stringify(arg) ?? '').join(', ')})`,
  }));
}

/** What is done to a worker that lives. */
export function faulting<World extends Played, Arg>(
  name: string,
  arg: fc.Arbitrary<Arg>,
  fault: (record: WorkerRecord, arg: Arg) => void,
): fc.Arbitrary<CommandOf<World>> {
  return command(name, fc.tuple(which, arg), (world: World, n, given) => {
    const record = pick(running(world), n);
    return record && (() => fault(record, given));
  });
}

/** Those that every model has, for a kind of world. */
export function commonCommands<World extends Played>(): Readonly<
  Record<
    'stop' | 'go' | 'kill' | 'disconnect' | 'delay' | 'split' | 'restart' | 'wait',
    fc.Arbitrary<CommandOf<World>>
  >
> {
  return {
    stop: faulting('stop', fc.constant(undefined), (record) => {
      record.worker.stop();
      record.state = 'stopped';
    }),
    go: command('continue', fc.tuple(which), (world: World, n) => {
      const stopped = world.workers.filter(({ state }) => state === 'stopped');
      const record = pick(stopped, n);
      return record && (() => world.goOn(record));
    }),
    kill: faulting('kill', fc.nat(3), (record, arriving) => {
      record.worker.kill({ arriving });
      record.state = 'ended';
    }),
    disconnect: faulting('disconnect', fc.constant(undefined), (record) => {
      record.worker.disconnect();
      record.state = 'ended';
    }),
    delay: faulting('delay', fc.nat(4), ({ worker }, turns) => worker.delay(turns)),
    split: faulting('split', fc.boolean(), ({ worker }, isSplit) => worker.split(isSplit)),
    restart: command('restart', fc.tuple(), (world: World) =>
      world.isRestarting ? undefined : () => world.restart(),
    ),
    wait: command('wait', fc.tuple(fc.constantFrom(10, 60, 250)), (world: World, ms) => () => world.wait(ms)),
  };
}

/** Up to `most` of them, and half of that on the average. */
export function manyOf<World extends Played>(
  weighted: Weighted<World>,
  most: number,
): fc.Arbitrary<Iterable<CommandOf<World>>> {
  const all = weighted.flatMap(([often, one]) => Array.from({ length: often }, () => one));
  return fc.commands(all, { maxCommands: most, size: 'max' });
}
