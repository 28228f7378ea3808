/**
 * The command line of the soak.
 */
import { parseArgs } from 'node:util';
import { sabotages, type Sabotage } from './messages.js';

export interface Options {
  readonly minutes: number;
  readonly workers: number;
  readonly rate: number;
  readonly remotes: number;
  readonly killEvery: number;
  readonly stopEvery: number;
  readonly stopFor: number;
  readonly remoteEvery: number;
  readonly restEvery: number;
  readonly sampleEvery: number;
  readonly window: number | undefined;
  readonly output: number;
  readonly allowGrowth: number;
  readonly seed: number;
  readonly plot: string;
  readonly json: string | undefined;
  readonly isTold: boolean;
  readonly sabotage: Sabotage | undefined;
}

interface Figure {
  readonly name: string;
  readonly preset: number | undefined;
  readonly help: string;
}

const figures = {
  minutes: { name: 'minutes', preset: 30, help: 'how long, in all; 0.5 is a smoke test' },
  workers: { name: 'workers', preset: 4, help: 'workers at a time' },
  rate: { name: 'rate', preset: 5_000, help: 'values that they publish in a second, in all' },
  remotes: { name: 'remotes', preset: 4, help: 'remote clients at a time, at most' },
  killEvery: {
    name: 'kill-every',
    preset: 10,
    help: 'seconds between two workers that are killed (SIGKILL)',
  },
  stopEvery: {
    name: 'stop-every',
    preset: 30,
    help: 'seconds between two workers that are stopped (SIGSTOP)',
  },
  stopFor: { name: 'stop-for', preset: 5, help: 'seconds until they go on, half to one and a half times' },
  remoteEvery: {
    name: 'remote-every',
    preset: 3,
    help: 'seconds between two things that befall a remote client',
  },
  restEvery: {
    name: 'rest-every',
    preset: 120,
    help: 'seconds between two rests, at which all must have come in',
  },
  sampleEvery: {
    name: 'sample-every',
    preset: 5,
    help: 'seconds between two looks at memory and descriptors',
  },
  window: { name: 'window', preset: undefined, help: "the limit windowMessages; the library's by default" },
  output: {
    name: 'output',
    preset: 2 ** 20,
    help: 'the limit outputBytes: for remote clients that do not read',
  },
  allowGrowth: { name: 'allow-growth', preset: 8, help: 'MiB that the primary may hold more at the end' },
  seed: {
    name: 'seed',
    preset: undefined,
    help: 'what is chosen at random; printed, and random, by default',
  },
} as const satisfies Record<string, Figure>;

const texts = {
  plot: 'FILE for the plot, an SVG; build/soak.svg by default',
  json: 'FILE for all that was measured',
  sabotage: `have a worker falsify what it received, to see it found: ${sabotages.join(', ')}`,
} as const;

export const help = `npm run soak -- [options]

Workers and remote clients publish and subscribe while some of them are killed, stopped and slow. Of each subscription
it is judged, as it goes, that what it received and what it was told as missed is what it was due: nothing twice, nothing
out of order. After a warm-up, from time to time and at the end there is a rest: no faults, no remote clients, everything
must have come in, and what the primary holds is measured. Ends with 1 where something was violated or not given back.

${Object.values(figures)
  .map(({ name, preset, help: text }: Figure) =>
    line(`${name} N`, text + (preset === undefined ? '' : ` (${preset})`)),
  )
  .join('\n')}
${line('plot FILE', texts.plot)}
${line('json FILE', texts.json)}
${line('progress', 'say how far it is, also where nobody watches at a terminal')}
${line('sabotage KIND', texts.sabotage)}
`;

/** `undefined` where help is wanted. @throws Error for what is no option. */
export function readOptions(): Options | undefined {
  const { values } = parseArgs({
    options: {
      ...Object.fromEntries(Object.values(figures).map(({ name }) => [name, { type: 'string' } as const])),
      plot: { type: 'string' },
      json: { type: 'string' },
      sabotage: { type: 'string' },
      progress: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  }) as { readonly values: Readonly<Record<string, string | boolean | undefined>> };
  if (values['help'] === true) return undefined;
  const given = (figure: Figure): number | undefined => {
    const text = values[figure.name];
    if (text === undefined) return figure.preset;
    const number = Number(text);
    if (!(number >= 0) || text === '')
      throw new Error(`--${figure.name} takes a number that is not negative`);
    return number;
  };
  const sure = (figure: Figure & { readonly preset: number }): number => given(figure) ?? figure.preset;
  const { sabotage } = values;
  if (sabotage !== undefined && !sabotages.includes(sabotage as Sabotage)) {
    throw new Error(`--sabotage takes one of ${sabotages.join(', ')}`);
  }
  return {
    minutes: sure(figures.minutes),
    workers: sure(figures.workers),
    rate: sure(figures.rate),
    remotes: sure(figures.remotes),
    killEvery: sure(figures.killEvery),
    stopEvery: sure(figures.stopEvery),
    stopFor: sure(figures.stopFor),
    remoteEvery: sure(figures.remoteEvery),
    restEvery: sure(figures.restEvery),
    sampleEvery: sure(figures.sampleEvery),
    window: given(figures.window),
    output: sure(figures.output),
    allowGrowth: sure(figures.allowGrowth),
    seed: given(figures.seed) ?? Math.floor(Math.random() * 2 ** 32),
    plot: typeof values['plot'] === 'string' ? values['plot'] : 'build/soak.svg',
    json: typeof values['json'] === 'string' ? values['json'] : undefined,
    isTold: values['progress'] === true,
    sabotage: sabotage as Sabotage | undefined,
  };
}

function line(option: string, text: string): string {
  return `  --${option.padEnd(16)} ${text}`;
}
