/**
 * Clients with ids that hold the word canary do all that they may and much that they may not, beside a bystander. Tells
 * what was said to whom, and what was thrown.
 */
import { inspect } from 'node:util';
import type { Client, ClientInfo } from 'clustercast';
import { until } from '../support/until.js';
import { DartClient, Refusal } from './dart-client.js';
import type { HandStage } from './hand-stage.js';
import { request } from './rpc-peer.js';

const canary = 'canary-0123456789abcdef';
const limited = 'canary-limited-0123456789';
const guess = 'canary-guess-0123456789';
const bystander = 'bystander-0123456789';

export const secrets: readonly ClientInfo[] = [
  { id: canary },
  { id: limited, canPublish: false, canSubscribe: false },
  { id: bystander },
];

export interface Told {
  /** Texts to the bystander. */
  readonly toBystander: readonly string[];
  /** Refusals, to whomever. */
  readonly refusals: readonly string[];
  /** Texts to connections that never said who they are, or said something wrong. */
  readonly toUnknown: readonly string[];
  /** The canaries in the answers to their owners. */
  readonly toOwners: readonly (string | undefined)[];
  /** All that the library has thrown, inspected to the last cause. */
  readonly thrown: readonly string[];
  readonly stats: string;
}

export async function playSecrets(stage: HandStage): Promise<Told> {
  const { server, pipe } = stage;
  const beside = await DartClient.open(pipe, bystander);
  await beside.subscribe('e');
  const others = await beside.subscribe('f');
  const owner = await DartClient.open(pipe, canary);
  const refusals: string[] = [];
  const refused = async (client: DartClient, method: string, params: object): Promise<void> => {
    const error: unknown = await client.ask(method, { ...params }).catch((reason: unknown) => reason);
    if (!(error instanceof Refusal)) throw new Error(`${method} was not refused`);
    refusals.push(JSON.stringify(error.said), inspect(error));
  };

  const own = await owner.subscribe('e');
  await owner.publish('e', 1);
  await beside.publish('e', 2);
  await owner.unsubscribe(own);
  for (const [method, params] of [
    ['unsubscribe', { subscription_id: others.id }],
    ['subscribe', { event_name: '' }],
    ['subscribe', { event_name: 'e', client_id: guess }],
    ['subscribe', { event_name: 'e', client_id: limited }],
    ['subscribe', { event_name: 'e', client_id: bystander }],
    ['hello', {}],
    [canary, {}],
  ] as const) {
    await refused(owner, method, params);
  }
  const restrained = await DartClient.open(pipe, limited);
  await refused(restrained, 'publish', { event_name: 'f', value: 1 });
  await refused(restrained, 'subscribe', { event_name: 'f' });

  const toUnknown: string[] = [];
  for (const frame of badFrames) await converse(stage, frame, toUnknown);
  refusals.push(...toUnknown);

  const thrown: string[] = [];
  await collectErrors(stage.client(guess), thrown);
  await collectErrors(stage.client(limited), thrown);
  const good = stage.client(canary);
  await good.subscribe('f');
  await good.publish('f', 1);
  await good.close();
  owner.end();
  restrained.end();
  await until(() => server.stats().connections === 1, 'only the bystander is left');
  await beside.ask('ping', {});
  return {
    toBystander: beside.texts,
    refusals,
    toUnknown,
    toOwners: [owner.said[0]?.params['client_id'] as string, good.clientId],
    thrown,
    stats: inspect([server.stats(), server, good.stats(), good], { depth: Infinity, showHidden: true }),
  };
}

const long = 'canary'.repeat(50);
const wanted = { event_name: 'e', value: 1 };
const frameOf = (message: unknown): string => JSON.stringify(message);

/** From a connection that has not said who it is. */
const badFrames: readonly string[] = [
  ...[guess, long, '', 7, [canary], { canary }].flatMap((client_id) => [
    frameOf(request(1, 'publish', { ...wanted, client_id })),
    frameOf(request(1, 'hello', { client_id })),
    frameOf({ ...request(1, 'publish', wanted), client_id }),
    frameOf([request(1, 'subscribe', { ...wanted, client_id })]),
    frameOf({ jsonrpc: '2.0', method: 'subscribe', params: { request_id: 'r', ...wanted, client_id } }),
    frameOf({ jsonrpc: '2.0', method: 'hello', params: { request_id: 'r', client_id } }),
  ]),
  canary,
  `"${canary}`,
  `{"client_id":"${canary}"`,
  frameOf({ client_id: canary }),
  frameOf(request({ canary }, 'publish', { ...wanted, client_id: canary })),
  frameOf(request(long, 'publish', { ...wanted, client_id: canary })),
  frameOf({ jsonrpc: '2.0', method: 'publish', params: { request_id: long, client_id: canary } }),
  frameOf(request(1, 'publish', canary)),
  frameOf(request(1, 'hello', { version: canary, client_id: canary })),
  `${'['.repeat(65)}"${canary}"${']'.repeat(65)}`,
  frameOf(Array.from({ length: 129 }, () => request(1, 'publish', { ...wanted, client_id: canary }))),
  `{"jsonrpc":"2.0","id":1,"method":"publish","params":{"client_id":"${canary}","x":"${'x'.repeat(16_384)}"}}`,
];

/** Says one frame, and hears what comes of it. */
async function converse({ pipe }: HandStage, frame: string, texts: string[]): Promise<void> {
  let isOver = false;
  const opened = await pipe((text) => {
    if (text.includes('"id":"over"')) isOver = true;
    else texts.push(text);
  });
  void opened.ended.then(() => (isOver = true));
  opened.send(frame, frameOf(request('over', 'ping', {})));
  // Those whose greeting is refused are disconnected.
  await until(() => isOver, `what comes of ${frame.slice(0, 100)}`);
  opened.end();
}

async function collectErrors(client: Client, thrown: string[]): Promise<void> {
  const look = (error: unknown): void => {
    thrown.push(inspect(error, { depth: Infinity, showHidden: true, getters: true }));
    for (let each = error; each instanceof Error; each = each.cause) thrown.push(String(each.stack));
  };
  client.on('error', look).on('disconnect', look);
  for (const promise of [client.publish('e', 1), client.subscribe('e'), client.ready])
    await promise.catch(look);
  await client.close();
  await client.publish('e', 1).catch(look);
}
