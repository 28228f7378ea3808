/** Standard JSON-RPC 2.0 by hand: requests and what is to come of them. */
import assert from 'node:assert/strict';
import { Mailbox } from '../support/mailbox.js';
import type { OpenPipe } from './hand-stage.js';

export type Fields = Readonly<Record<string, unknown>>;

/** Says frames, and takes what comes. */
export interface RpcPeer {
  /** Each as JSON, but a string as it is. */
  say(...frames: unknown[]): void;
  next(): Promise<unknown>;
  /** Says one frame, and takes what comes next. */
  ask(frame: unknown): Promise<unknown>;
  /** A request that succeeds; its result. */
  call(method: string, params: Fields): Promise<Fields>;
  end(): void;
}

export async function openRpc(pipe: OpenPipe): Promise<RpcPeer> {
  const heard = new Mailbox<string>();
  const opened = await pipe((text) => heard.put(text));
  let lastId = 0;
  const peer: RpcPeer = {
    say: (...frames) =>
      opened.send(...frames.map((frame) => (typeof frame === 'string' ? frame : JSON.stringify(frame)))),
    next: async () => JSON.parse(await heard.take()) as unknown,
    ask: (frame) => {
      peer.say(frame);
      return peer.next();
    },
    call: async (method, params) => {
      const answer = (await peer.ask(request(++lastId, method, params))) as { id: unknown; result: Fields };
      assert.deepEqual(answer, { jsonrpc: '2.0', id: lastId, result: answer.result });
      return answer.result;
    },
    end: () => opened.end(),
  };
  return peer;
}

export function request(requestId: unknown, method: string, params: unknown): Fields {
  return { jsonrpc: '2.0', id: requestId, method, params };
}

export function publishing(requestId: unknown, value: unknown, event_name = 'e'): Fields {
  return request(requestId, 'publish', { event_name, value });
}

/** That an answer is this error.
 *
 * @returns its text.
 */
export function assertFailure(answer: unknown, requestId: unknown, number: number, code: string): string {
  const message = (answer as { error?: { message?: unknown } }).error?.message;
  const error = { code: number, message, data: { code: `ERR_PUBSUB_${code}` } };
  assert.deepEqual(answer, { jsonrpc: '2.0', id: requestId, error });
  assert.ok(typeof message === 'string' && message !== '');
  return message;
}
