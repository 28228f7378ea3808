/**
 * One publisher, 1,000 WebSocket subscribers: Clustercast beside a bare loop over the clients of a `ws` server.
 */
import type { BarChart } from '../harness/chart.js';
import type { Held } from '../harness/heap.js';
import { interleaveFigures } from '../harness/figures.js';
import type { Samples } from '../harness/interleave.js';
import { withPrograms, type ProgramOptions } from '../harness/programs.js';
import type { Remote } from '../harness/remote.js';
import type { Report, Run, Scenario } from '../harness/scenario.js';
import { median, ratios, spreadOf } from '../harness/statistics.js';
import { figure, times, type Table } from '../harness/table.js';
import { bareBuffer, bareString } from './bare.js';
import { broadcasters } from './broadcasters.js';
import { clustercast } from './clustercast.js';
import { checkDescriptors } from '../harness/descriptors.js';
import { roundDeadline, type Round, type Taken } from './round.js';

const connections = 1_000;
const crowds = 1;
const warmUps = 2;
const memoryRounds = 3;
const names = broadcasters.map(({ name }) => name);
/** Deliveries per second, as a share of those of the better bare loop. */
const least = 0.85;
const ours = clustercast.name;
const floors = [bareString.name, bareBuffer.name];

interface Workload {
  readonly name: string;
  readonly round: Round;
}

const workloads: readonly Workload[] = [64, 1_024].flatMap((size) => [
  { name: `one by one, ${size} B`, round: { count: 32, perTurn: 1, size } },
  { name: `64 a turn, ${size} B`, round: { count: 128, perTurn: 64, size } },
]);

const method = `Each contestant has processes of its own, which live through all rounds and take turns: a server, in which events are
published, and one with ${connections.toLocaleString('en-US')} subscribers, bare ws clients that speak JSON-RPC by hand; all receive the same bytes.
Events are published one by one, each when the former has reached all; or 64 in one turn of the event loop, and the
next 64 when these have reached all. Each subscriber checks that each event came once and in order. Processor time is
that of the server's process. ${warmUps} rounds to warm up. What is kept is measured in fresh processes, ${memoryRounds} times, after garbage
collection, with and without the connections; resident memory is what the system counts, with all that V8 holds ready.
${broadcasters.map(({ name, description }) => `- ${name}: ${description}`).join('\n')}`;

export const webSockets: Scenario = {
  name: 'websockets',
  summary: `1 publisher, ${connections.toLocaleString('en-US')} WebSocket subscribers`,
  rounds: 7,
  run,
};

async function run({ rounds, progress }: Run): Promise<Report> {
  checkDescriptors(connections);
  const kept = await measureKept(progress);
  const rates: Record<string, Samples> = {};
  const costs: Record<string, Samples> = {};
  await withPrograms(names.map(hostOf), async (hosts) => {
    for (const host of hosts) await host.ask('connect', undefined, roundDeadline);
    for (const { name, round } of workloads) {
      const deliveries = round.count * connections;
      const measured = await interleaveFigures(
        hosts.map((host) => ({
          name: host.name,
          async measure() {
            const { elapsed, processor } = await host.ask<Taken>('measure', round, roundDeadline);
            return { rate: deliveries / (elapsed / 1000), cost: (processor * 1e6) / deliveries };
          },
        })),
        ['rate', 'cost'],
        { rounds, warmUps, onRound: (text) => progress(`${name}: ${text}`) },
      );
      rates[name] = measured.rate;
      costs[name] = measured.cost;
    }
    // What came twice at the very end has arrived by now.
    await Promise.all(hosts.map((host) => host.ask('verify')));
  });
  return {
    method,
    tables: [
      tableOf('Deliveries per second', rates, rounds),
      tableOf("Nanoseconds of the server's processor time for one delivery", costs, rounds),
      limitTable(rates, costs),
      keptTable(kept),
    ],
    charts: [
      chartOf('websockets', 'Deliveries to 1,000 WebSocket subscribers', 'deliveries per second', rates),
      chartOf(
        ...(['websockets-processor', "The server's processor time for one delivery", 'nanoseconds'] as const),
        costs,
      ),
    ],
    requirements: Object.entries(rates).map(([name, samples]) => ({
      what: `${name}: deliveries per second, as a share of those of the better bare loop`,
      ...{ actual: share(samples, 'rate'), bound: least, is: 'at least' },
    })),
    samples: { ...titled('deliveries', rates), ...titled('processor', costs), ...kept },
  };
}

