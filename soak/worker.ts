/**
 * A worker of the soak.
 */
import { connectWorker } from 'clustercast';
import { Member } from './member.js';
import { configVariable, requestTime, type MemberConfig } from './messages.js';

const config = JSON.parse(process.env[configVariable] ?? '{}') as MemberConfig;

await new Member(connectWorker({ timeout: requestTime }), config).run();
