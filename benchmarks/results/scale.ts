/**
 * An axis: from values to places on it, and the ticks that stand at round figures.
 */

export interface Scale {
  /** 0 at the axis' beginning, 1 at its end. */
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
}

export type ScaleKind = 'linear' | 'log';

/** From 0, or less if need be, to the round figure after the greatest value. */
export function linearScale(values: readonly number[], wanted = 5): Scale {
  const least = Math.min(0, ...values);
  const most = Math.max(0, ...values);
  const step = roundStep((most - least || 1) / wanted);
  const first = Math.floor(least / step);
  const last = Math.max(Math.ceil(most / step), first + 1);
  // Multiplied, not summed up: ten times 0.1 is not 1.
  const ticks = Array.from({ length: last - first + 1 }, (_, place) => tidy((first + place) * step));
  return { at: (value) => (value - first * step) / ((last - first) * step), ticks };
}

/**
 * From the round figure before the least value to the one after the greatest.
 *
 * @throws RangeError where a value has no logarithm.
 */
export function logScale(values: readonly number[]): Scale {
  const least = Math.min(...values);
  const most = Math.max(...values);
  if (!(least > 0)) throw new RangeError(`${least} has no place on a logarithmic axis`);
  const decades = Math.log10(most / least);
  const parts = decades > 3 ? [1] : [1, 2, 5];
  const all: number[] = [];
  for (
    let exponent = Math.floor(Math.log10(least));
    exponent <= Math.ceil(Math.log10(most)) + 1;
    exponent++
  ) {
    for (const part of parts) all.push(tidy(part * 10 ** exponent));
  }
  const begin = all.findLastIndex((tick) => tick <= least);
  const end = Math.max(
    all.findIndex((tick) => tick >= most),
    begin + 1,
  );
  return scaleBetween(all.slice(Math.max(begin, 0), end + 1));
}

/** Just as far as the values go, with a tick at each: for the few steps of a series. */
export function steppedScale(values: readonly number[], kind: ScaleKind): Scale {
  const steps = [...new Set(values)].toSorted((a, b) => a - b);
  const [first = 0, last = first] = [steps[0], steps.at(-1)];
  if (kind === 'log' && !(first > 0)) throw new RangeError(`${first} has no place on a logarithmic axis`);
  if (first === last) return { at: () => 0.5, ticks: steps };
  if (kind === 'log') return scaleBetween(steps);
  return { at: (value) => (value - first) / (last - first), ticks: steps };
}

function scaleBetween(ticks: readonly number[]): Scale {
  const [begin, end] = [Math.log(ticks[0] as number), Math.log(ticks.at(-1) as number)];
  return { at: (value) => (Math.log(value) - begin) / (end - begin), ticks };
}

/** 1, 2, 2.5 or 5 times a power of ten, not less than `step`. */
function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  const part = [1, 2, 2.5, 5, 10].find((candidate) => candidate * power >= step * (1 - 1e-9)) ?? 10;
  return part * power;
}

function tidy(value: number): number {
  return Number(value.toPrecision(12));
}
