/**
 * The handshake of JSON-RPC on the server, for those who have one: what a hello says, and what a welcome does. See
 * docs/protocol.md, "Hello".
 */
import { PubSubError } from '../errors.js';
import { negotiate, type Capability } from '../protocol/capabilities.js';
import type { Limits } from '../protocol/limits.js';
import type { Request, Result } from '../protocol/messages.js';
import { unauthorized } from '../server/access.js';
import { jsonRpcCapabilities, protocolVersion } from './wire.js';

/** What a peer says of itself. */
export interface Greeting {
  readonly clientId: string | undefined;
  /** Those that both sides have. */
  readonly capabilities: readonly Capability[];
  /** Whether it will never be silent for long. */
  readonly hasHeartbeat: boolean;
}

/** @throws PubSubError `ERR_PUBSUB_UNSUPPORTED` for another version, `ERR_PUBSUB_UNAUTHORIZED` where an id is missing. */
export function readHello({ clientId, params }: Request, isTrusted: boolean): Greeting {
  const { version = protocolVersion, capabilities, heartbeat } = params;
  if (version !== protocolVersion) {
    throw new PubSubError(
      'ERR_PUBSUB_UNSUPPORTED',
      `this server speaks version ${protocolVersion} of the protocol`,
    );
  }
  if (clientId === undefined && !isTrusted) throw unauthorized();
  return {
    clientId,
    capabilities: negotiate(capabilities, jsonRpcCapabilities),
    hasHeartbeat: heartbeat === true,
  };
}

/** @param clientId under which the server knows the client now. */
export function welcome(
  clientId: string | undefined,
  { capabilities }: Greeting,
  { epoch, limits }: { readonly epoch: string; readonly limits: Limits },
): Result {
  const { frameBytes: frame_bytes, jsonDepth: json_depth, silenceTime: silence_time } = limits;
  return { client_id: clientId, epoch, capabilities, limits: { frame_bytes, json_depth, silence_time } };
}
