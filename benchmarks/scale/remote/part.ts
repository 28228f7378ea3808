/**
 * Remote clients: bare ones, over TCP and over WebSockets, all of whom subscribe to what is published.
 */
import { allowedConnections, missingDescriptors } from '../../harness/descriptors.js';
import { interleaveFigures } from '../../harness/figures.js';
import type { Held } from '../../harness/heap.js';
import type { Samples } from '../../harness/interleave.js';
import { withPrograms } from '../../harness/programs.js';
import type { Remote } from '../../harness/remote.js';
import type { Report, Run } from '../../harness/scenario.js';
import { figure, type Table } from '../../harness/table.js';
import { growthChart, growthTable, type Part, type Step } from '../part.js';
import { media, roundDeadline, size, type Medium, type Taken } from './round.js';

const counts = [10, 100, 1_000, 10_000];
const warmUps = 2;
const base = { size: 10, called: '10 clients' };
/** How many clients one process has. */
const perCrowd = 2_500;
/** With fewer connections, what else changes in the heap is a part of the figure. */
const leastToWeigh = 1_000;

interface Server extends Step {
  readonly medium: Medium;
}

const servers: readonly Server[] = media.flatMap((medium) =>
  counts.map((count) => ({
    medium,
    line: medium,
    size: count,
    name: `${medium}, ${count.toLocaleString('en-US')} clients`,
  })),
);

const method = `Remote clients: a server for each medium and number of clients. A client in the server's process publishes values of ${size}
bytes, one in each turn of the event loop, without waiting until the former has arrived. All remote clients subscribe to
them: sockets, at most ${perCrowd.toLocaleString('en-US')} in a process, that speak JSON-RPC (and WebSocket) by hand, and check every byte, and that each value
came once and in order. Processor time is that of the server's process; deliveries per second are what it and its clients
reach together. Servers and clients live through all rounds and take turns. ${warmUps} rounds to warm up. Memory is what the
server's process holds after garbage collection, with and without the connections, once for each server.`;

export const remoteClients: Part = { name: 'remote', run };

async function run({ rounds, progress }: Run): Promise<Report> {
  const most = allowedConnections();
  const chosen = servers.filter((server) => server.size <= most);
  const leftOut = counts
    .filter((count) => count > most)
    .map(
      (count) =>
        `- ${count.toLocaleString('en-US')} clients are left out: ${missingDescriptors(count)} (ulimit -n)`,
    );
  const kept = new Map<string, Held>();
  const samples = await withPrograms(chosen.map(programOf), async (hosts) => {
    for (const host of hosts) {
      progress(`${host.name} connect`);
      kept.set(host.name, await host.ask<Held>('connect', undefined, roundDeadline));
    }
    const measured = await interleaveFigures(
      hosts.map((host, position) => ({
        name: host.name,
        measure: () => measure(host, chosen[position] as Server),
      })),
      ['processor', 'deliveries'],
      { rounds, warmUps, onRound: progress },
    );
    // What came twice at the very end has arrived by now.
    await Promise.all(hosts.map((host) => host.ask('verify')));
    return measured;
  });
  const perDelivery = "Nanoseconds of the server's processor time for one delivery";
  const drawn = { xLabel: 'remote clients', yScale: 'linear' } as const;
  return {
    method: [method, ...leftOut].join('\n'),
    tables: [
      growthTable(perDelivery, chosen, samples.processor, base),
      growthTable('Deliveries per second', chosen, samples.deliveries, base),
      keptTable(kept, chosen),
    ],
    charts: [
      growthChart(
        {
          ...{ ...drawn, name: 'scale-remote-processor', unit: 'nanoseconds' },
          title: "The server's processor time for one delivery",
        },
        chosen,
        samples.processor,
      ),
      growthChart(
        {
          ...{ ...drawn, name: 'scale-remote', unit: 'deliveries per second' },
          title: 'Deliveries to remote clients',
        },
        chosen,
        samples.deliveries,
      ),
    ],
    requirements: [],
    samples: { ...samples, heap: keptSamples(kept, 'heap'), resident: keptSamples(kept, 'resident') },
  };
}

async function measure(
  host: Remote,
  { size: clients }: Server,
): Promise<Record<'processor' | 'deliveries', number>> {
  const count = Math.min(2_048, Math.max(8, Math.round(65_536 / clients)));
  const { elapsed, processor } = await host.ask<Taken>('measure', count, roundDeadline);
  const deliveries = count * clients;
  return { processor: processor / deliveries, deliveries: deliveries / (elapsed / 1000) };
}

function programOf({ name, medium, size: clients }: Server): {
  readonly name: string;
  readonly url: string;
  readonly args: readonly string[];
  readonly nodeArgs: readonly string[];
} {
  const args = [medium, String(clients), String(Math.ceil(clients / perCrowd))];
  return { name, url: import.meta.resolve('./host.js'), args, nodeArgs: ['--expose-gc'] };
}

function keptTable(kept: ReadonlyMap<string, Held>, chosen: readonly Server[]): Table {
  return {
    title: "Bytes that the server's process keeps for one connection with one subscription",
    head: ['', 'heap', 'resident'],
    rows: chosen
      .filter((server) => server.size >= leastToWeigh)
      .map(({ name }) => [name, figure(kept.get(name)?.heap ?? 0), figure(kept.get(name)?.resident ?? 0)]),
  };
}

function keptSamples(kept: ReadonlyMap<string, Held>, what: keyof Held): Samples {
  return new Map([...kept].map(([name, one]) => [name, [one[what]]]));
}
