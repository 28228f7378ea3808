/**
 * What all fuzz tests have in common: how many cases each property gets, from which seed, and what a failure prints.
 * Two environment variables change that:
 *
 * - `FUZZ_RUNS`: cases in all, of which each property gets its share. 100,000 unless it is given.
 * - `FUZZ_SEED`: the seed, a whole number. A random one unless it is given; a failure prints it, and how to repeat it.
 *
 * A million cases take about a minute. For a long run, a runner without deadlines is best:
 *
 *     npm run build && FUZZ_RUNS=10000000 node --test build/test/fuzz/*.test.js
 */
import fc from 'fast-check';

/** Cases of each property in the commit suite, by the file that holds it and what it tries. */
export const shares = {
  'envelope: nonsense': 12_000,
  'envelope: mutated': 10_000,
  'envelope: round trip': 2_500,
  'batch: nonsense': 9_000,
  'batch: mutated': 14_000,
  'batch: round trip': 2_000,
  'columns: mutated': 9_000,
  'columns: model': 2_500,
  'documented: nonsense': 6_000,
  'documented: mutated': 9_000,
  'documented: round trip': 1_000,
  'client-frames: mutated': 6_000,
  'client-frames: text': 3_000,
  'client-frames: round trip': 1_000,
  'server-frames: text': 3_000,
  'server-frames: round trip': 1_000,
  'lines: bytes': 3_000,
  'frame-meter: bytes': 2_000,
  'values: text': 2_000,
  'values: names': 2_000,
} as const;

export type Share = keyof typeof shares;

export interface Settings {
  readonly runs: number;
  readonly seed: number;
}

const usualRuns = 100_000;
const largestSeed = 0x7fffffff;
const largestPool = 10_000;

/** @throws Error for what is given and is no number. */
export function settingsFrom({
  FUZZ_RUNS,
  FUZZ_SEED,
}: Readonly<Record<string, string | undefined>>): Settings {
  const runs = numberFrom('FUZZ_RUNS', FUZZ_RUNS) ?? usualRuns;
  const seed = numberFrom('FUZZ_SEED', FUZZ_SEED) ?? Math.floor(Math.random() * largestSeed);
  return { runs, seed };
}

function numberFrom(name: string, text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  const number = Number(text.replaceAll('_', ''));
  if (!Number.isSafeInteger(number)) throw new Error(`${name} must be a whole number, not ${text}`);
  return number;
}

const settings = settingsFrom(process.env);

/** Messages to make cases of, made beforehand: to make one is dear, and to change it cheap. */
export function poolOf<Message>(message: fc.Arbitrary<Message>): fc.Arbitrary<Message> {
  const numRuns = Math.min(Math.ceil(settings.runs / 200), largestPool);
  return fc.constantFrom(...fc.sample(message, { seed: settings.seed, numRuns }));
}

/** Fails unless `property` holds for its share of all cases; the error says how to repeat that. */
export function fuzz<Input>(
  share: Share,
  property: fc.IProperty<Input>,
  { runs, seed }: Settings = settings,
): void {
  const numRuns = Math.max(1, Math.round((shares[share] * runs) / usualRuns));
  const more = runs === usualRuns ? '' : `FUZZ_RUNS=${runs} `;
  const [file] = share.split(':');
  const advice = `from seed ${seed}. To repeat it:\nFUZZ_SEED=${seed} ${more}npm test -- fuzz/${file}\n`;
  let details: fc.RunDetails<Input>;
  try {
    details = fc.check(property, { seed, numRuns });
  } catch (cause) {
    throw new Error(`${share} makes a case that cannot be made, ${advice}`, { cause });
  }
  if (!details.failed) return;
  const heading = `${share} fails at case ${details.numRuns} of ${numRuns}, ${advice}`;
  throw new Error(heading + (fc.defaultReportMessage(details) ?? ''), { cause: details.errorInstance });
}
