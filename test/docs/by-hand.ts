/** What a test says by hand over IPC: as a client to the real server, or as the server to real clients. */
import assert from 'node:assert/strict';
import type { Worker } from 'node:cluster';
import { Mailbox } from '../support/mailbox.js';
import { example } from './document.js';
import type { Seat, Stage } from './stage.js';

export type Envelope = Readonly<Record<string, unknown>>;

/** What a client offers unless it is told not to. */
export const capabilities = ['batch'];

/** What the server says to `envelope`, which a worker says by hand. */
export async function answersTo(stage: Stage, from: Seat, envelope: Envelope): Promise<Envelope[]> {
  const said = await stage.during(() => stage.sayByHand(from, envelope));
  return said.filter(({ to }) => to === 'client').map(({ message }) => message);
}

/** The one thing that it says, and what is in there under `name`. */
export async function answerTo(
  stage: Stage,
  from: Seat,
  envelope: Envelope,
  name: string,
): Promise<Envelope> {
  const answers = await answersTo(stage, from, envelope);
  assert.equal(answers.length, 1);
  const [answer = {}] = answers;
  return answer[name] as Envelope;
}

/** What a test needs to be the server. */
export interface ServerByHand {
  /** The worker whose clients it serves. */
  readonly seat: Seat;
  /** What they say. */
  readonly heard: Mailbox<Envelope>;
  readonly say: (envelope: Envelope) => boolean;
  /** Has a client connect, and welcomes it; tells its port. */
  readonly welcome: (name: string) => Promise<unknown>;
}

/** On a stage whose server is not started. */
export function serverByHand(stage: Stage): ServerByHand {
  const [seat] = stage.seats;
  const heard = mailboxOf(seat.worker);
  const say = (envelope: Envelope): boolean => seat.worker.send(envelope);
  const welcome = async (name: string): Promise<unknown> => {
    const connected = seat.call('connect', name, { capabilities });
    const { port, hello } = await heard.take();
    assert.deepEqual(hello, example('hello')['hello']);
    say({ ...example('welcome'), port });
    assert.equal(await connected, 'client-a');
    return port;
  };
  return { seat, heard, say, welcome };
}

/** What a worker says to its primary in the form of this protocol, without repeated hellos. */
function mailboxOf(worker: Worker): Mailbox<Envelope> {
  const mailbox = new Mailbox<Envelope>();
  const ports = new Set<unknown>();
  worker.on('message', (message: unknown) => {
    if (typeof message !== 'object' || message === null || !('clustercast' in message)) return;
    const envelope = message as Envelope;
    if (envelope['hello'] !== undefined && ports.has(envelope['port'])) return;
    if (envelope['hello'] !== undefined) ports.add(envelope['port']);
    mailbox.put(envelope);
  });
  return mailbox;
}
