/**
 * Values from some workers to others, as fast as they go: Clustercast beside its floor, its limit, and what people use
 * instead, case by case.
 */
import { entrants, withHosts, type HostProgram } from '../contestants/contenders.js';
import { contestant } from '../contestants/index.js';
import { chosenCases } from '../harness/cases.js';
import { barsOf, type BarChart } from '../harness/chart.js';
import { interleave, type Contestant, type Samples } from '../harness/interleave.js';
import type { Remote } from '../harness/remote.js';
import type { Report, Run, Scenario } from '../harness/scenario.js';
import { median, ratios, spreadOf } from '../harness/statistics.js';
import { figure, times, type Table } from '../harness/table.js';
import { cases, floor, ours, type Case, type FanOutContender } from './cases.js';
import { requiredIn } from './requirements.js';
import { deliveriesOf, roundDeadline, windowOf, type Round, type Workload } from './workload.js';

const warmUps = 4;
/** How long a round should take, in milliseconds; how many values it has is found out while warming up. */
const roundTime = 500;
const fewestValues = 400;
const mostValues = 400_000;

export const fanOut: Scenario = {
  name: 'fan-out',
  summary: `deliveries per second, in ${cases.length} cases: ${cases.map(({ name }) => name).join(', ')}`,
  rounds: 7,
  run,
};

async function run({ rounds, progress, cases: namesOfCases, only }: Run): Promise<Report> {
  const wanted = chosenCases(cases, namesOfCases);
  const { present, leftOut } = await entrants(
    wanted.flatMap(({ contenders }) => contenders),
    only,
  );
  const measured: { readonly one: Case; readonly samples: Samples }[] = [];
  for (const one of wanted) {
    const contenders = one.contenders.filter((contender) => present.includes(contender));
    if (contenders.length === 0) continue;
    const onRound = (text: string): void => progress(`${one.name}: ${text}`);
    measured.push({ one, samples: await measureAll(contenders, rounds, onRound) });
  }
  const names = new Set(present.map((contender) => contender.contestant));
  return {
    method: methodOf([...names], leftOut),
    tables: measured.map(({ one, samples }) => tableOf(one, samples, rounds)),
    charts: measured.map(({ one, samples }) => chartOf(one, samples)),
    requirements: measured.flatMap(({ one, samples }) => requiredIn(one.name, samples)),
    samples: Object.fromEntries(measured.map(({ one, samples }) => [one.name, samples])),
  };
}

function measureAll(
  contenders: readonly FanOutContender[],
  rounds: number,
  onRound: (text: string) => void,
): Promise<Samples> {
  return withHosts(contenders, programFor, async (hosts) => {
    const measuring = [...hosts].map(([{ workload }, host]) => measuringWith(host, workload));
    const samples = await interleave(measuring, { rounds, warmUps, onRound });
    // What came twice at the very end has arrived by now.
    await Promise.all([...hosts.values()].map((host) => host.ask('verify')));
    return samples;
  });
}

function programFor({ contestant: name, workload }: FanOutContender): HostProgram {
  const url =
    contestant(name).isInProcess === true
      ? import.meta.resolve('./in-process.js')
      : import.meta.resolve('./host.js');
  return { url, args: [JSON.stringify(workload)] };
}

/** Deliveries per second; the warming up finds out how many values make a round. */
function measuringWith(host: Remote, workload: Workload): Contestant {
  let count = fewestValues;
  let calibrations = warmUps;
  return {
    name: host.name,
    async measure() {
      const elapsed = await host.ask<number>('measure', { count } satisfies Round, roundDeadline);
      const rate = deliveriesOf(workload, count) / (elapsed / 1000);
      if (calibrations > 0) {
        calibrations -= 1;
        count = scaled(count * Math.min(20, roundTime / elapsed));
      }
      return rate;
    },
  };
}

/** So many values, about: whole rounds of the event names. */
function scaled(count: number): number {
  const bounded = Math.min(mostValues, Math.max(fewestValues, count));
  return Math.round(bounded / 200) * 200;
}

function methodOf(measured: readonly string[], leftOut: readonly string[]): string {
  const window = windowOf((cases[0] as Case).contenders[0]?.workload as Workload);
  const lines = [...measured.map((name) => `- ${name}: ${contestant(name).description}`), ...leftOut];
  return `Each contender has a cluster of its own: a primary and four workers, which live through all rounds of a case and take
turns. Where publishes are answered, at most ${window.toLocaleString('en-US')} of them are unanswered at a time in all publishers together, or
4 MiB of values if these are fewer; where they are not, at most four times as many are under way to the slowest
subscriber, who tells over a socket of its own how far it is. A round takes about ${roundTime / 1000} s, from the first publish until all is received and answered;
how many values that are, the ${warmUps} rounds to warm up find out. Each subscriber checks that each value it wants came once, in
order and under its name, each publisher what the answers tell. A delivery is one value at one subscriber that wants it.
${lines.join('\n')}`;
}

function tableOf({ name, title }: Case, samples: Samples, rounds: number): Table {
  const base = samples.get(ours);
  const bases = [floor, 'limit'];
  const rows = [...samples].map(([contender, series]) => {
    const rate = spreadOf(series);
    const compared = bases.map((one) => ratioText(series, samples.get(one)));
    const against = base === undefined ? undefined : spreadOf(ratios(base, series));
    const range = against === undefined ? '-' : `${times(against.min)} - ${times(against.max)}`;
    const ratio = ratioText(base ?? [], series);
    return [contender, figure(rate.median), figure(rate.min), figure(rate.max), ...compared, ratio, range];
  });
  return {
    title: `${name}: ${title}: deliveries per second in ${rounds} rounds; ratios are medians of the ratios within a round`,
    head: [
      ...['contender', 'median', 'min', 'max', ...bases.map((one) => `x ${one}`)],
      ...[`${ours} is x this`, 'min - max'],
    ],
    rows,
  };
}

function ratioText(series: readonly number[], base: readonly number[] | undefined): string {
  return base === undefined || series.length === 0 ? '-' : times(median(ratios(series, base)));
}

function chartOf({ name, title }: Case, samples: Samples): BarChart {
  const bars = barsOf(samples);
  return {
    kind: 'bars',
    name: `fan-out-${name}`,
    title,
    unit: 'deliveries per second',
    groups: [{ title, bars }],
  };
}
