/**
 * What one message costs while something grows: workers, event names, subscriptions of a client, remote clients.
 */
import { chosenCases } from '../harness/cases.js';
import type { Report, Run, Scenario } from '../harness/scenario.js';
import { names } from './names/part.js';
import type { Part } from './part.js';
import { remoteClients } from './remote/part.js';
import { subscriptions } from './subscriptions/part.js';
import { workers } from './workers/part.js';

const parts: readonly Part[] = [workers, names, subscriptions, remoteClients];

export const scale: Scenario = {
  name: 'scale',
  summary: `what a message costs while something grows: ${parts.map(({ name }) => name).join(', ')}`,
  rounds: 5,
  run,
};

async function run({ cases, ...options }: Run): Promise<Report> {
  const reports = new Map<string, Report>();
  for (const part of chosenCases(parts, cases)) {
    const progress = (text: string): void => options.progress(`${part.name}: ${text}`);
    reports.set(part.name, await part.run({ ...options, progress }));
  }
  const all = [...reports.values()];
  return {
    method: all.map(({ method }) => method).join('\n\n'),
    tables: all.flatMap(({ tables }) => tables),
    charts: all.flatMap(({ charts }) => charts),
    requirements: all.flatMap(({ requirements }) => requirements),
    samples: Object.fromEntries(
      [...reports].flatMap(([name, { samples }]) =>
        Object.entries(samples).map(([title, series]) => [`${name}, ${title}`, series]),
      ),
    ),
  };
}
