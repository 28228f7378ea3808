/**
 * Servers that contestants talk to: where they are found, and their start. They end with the runner at the latest.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { within } from './deadline.js';
import { track } from './programs.js';

export interface ServerCommand {
  readonly command: string;
  /** How to get it. */
  readonly install: string;
  /** A Unix socket, or a port of the loopback interface. */
  readonly listensOn: 'socket' | 'port';
  /** `address` is a path, or host and port; `folder` one at which nothing is, for its files. */
  readonly argumentsFor: (address: string, folder: string) => readonly string[];
}

export interface RunningServer {
  /** Where it listens. */
  readonly address: string;
  /** Resolves when it has ended. */
  end(): Promise<void>;
}

const startDeadline = 10_000;
const endDeadline = 5_000;
/** Where Debian has them; not everybody's PATH does. */
const moreFolders = ['/usr/local/sbin', '/usr/sbin'];

/** The path of a command, or nothing if it is not installed. */
export function findCommand(command: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...moreFolders];
  return folders.map((folder) => join(folder, command)).find(isExecutable);
}

/** Starts a server and waits until it can be connected to. `path` is where its socket will be, or its files. */
export async function startServer(
  { command, install, listensOn, argumentsFor }: ServerCommand,
  path: string,
): Promise<RunningServer> {
  const file = findCommand(command);
  if (file === undefined) throw new Error(`there is no ${command}: ${install}`);
  const address = listensOn === 'socket' ? path : `127.0.0.1:${await freePort()}`;
  const child = spawn(file, argumentsFor(address, path), { stdio: 'ignore' });
  track(child);
  const exit = once(child, 'exit');
  exit.catch(() => undefined);
  const end = async (): Promise<void> => {
    child.kill();
    await within(endDeadline, `the end of ${command}`, exit).catch(() => child.kill('SIGKILL'));
  };
  const abort = new AbortController();
  try {
    const ended = exit.then(() => {
      throw new Error(`${command} has ended`);
    });
    await within(
      startDeadline,
      `the start of ${command}`,
      Promise.race([untilConnectable(address, abort.signal), ended]),
    );
  } catch (error) {
    await end();
    throw error;
  } finally {
    abort.abort();
  }
  return { address, end };
}

async function untilConnectable(address: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && !(await isConnectable(address))) await sleep(10);
}

function isConnectable(address: string): Promise<boolean> {
  const [host, port] = address.split(':');
  const socket = port === undefined ? connect(address) : connect({ host: String(host), port: Number(port) });
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/** One that nobody listens on at the moment. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
