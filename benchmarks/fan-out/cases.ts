/**
 * What is measured: each case puts its contenders beside each other. Not every product of sizes, names and directions,
 * but what is required of, and each of these on its own; where it says little more, a contestant is left out.
 */
import { contenderOf, type Contender } from '../contestants/contenders.js';
import type { Workload } from './workload.js';

export interface FanOutContender extends Contender {
  readonly workload: Workload;
}

export interface Case {
  /** What the command line calls it. */
  readonly name: string;
  readonly title: string;
  readonly contenders: readonly FanOutContender[];
}

/** Names of contenders that others are compared with, or that are required of. */
export const ours = 'clustercast, advanced';
export const oursJson = 'clustercast, json';
export const oursHalf = 'clustercast, advanced, half of the names';
export const floor = 'relay, json';

/** One publisher, three subscribers, small values, one name: what others differ from in one thing or two. */
const usual: Workload = { publishers: 1, subscribers: 3, isMutual: false, size: 64, names: 1, every: 1 };

const serialized = {
  [ours]: contenderOf('clustercast', 'advanced'),
  [oursJson]: contenderOf('clustercast', 'json'),
  'relay, advanced': contenderOf('relay', 'advanced'),
  [floor]: contenderOf('relay', 'json'),
};
const main = [serialized[ours], serialized[floor], contenderOf('limit')];
const servers = [contenderOf('ioredis'), contenderOf('nats')];
const everybody = [
  ...[...Object.values(serialized), contenderOf('limit'), contenderOf('socket.io')],
  ...[...servers, contenderOf('redis'), contenderOf('zeromq'), contenderOf('mqemitter')],
];

export const cases: readonly Case[] = [
  {
    name: '64b',
    title: '64 B, 1 -> 3, one event name',
    contenders: under(usual, everybody),
  },
  {
    name: '64b-100-names',
    title: '64 B, 1 -> 3, 100 event names interleaved; subscribers of all, or each of half of them',
    contenders: [
      ...under({ ...usual, names: 100 }, [...main, ...servers]),
      ...under({ ...usual, names: 100, every: 2 }, [serialized[ours], ...servers], 'half of the names'),
    ],
  },
  {
    name: '1kib',
    title: '1 KiB, 1 -> 3, one event name',
    contenders: under({ ...usual, size: 1_024 }, [...main, ...servers, contenderOf('zeromq')]),
  },
  {
    name: '16kib',
    title: '16 KiB, 1 -> 3, one event name',
    contenders: under({ ...usual, size: 16_384 }, [...main, ...servers]),
  },
  {
    name: '64b-all-to-all',
    title: '64 B, 4 <-> 4, one event name',
    contenders: under({ ...usual, publishers: 4, subscribers: 0, isMutual: true }, [
      ...[...main, contenderOf('socket.io'), ...servers],
    ]),
  },
];

function under(workload: Workload, contenders: readonly Contender[], suffix?: string): FanOutContender[] {
  return contenders.map((contender) => ({
    ...contender,
    name: suffix === undefined ? contender.name : `${contender.name}, ${suffix}`,
    workload,
  }));
}
