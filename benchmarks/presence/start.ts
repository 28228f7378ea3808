/**
 * What a fresh process takes to import a module: Node.js's own start is in it, and so an empty module stands beside.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { within } from '../harness/deadline.js';
import { now } from '../harness/clock.js';
import { track } from '../harness/programs.js';

/** In milliseconds. */
export interface Started {
  /** From the start of the process until its end. */
  readonly whole: number;
  /** What the import alone took in it, by its own clock. */
  readonly imported: number;
}

const deadline = 30_000;

/** Starts a process that imports `module`, or nothing, and ends. */
export async function startWith(module: string | undefined, file: string): Promise<Started> {
  const startedAt = now();
  const child = spawn(process.execPath, [file, ...(module === undefined ? [] : [module])], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  track(child);
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const [code] = (await within(deadline, 'the end of an import', once(child, 'close'))) as [number | null];
  const whole = now() - startedAt;
  const imported = Number(Buffer.concat(chunks).toString());
  if (code !== 0 || !(imported >= 0)) throw new Error(`importing ${module} ended with ${code}`);
  return { whole, imported };
}
