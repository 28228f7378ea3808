/**
 * The one runner of all benchmarks: `run.js [NAME ...] [--case CASE,..] [--only CONTESTANT,..] [--rounds N]
 * [--json FILE] [--save] [--pages] [--list]`. Ends with 1 where something went missing or a requirement was not met.
 */
import { writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { parseArgs } from 'node:util';
import { cacheGet } from './cache-get/scenario.js';
import { cacheInvalidate } from './cache-invalidate/scenario.js';
import { fanOut } from './fan-out/scenario.js';
import { flat } from './flat/scenario.js';
import { describeMachine } from './harness/machine.js';
import { killPrograms } from './harness/programs.js';
import { isMet, type Report, type Scenario } from './harness/scenario.js';
import { formatTable, times } from './harness/table.js';
import { latency } from './latency/scenario.js';
import { memory } from './memory/scenario.js';
import { presence } from './presence/scenario.js';
import { installedPackages, save, writePages } from './results/pages.js';
import { sectionOf } from './results/section.js';
import { scale } from './scale/scenario.js';
import { stalledWorker } from './stalled/scenario.js';
import { stateGet } from './state-get/scenario.js';
import { stateSet } from './state-set/scenario.js';
import { stateSnapshot } from './state-snapshot/scenario.js';
import { webSockets } from './websockets/scenario.js';

const scenarios: readonly Scenario[] = [
  fanOut,
  latency,
  flat,
  memory,
  presence,
  scale,
  webSockets,
  stalledWorker,
  stateGet,
  stateSet,
  stateSnapshot,
  cacheGet,
  cacheInvalidate,
];
const order = scenarios.map(({ name }) => name);

const { values, positionals } = readArguments();

if (values.list) {
  const width = Math.max(...scenarios.map(({ name }) => name.length));
  for (const { name, summary } of scenarios) console.log(`${name.padEnd(width)}  ${summary}`);
} else if (values.pages) {
  await writePages();
} else {
  process.on('exit', killPrograms);
  // `exit` does not come by itself where a signal ends the process.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => process.exit(128 + constants.signals[signal]));
  }
  // Who measures everything wants it written down; who looks at one scenario is trying something out.
  const isWhole = values.cases === undefined && values.only === undefined;
  if (values.save === true && !isWhole) fail('a part of a scenario is not saved');
  await runAll(chosen(), values.save ?? (positionals.length === 0 && isWhole));
}

async function runAll(names: readonly Scenario[], isSaved: boolean): Promise<void> {
  const date = new Date().toISOString().slice(0, 10);
  const conditions = { date, machine: describeMachine(), packages: installedPackages() };
  console.log(conditions.machine);
  const results: Record<string, unknown> = {};
  for (const scenario of names) {
    console.log(`\n# ${scenario.name}: ${scenario.summary}\n`);
    try {
      const rounds = values.rounds ?? scenario.rounds;
      const report = await scenario.run({ rounds, progress, cases: values.cases, only: values.only });
      progress('');
      print(report);
      results[scenario.name] = { rounds, ...report, samples: plain(report.samples) };
      if (!report.requirements.every(isMet)) process.exitCode = 1;
      const section = sectionOf(scenario, rounds, report, conditions);
      if (isSaved) await save(section, order);
    } catch (error) {
      progress('');
      console.error(`FAILED: ${error instanceof Error ? error.message : String(error)}`);
      process.exitCode = 1;
    }
  }
  if (values.json !== undefined) {
    writeFileSync(values.json, `${JSON.stringify({ machine: conditions.machine, results }, undefined, 2)}\n`);
  }
}

function print({ method, tables, requirements }: Report): void {
  console.log(method);
  for (const table of tables) console.log(`\n${formatTable(table)}`);
  for (const requirement of requirements.filter((one) => !isMet(one))) {
    const { what, actual, bound, is } = requirement;
    console.log(`\nNOT MET: ${what}: ${times(actual)}, ${is} ${bound}`);
  }
}

/** One line that is written over, where somebody watches. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
}

function plain(samples: Report['samples']): unknown {
  return Object.fromEntries(
    Object.entries(samples).map(([title, series]) => [title, Object.fromEntries(series)]),
  );
}

function chosen(): readonly Scenario[] {
  if (positionals.length === 0) return scenarios;
  return positionals.map(
    (name) => scenarios.find((scenario) => scenario.name === name) ?? fail(`there is no scenario ${name}`),
  );
}

function readArguments(): {
  readonly values: {
    readonly list?: boolean;
    readonly rounds?: number;
    readonly json?: string;
    readonly cases?: readonly string[];
    readonly only?: readonly string[];
    readonly save?: boolean;
    readonly pages?: boolean;
  };
  readonly positionals: readonly string[];
} {
  try {
    const parsed = parseArgs({
      allowPositionals: true,
      options: {
        list: { type: 'boolean' },
        rounds: { type: 'string' },
        json: { type: 'string' },
        case: { type: 'string' },
        only: { type: 'string' },
        save: { type: 'boolean' },
        pages: { type: 'boolean' },
      },
    });
    const { rounds: text, case: cases, only, ...given } = parsed.values;
    const rest = {
      ...given,
      ...(cases === undefined ? {} : { cases: cases.split(',') }),
      ...(only === undefined ? {} : { only: only.split(',') }),
    };
    if (text === undefined) return { ...parsed, values: rest };
    const rounds = Number(text);
    if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds takes a positive integer');
    return { ...parsed, values: { ...rest, rounds } };
  } catch (error) {
    return fail((error as Error).message);
  }
}

function fail(problem: string): never {
  console.error(
    `${problem}\nusage: npm run bench -- [NAME ...] [--case CASE,..] [--only CONTESTANT,..] [--rounds N] [--json FILE] [--save] [--pages] [--list]`,
  );
  process.exit(2);
}
