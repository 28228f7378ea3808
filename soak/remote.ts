/**
 * A remote client of the soak.
 */
import { JsonRpcClient, tcp, webSocket } from 'clustercast/json-rpc';
import { Member } from './member.js';
import { configVariable, requestTime, type RemoteConfig } from './messages.js';

const config = JSON.parse(process.env[configVariable] ?? '{}') as RemoteConfig;
const { id, medium, port } = config;
const dialer = medium === 'tcp' ? tcp.connect({ port }) : webSocket.connect(`ws://127.0.0.1:${port}`);

await new Member(new JsonRpcClient(id, dialer, { timeout: requestTime }), config).run();
