/**
 * How much the model is tried: two environment variables change that.
 *
 * - `MODEL_RUNS`: runs on the simulated cluster; those on real processes are a hundredth of it. Unless it is given, as many
 *   as each model names, which are done in a few seconds.
 * - `MODEL_SEED`: the seed, a whole number. A random one unless it is given; a failure prints it, and how to repeat it.
 *
 *     npm run build && MODEL_RUNS=5000 node scripts/test.js model/
 */
import fc from 'fast-check';

export interface Settings {
  readonly runs: number;
  readonly seed: number;
}

const largestSeed = 0x7fffffff;

/** @param usual how many runs there are unless something else is asked for. @throws Error for what is given and is no number. */
export function settingsFrom(
  { MODEL_RUNS, MODEL_SEED }: Readonly<Record<string, string | undefined>>,
  usual: number,
): Settings {
  return {
    runs: numberFrom('MODEL_RUNS', MODEL_RUNS) ?? usual,
    seed: numberFrom('MODEL_SEED', MODEL_SEED) ?? Math.floor(Math.random() * largestSeed),
  };
}

/**
 * Fails unless `property` holds in each of `runs` runs; the error says how to repeat that.
 *
 * @param endsAtFailure whether no simpler case is looked for, where a run takes long.
 */
export async function tried<Input>(
  file: string,
  property: fc.IAsyncProperty<Input>,
  { runs, seed }: Settings,
  { endsAtFailure = false, asked = String(runs) }: { endsAtFailure?: boolean; asked?: string } = {},
): Promise<void> {
  const details = await fc.check(property, { seed, numRuns: runs, endOnFailure: endsAtFailure });
  if (!details.failed) return;
  const advice = `MODEL_SEED=${seed} MODEL_RUNS=${asked} npm test -- model/${file}`;
  const { errorInstance: cause } = details;
  const what = cause instanceof Error ? cause.message : String(cause);
  const heading = `run ${details.numRuns} of ${runs} fails, from seed ${seed}: ${what}\nTo repeat it:\n${advice}\n`;
  throw new Error(heading + ((await fc.asyncDefaultReportMessage(details)) ?? ''), { cause });
}

function numberFrom(name: string, text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  const number = Number(text.replaceAll('_', ''));
  if (!Number.isSafeInteger(number)) throw new Error(`${name} must be a whole number, not ${text}`);
  return number;
}
