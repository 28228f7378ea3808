/**
 * The server of one contestant: has its crowds connect, and times one round after the other. All processes live through
 * all rounds. Needs `--expose-gc`.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { now } from '../harness/clock.js';
import { numberedValues } from '../harness/values.js';
import { held, type Held } from '../harness/heap.js';
import { Remote } from '../harness/remote.js';
import { serve } from '../harness/serve.js';
import { broadcaster } from './broadcasters.js';
import { roundDeadline, type Expected, type Place, type Round, type Taken } from './round.js';

const [, , name, connectionsText, crowdsText] = process.argv;
const connections = Number(connectionsText);
const crowds = Array.from({ length: Number(crowdsText) }, (_, position) => {
  const program = fork(fileURLToPath(import.meta.resolve('./crowd.js')));
  return new Remote(program, `crowd ${position + 1}`);
});
const broadcast = await broadcaster(name).start(connections);
await Promise.all(crowds.map(({ ready }) => ready));

let published = 0;

serve({ connect, measure, verify: () => askCrowds('verify') });

async function connect(): Promise<Held> {
  const before = await held();
  const place: Place = { port: broadcast.port, connections: connections / crowds.length };
  await askCrowds('connect', place, roundDeadline);
  const after = await held();
  return {
    heap: (after.heap - before.heap) / connections,
    resident: (after.resident - before.resident) / connections,
  };
}

async function measure(round: Round): Promise<Taken> {
  const { count, perTurn, size } = round;
  const values = numberedValues(published, count, size);
  const expected: Expected = { ...round, first: published };
  await askCrowds('expect', expected);
  const startedAt = now();
  const usage = process.cpuUsage();
  for (let first = 0; first < count; first += perTurn) {
    const turn = values.slice(first, first + perTurn);
    published += turn.length;
    await Promise.all([askCrowds('arrival', published - 1), broadcast.publish(turn)]);
  }
  const { user, system } = process.cpuUsage(usage);
  return { elapsed: now() - startedAt, processor: (user + system) / 1000 };
}

async function askCrowds(ask: string, argument?: unknown, deadline?: number): Promise<void> {
  await Promise.all(crowds.map((crowd) => crowd.ask(ask, argument, deadline)));
}
