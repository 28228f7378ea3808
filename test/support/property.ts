/** Properties, by fast-check. A failure prints its seed, and the environment variable `FC_SEED` replays it. */
import fc from 'fast-check';

const seed = process.env['FC_SEED'];

/** Fails unless `property` holds for `runs` arbitrary inputs. */
export function holds<Input>(property: fc.IProperty<Input>, runs?: number): void;
export function holds<Input>(property: fc.IAsyncProperty<Input>, runs?: number): Promise<void>;
export function holds<Input>(
  property: fc.IProperty<Input> | fc.IAsyncProperty<Input>,
  runs = 500,
): void | Promise<void> {
  const options = { numRuns: runs, ...(seed === undefined ? {} : { seed: Number(seed) }) };
  return fc.assert(property, options);
}
