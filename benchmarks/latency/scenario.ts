/**
 * The time from publish() to the handler: one value at a time, and at steady rates.
 */
import { contenderOf, type Contender } from '../contestants/contenders.js';
import { chosenCases } from '../harness/cases.js';
import type { Report, Run, Scenario } from '../harness/scenario.js';
import { measureLatencies, warmUps } from './measure.js';
import { paces, type Pace } from './paces.js';
import { chartsOf, requiredOf, tableOf } from './report.js';
import { size, type Setup } from './round.js';

const setup: Setup = { subscribers: 3, counts: 'each' };

const contenders: readonly Contender[] = [
  contenderOf('clustercast', 'advanced'),
  contenderOf('clustercast', 'json'),
  contenderOf('relay', 'advanced'),
  contenderOf('relay', 'json'),
  ...['limit', 'socket.io', 'ioredis', 'nats'].map((name) => contenderOf(name)),
];

export const latency: Scenario = {
  name: 'latency',
  summary: `from publish() to the handler, in ${paces.length} cases: ${paces.map(({ name }) => name).join(', ')}`,
  rounds: 7,
  run,
};

async function run({ cases, ...options }: Run): Promise<Report> {
  const { measured, lines } = await measureLatencies(contenders, setup, chosenCases(paces, cases), options);
  return {
    method: `${method}\n${lines.join('\n')}`,
    tables: measured.map((one) => tableOf(one, options.rounds)),
    charts: chartsOf(measured),
    requirements: measured.flatMap(requiredOf),
    samples: Object.fromEntries(
      measured.flatMap(({ pace, p50, p99 }) => [
        [`${pace.title}, 50th percentile`, p50],
        [`${pace.title}, 99th percentile`, p99],
      ]),
    ),
  };
}

const method = `Each contender has a cluster of its own: a primary, 1 publisher and ${setup.subscribers} subscribers, which live through all rounds and take
turns. Values have ${size} bytes. One at a time: ${(paces[0] as Pace).round.count} values a round, each published when all subscribers have the one before, which
they tell over sockets of their own, and this is answered, where publishes are answered. At a steady rate: what is due
by the clock is published every millisecond, so that at 20,000 a second about 20 values come at once. Latencies are from
publish() to the handler, by the system's monotonic clock, of all values at all subscribers, which check that each came
once and in order. ${warmUps} rounds to warm up.`;
