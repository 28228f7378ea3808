/**
 * Who is measured, by name: processes are told the name.
 */
import { bareBuffer, bareString } from './bare.js';
import type { Broadcaster } from './broadcaster.js';
import { clustercast } from './clustercast.js';

export const broadcasters: readonly Broadcaster[] = [clustercast, bareString, bareBuffer];

/** @throws Error where there is none of that name. */
export function broadcaster(name: string | undefined): Broadcaster {
  const found = broadcasters.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`there is no broadcaster ${name}`);
  return found;
}
