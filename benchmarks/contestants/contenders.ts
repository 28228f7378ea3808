/**
 * Contestants as they are entered for a measurement: with a serialization of the IPC channel, where they use it, a host
 * program of their own, and the server that they need. Who cannot take part is left out, with the reason.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withPrograms } from '../harness/programs.js';
import type { Remote } from '../harness/remote.js';
import { findCommand, startServer, type RunningServer } from '../harness/servers.js';
import { known } from './index.js';

export type Serialization = 'advanced' | 'json';

export interface Contender {
  /** What tables call it. */
  readonly name: string;
  readonly contestant: string;
  /** That of `node:cluster`. Where a contestant does not use its channel, it makes no difference. */
  readonly serialization: Serialization;
}

/** What a host is told on its command line, as JSON, and passes on to its workers. */
export interface Entry {
  readonly contestant: string;
  readonly serialization: Serialization;
  /** Where the contestant's server listens, or a path of its own. */
  readonly address: string;
  /** A folder of the host's own, for sockets. */
  readonly folder: string;
}

/** What a host runs, and is told beside its entry. */
export interface HostProgram {
  readonly url: string;
  readonly args: readonly string[];
}

/** Where it uses the channel, its name says with which serialization; the default is that of the product. */
export function contenderOf(name: string, serialization?: Serialization): Contender {
  const suffix = serialization === undefined ? '' : `, ${serialization}`;
  return { name: `${name}${suffix}`, contestant: name, serialization: serialization ?? 'json' };
}

/** A line for each contestant that takes part: what it is. */
export function descriptionsOf(contenders: readonly Contender[]): string[] {
  const names = new Set(contenders.map(({ contestant }) => contestant));
  return Array.from(names, (name) => `- ${name}: ${known(name).description}`);
}

/** Starts the contenders' servers, and a host for each; ends all of it afterwards. */
export async function withHosts<C extends Contender, T>(
  contenders: readonly C[],
  programFor: (contender: C) => HostProgram,
  use: (hosts: ReadonlyMap<C, Remote>) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'clustercast-bench-'));
  const removeFolder = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', removeFolder);
  const servers: RunningServer[] = [];
  try {
    const programs = [];
    for (const [position, contender] of contenders.entries()) {
      const own = join(folder, String(position));
      const entry = await entryOf(contender, own, servers);
      const { url, args } = programFor(contender);
      programs.push({ name: contender.name, url, args: [JSON.stringify(entry), ...args] });
    }
    return await withPrograms(programs, (remotes) =>
      use(new Map(remotes.map((remote, position) => [contenders[position] as C, remote]))),
    );
  } finally {
    await Promise.all(servers.map((server) => server.end()));
    process.off('exit', removeFolder);
    removeFolder();
  }
}

/** Those who can take part, of the contestants in `only` if there is such a list; and a line for each who cannot. */
export async function entrants<C extends Contender>(
  contenders: readonly C[],
  only: readonly string[] | undefined,
): Promise<{ readonly present: readonly C[]; readonly leftOut: readonly string[] }> {
  // A name that nobody has is a mistake.
  for (const name of only ?? []) known(name);
  const wanted = contenders.filter((contender) => only?.includes(contender.contestant) ?? true);
  const reasons = new Map<string, string>();
  for (const name of new Set(wanted.map((contender) => contender.contestant))) {
    const reason = await reasonToLeaveOut(name);
    if (reason !== undefined) reasons.set(name, reason);
  }
  return {
    present: wanted.filter((contender) => !reasons.has(contender.contestant)),
    leftOut: [...reasons].map(([name, reason]) => `- ${name} is left out: ${reason}`),
  };
}

/** Why a contestant cannot take part, in words, or nothing. */
async function reasonToLeaveOut(name: string): Promise<string | undefined> {
  const { server, package: needed } = known(name);
  if (server !== undefined && findCommand(server.command) === undefined) {
    return `there is no ${server.command} (${server.install})`;
  }
  if (needed === undefined) return undefined;
  try {
    await import(needed);
    return undefined;
  } catch (error) {
    return `the package ${needed} cannot be loaded (npm ci in benchmarks/): ${(error as Error).message}`;
  }
}

async function entryOf(
  { contestant: name, serialization }: Contender,
  path: string,
  servers: RunningServer[],
): Promise<Entry> {
  const { server } = known(name);
  const entry = { contestant: name, serialization, folder: `${path}-` };
  if (server === undefined) return { ...entry, address: path };
  const running = await startServer(server, path);
  servers.push(running);
  return { ...entry, address: running.address };
}
