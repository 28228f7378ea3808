/**
 * What travels on a worker's IPC channel: tagged objects, so that whatever lacks the tag is somebody else's.
 * Owns their spelling and a guard that never throws. See docs/protocol.md, "IPC".
 */
import type { Capability } from '../protocol/capabilities.js';
import { isCount } from '../protocol/guards.js';

/** The version of the envelope, and of the handshake in it. */
export const version = 1;

/** From a client, which names its port until it knows its id. */
export type ToServer =
  | { readonly port: string; readonly bye: true }
  | { readonly port: string; readonly hello: Readonly<Record<string, unknown>> }
  | ({ readonly id: string; readonly ack?: number } & Content)
  | { readonly id: string; readonly ack: number };

/** From the server, which names the client's port. */
export type ToClient =
  | { readonly port: string; readonly welcome: Readonly<Record<string, unknown>> }
  | { readonly port: string; readonly ping: true }
  | ({ readonly port: string } & Content);

/** One documented message, or a batch, or the end of the connection. */
export type Content = { readonly message: unknown } | { readonly batch: unknown } | { readonly bye: true };

export function hello(
  port: string,
  clientId: string | undefined,
  capabilities: readonly Capability[],
): object {
  const own = { version, capabilities };
  return seal({ port, hello: clientId === undefined ? own : { ...own, client_id: clientId } });
}

export function seal(envelope: ToServer | ToClient): object {
  return { clustercast: version, ...envelope };
}

/** What a worker sent, if it is ours and well-formed. */
export function readFromWorker(message: unknown): ToServer | undefined {
  const envelope = unseal(message);
  if (envelope === undefined) return undefined;
  const { port, hello: greeting, id, ack } = envelope;
  if (isRecord(greeting)) return typeof port === 'string' ? { port, hello: greeting } : undefined;
  const content = readContent(envelope);
  if (typeof id === 'string') {
    if (isCount(ack)) return { id, ack, ...content };
    return content === undefined ? undefined : { id, ...content };
  }
  if (content === undefined) return undefined;
  return typeof port === 'string' && 'bye' in content ? { port, bye: true } : undefined;
}

/** What the primary sent, if it is ours and well-formed. */
export function readFromPrimary(message: unknown): ToClient | undefined {
  const envelope = unseal(message);
  if (envelope === undefined) return undefined;
  const { port, welcome, ping } = envelope;
  if (typeof port !== 'string') return undefined;
  if (isRecord(welcome)) return { port, welcome };
  const content = readContent(envelope);
  if (content !== undefined) return { port, ...content };
  return ping === true ? { port, ping } : undefined;
}

function unseal(message: unknown): Readonly<Record<string, unknown>> | undefined {
  return isRecord(message) && message['clustercast'] === version ? message : undefined;
}

function readContent({ message, batch, bye }: Readonly<Record<string, unknown>>): Content | undefined {
  if (batch !== undefined) return { batch };
  if (message !== undefined) return { message };
  return bye === true ? { bye } : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
