/**
 * Measurements that yield several figures at a time: rounds as in `interleave.ts`, and a series for each of the figures.
 */
import { interleave, type Rounds, type Samples } from './interleave.js';

/** Somebody who is measured. */
export interface Measured<Figure extends string> {
  readonly name: string;
  /** One measurement. */
  readonly measure: () => Promise<Readonly<Record<Figure, number>>>;
}

export async function interleaveFigures<Figure extends string>(
  contestants: readonly Measured<Figure>[],
  figures: readonly Figure[],
  rounds: Rounds,
): Promise<Record<Figure, Samples>> {
  const all = new Map<string, Readonly<Record<Figure, number>>[]>();
  const counted = await interleave(
    contestants.map(({ name, measure }) => ({
      name,
      async measure() {
        const measured = await measure();
        all.set(name, [...(all.get(name) ?? []), measured]);
        return 0;
      },
    })),
    rounds,
  );
  return pick(figures, (figure) => {
    // What counts comes last: before it, there were rounds to warm up.
    const seriesOf = ([name, { length }]: readonly [string, readonly number[]]): [string, number[]] => [
      name,
      length === 0 ? [] : (all.get(name) ?? []).slice(-length).map((one) => one[figure]),
    ];
    return new Map([...counted].map(seriesOf));
  });
}

function pick<Figure extends string>(
  figures: readonly Figure[],
  samplesOf: (figure: Figure) => Samples,
): Record<Figure, Samples> {
  return Object.fromEntries(figures.map((figure) => [figure, samplesOf(figure)])) as Record<Figure, Samples>;
}
