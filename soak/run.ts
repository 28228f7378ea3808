/**
 * The soak's command: `npm run soak -- --help`. Ends with 1 where something was violated or not given back.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname } from 'node:path';
import { help, readOptions, type Options } from './options.js';
import type { Outcome } from './outcome.js';
import { plot } from './plot.js';
import { describe, judgeLeaks } from './report.js';
import { Soak } from './soak.js';

const options = read();
if (options === undefined) console.log(help);
else await soak(options);

async function soak(run: Options): Promise<void> {
  console.log(`seed ${run.seed}`);
  const running = await Soak.start(run).catch(fail);
  process.once('exit', () => running.kill());
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => process.exit(128 + constants.signals[signal]));
  }
  const progress = showProgress(running, run);
  try {
    const outcome = await running.run();
    judgeLeaks(outcome, run.allowGrowth);
    progress.end();
    tell(outcome, run);
  } catch (error) {
    progress.end();
    fail(error);
  }
}

/** Whatever runs is killed at the exit. */
function fail(error: unknown): never {
  console.error(`FAILED: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}

function tell(outcome: Outcome, { plot: plotFile, json }: Options): void {
  console.log(describe(outcome));
  write(plotFile, plot(outcome));
  console.log(`\nThe plot is in ${plotFile}`);
  if (json !== undefined) write(json, `${JSON.stringify(plain(outcome), undefined, 2)}\n`);
  const { total } = outcome.judge.violations;
  if (total > 0) process.exitCode = 1;
  console.log(total > 0 ? `\nFAILED: ${total.toLocaleString('en-US')} violations` : '\nNo violation.');
}

function plain({ judge, ...rest }: Outcome): unknown {
  const { tally, subscriptions, published, accepted, errors, violations } = judge;
  const { counts, details } = violations;
  return {
    ...rest,
    ...{ tally, subscriptions, published, accepted, errors: Object.fromEntries(errors) },
    violations: { counts: Object.fromEntries(counts), details },
  };
}

/** A line that is written over, where somebody watches; a line now and then where it is asked for. */
function showProgress(running: Soak, { isTold }: Options): { end(): void } {
  const { isTTY } = process.stderr;
  if (!isTTY && !isTold) return { end: () => undefined };
  const show = (): void =>
    void process.stderr.write(isTTY ? `\r\u001b[K${running.progress}` : `${running.progress}\n`);
  const timer = setInterval(show, isTTY ? 1_000 : 10_000);
  return {
    end: () => {
      clearInterval(timer);
      if (isTTY) process.stderr.write('\r\u001b[K');
    },
  };
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function read(): Options | undefined {
  try {
    return readOptions();
  } catch (error) {
    console.error(`${(error as Error).message}\nsee npm run soak -- --help`);
    process.exit(2);
  }
}