function hostOf(name: string): ProgramOptions {
  const args = [name, String(connections), String(crowds)];
  return { name, url: import.meta.resolve('./host.js'), args, nodeArgs: ['--expose-gc'] };
}

async function measureKept(progress: Run['progress']): Promise<Record<keyof Held, Samples>> {
  // Both loops keep the same for a connection.
  const measured = [names[0] as string, bareString.name];
  const heap = new Map<string, number[]>(measured.map((name) => [name, []]));
  const resident = new Map<string, number[]>(measured.map((name) => [name, []]));
  for (let round = 0; round < memoryRounds; round++) {
    for (const name of measured) {
      progress(`memory: round ${round + 1} of ${memoryRounds}`);
      const kept = await withPrograms([hostOf(name)], ([host]) =>
        (host as Remote).ask<Held>('connect', undefined, roundDeadline),
      );
      heap.get(name)?.push(kept.heap);
      resident.get(name)?.push(kept.resident);
    }
  }
  return { heap, resident };
}

function tableOf(what: string, all: Readonly<Record<string, Samples>>, rounds: number): Table {
  const rows = Object.entries(all).flatMap(([workload, samples]) =>
    [...samples].map(([name, series]) => {
      const { median: middle, min, max } = spreadOf(series);
      const comparisons = floors.flatMap((floor) => {
        const compared = ratios(series, samples.get(floor) ?? []);
        const spread = spreadOf(compared);
        return [times(median(compared)), `${times(spread.min)} - ${times(spread.max)}`];
      });
      return [`${workload}: ${name}`, figure(middle), figure(min), figure(max), ...comparisons];
    }),
  );
  return {
    title: `${what} in ${rounds} rounds; ratios are medians of the ratios within a round`,
    head: ['contestant', 'median', 'min', 'max', ...floors.flatMap((floor) => [`x ${floor}`, 'min - max'])],
    rows,
  };
}

/** Deliveries per second, or for the same processor time, as a share of those of the bare loop that is the better one. */
function share(samples: Samples, what: 'rate' | 'cost'): number {
  const own = samples.get(ours) ?? [];
  const shares = floors.map((floor) => {
    const bare = samples.get(floor) ?? [];
    return median(what === 'rate' ? ratios(own, bare) : ratios(bare, own));
  });
  return Math.min(...shares);
}

function limitTable(
  rates: Readonly<Record<string, Samples>>,
  costs: Readonly<Record<string, Samples>>,
): Table {
  const rows = Object.entries(rates).map(([workload, samples]) => [
    workload,
    times(share(samples, 'rate')),
    times(share(costs[workload] as Samples, 'cost')),
  ]);
  return {
    title: `Clustercast as a share of the better bare loop; at least ${least} of its deliveries per second`,
    head: ['', 'deliveries per second', 'deliveries per processor time'],
    rows,
  };
}

function chartOf(
  name: string,
  title: string,
  unit: string,
  all: Readonly<Record<string, Samples>>,
): BarChart {
  const groups = Object.entries(all).map(([workload, samples]) => ({
    title: workload,
    bars: [...samples].map(([label, series]) => ({ label, ...spreadOf(series), isOurs: label === ours })),
  }));
  return { kind: 'bars', name, title, unit, groups };
}

function keptTable(kept: Readonly<Record<keyof Held, Samples>>): Table {
  const rows = Object.entries(kept).flatMap(([what, samples]) =>
    [...samples].map(([name, series]) => {
      const { median: middle, min, max } = spreadOf(series);
      const compared = median(ratios(series, samples.get(bareString.name) ?? []));
      return [`${what}: ${name}`, figure(middle), figure(min), figure(max), times(compared)];
    }),
  );
  return {
    title: "Bytes that the server's process keeps for one connection with one subscription",
    head: ['contestant', 'median', 'min', 'max', `x ${bareString.name}`],
    rows,
  };
}

function titled(what: string, all: Readonly<Record<string, Samples>>): Record<string, Samples> {
  return Object.fromEntries(Object.entries(all).map(([name, samples]) => [`${what}, ${name}`, samples]));
}
