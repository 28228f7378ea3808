/** What a model on simulated clusters is tried with: a fake clock for a whole process, a schedule, and the way to rest. */
import type { TestContext } from 'node:test';
import fc from 'fast-check';
import { FakeClock } from '../support/fake-clock.js';
import { endOfTurn } from '../support/turn.js';
import type { WorkerRecord } from './records.js';

/** Who runs the tasks of a schedule. */
export interface Driver {
  count(): number;
  waitIdle(): Promise<void>;
}

interface Simulated {
  readonly workers: readonly WorkerRecord[];
  goOn(record: WorkerRecord): void;
}

/** As that of a test, for ever, and without a record of the calls. */
export function lastingClock(): FakeClock {
  const mock = {
    method: (of: Record<string, unknown>, name: string, replacement: unknown): void => {
      of[name] = replacement;
    },
  };
  return FakeClock.of({ mock } as unknown as TestContext);
}

/** Each task has a turn of its own. */
export const turnByTurn: fc.Arbitrary<fc.Scheduler> = fc.scheduler({
  act: async (task) => {
    await task();
    await endOfTurn();
  },
});

/** Lets everybody in `world` go on, and waits until nothing is left to be done, for so many times 50 ms of its clock. */
export async function settleAll(
  world: Simulated,
  driver: Driver,
  clock: FakeClock,
  isQuiet: () => boolean,
  rounds: number,
): Promise<void> {
  for (const record of world.workers) world.goOn(record);
  for (let round = 0; round < rounds; round += 1) {
    do {
      await driver.waitIdle();
      await endOfTurn();
      await endOfTurn();
    } while (driver.count() > 0);
    if (isQuiet()) return;
    clock.pass(50);
  }
  throw new Error('it does not come to rest');
}
