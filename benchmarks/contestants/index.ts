/**
 * Who is measured, by name: processes are told the name.
 */
import { clustercast } from './clustercast.js';
import type { Pubsub } from './contestant.js';
import { relay } from './relay.js';

const all: readonly Pubsub[] = [clustercast, relay];

/** @throws Error where there is none of that name. */
export function contestant(name: string | undefined): Pubsub {
  const found = all.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`there is no contestant ${name}`);
  return found;
}
