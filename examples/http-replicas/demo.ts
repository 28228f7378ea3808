/**
 * The demo: HTTP servers on one port whose caches and flags follow each other, and a live page of them. Starts
 * them, plays a scene against them, and goes on serving until Ctrl-C; with `--once` it ends, with 0 only if every replica agreed.
 */
import cluster from 'node:cluster';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { startService, type Service } from './primary.js';
import { runReplica } from './replica.js';
import { playScene } from './scene.js';
import type { Step } from './stage.js';
import { formatTable } from './table.js';

const replicas = 4;
/** For all of `--once`, in milliseconds. */
const deadline = 60_000;

// Every worker runs this very file as well.
if (cluster.isWorker) await runReplica();
else process.exitCode = await runDemo().catch(complain);

/** @returns the exit code. */
async function runDemo(): Promise<number> {
  const { once: isOnce } = parseArgs({ options: { once: { type: 'boolean', default: false } } }).values;
  const interrupt = interruption();
  // Ends the replicas too: a worker does not outlive its primary.
  if (isOnce) setTimeout(() => process.exit(complain(`not done in ${deadline / 1000} s`)), deadline).unref();

  // With `--once` nobody is there to look at a page.
  const pagePort = isOnce ? undefined : readPort('PAGE_PORT');
  const service = await startService(replicas, readPort('PORT'), pagePort).catch((error: unknown) => {
    if (!interrupt.aborted) throw error;
  });
  if (service === undefined) return isOnce ? 1 : 0;
  try {
    console.log(`${replicas} replicas at ${service.url} play a scene ...\n`);
    const isAgreed = await perform(service.url, interrupt);
    if (isOnce) return isAgreed ? 0 : 1;
    if (!interrupt.aborted) {
      console.log(invitation(service));
      await once(interrupt, 'abort');
    }
    return 0;
  } finally {
    await service.stop();
  }
}

/** Plays the scene and prints it. @returns whether every replica agreed, in every step. */
async function perform(url: string, interrupt: AbortSignal): Promise<boolean> {
  const steps: Step[] = [];
  let problem: unknown;
  try {
    for await (const step of playScene(url, replicas, interrupt)) steps.push(step);
  } catch (error) {
    problem = error;
  }
  if (steps.length > 0) console.log(`${formatTable(steps)}\n`);
  if (problem !== undefined) {
    if (!interrupt.aborted) complain(problem);
    return false;
  }
  const agreed = steps.filter(({ isAgreed }) => isAgreed).length;
  console.log(`Every replica agreed in ${agreed} of ${steps.length} steps.`);
  return agreed === steps.length;
}

/** Aborted by Ctrl-C. Another Ctrl-C after it ends the demo at once. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  process.once('SIGINT', () => controller.abort());
  process.once('SIGTERM', () => controller.abort());
  return controller.signal;
}

/** @param variable of the environment; without it, a free port is taken. */
function readPort(variable: 'PORT' | 'PAGE_PORT'): number {
  const text = process.env[variable] ?? '0';
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (!(port <= 65_535)) throw new Error(`${variable} must be a number from 0 to 65535, not "${text}"`);
  return port;
}

function complain(error: unknown): number {
  console.error(`The demo failed: ${error instanceof Error ? error.message : String(error)}`);
  return 1;
}

function invitation({ url, pageUrl }: Service): string {
  return `
Watch them and change things on their live page, which only this address opens:

  ${pageUrl}

Serving ${url} until Ctrl-C. Try, more than once, since another replica may answer:

  curl -i ${url}/products/1
  curl -X PUT -d '{"name":"Teapot","price":12.5}' ${url}/products/1
  curl -X PUT -d '{"on":true}' ${url}/flags/dark-mode
  curl ${url}/flags/dark-mode
  curl ${url}/whoami
  curl -X POST ${url}/crash`;
}
