/**
 * The order of measurements: contestants take turns in every round, so that whatever else the machine does
 * meanwhile falls on all of them alike, and only figures of the same round are compared.
 */

/** Somebody who is measured. */
export interface Contestant {
  readonly name: string;
  /** One measurement. */
  readonly measure: () => Promise<number>;
}

/** Each contestant's measurements, in the order of the rounds. */
export type Samples = ReadonlyMap<string, readonly number[]>;

export interface Rounds {
  readonly rounds: number;
  /** Rounds before the first that counts: code is compiled and memory taken in them. */
  readonly warmUps?: number;
  /** Called before each round. */
  readonly onRound: (round: string) => void;
}

export async function interleave(
  contestants: readonly Contestant[],
  { rounds, warmUps = 1, onRound }: Rounds,
): Promise<Samples> {
  const samples = new Map<string, number[]>(contestants.map(({ name }) => [name, []]));
  for (let round = -warmUps; round < rounds; round++) {
    onRound(round < 0 ? 'warming up' : `round ${round + 1} of ${rounds}`);
    for (const { name, measure } of inTurn(contestants, round + warmUps)) {
      const sample = await measure();
      if (round >= 0) samples.get(name)?.push(sample);
    }
  }
  return samples;
}

/** Another one begins each round: whoever follows a heavy contestant would otherwise always be the same. */
function inTurn<T>(all: readonly T[], round: number): T[] {
  const first = round % all.length;
  return [...all.slice(first), ...all.slice(0, first)];
}
