/**
 * The clients of one process on its one IPC channel, by port: listens while there is one, and leaves alone
 * what belongs to somebody else.
 */
import { readFromPrimary, type ToClient } from './envelope.js';

/** What a client hears on its port. */
export interface PortHandlers {
  readonly receive: (envelope: ToClient) => void;
  /** The process's IPC channel is gone, and will not come back. */
  readonly disconnected: () => void;
}

const ports = new Map<string, PortHandlers>();
/** Who wants the channel to keep the process alive, in force once somebody has said that it need not. */
const holders = new Set<object>();
let isHoldManaged = false;

export function openPort(port: string, handlers: PortHandlers): void {
  if (ports.size === 0) {
    process.on('message', onMessage);
    process.on('disconnect', onDisconnect);
  }
  ports.set(port, handlers);
}

export function closePort(port: string): void {
  if (!ports.delete(port) || ports.size > 0) return;
  process.off('message', onMessage);
  process.off('disconnect', onDisconnect);
}

/** Sends on the process's channel. Its end is told by `disconnected`, so a failure is not told here. */
export function sendToPrimary(message: object): void {
  // Without a callback a failure would be raised as an 'error' of the process.
  process.send?.(message, undefined, undefined, () => undefined);
}

/** Lets the channel keep the process alive for `holder`, which is what a channel that is listened to does. */
export function holdProcess(holder: object): void {
  holders.add(holder);
  applyHold();
}

/** Lets the process end, as far as `holder` is concerned. */
export function releaseProcess(holder: object): void {
  holders.delete(holder);
  isHoldManaged = true;
  applyHold();
}

/** Forgets `holder`, which has ended. */
export function forgetHolder(holder: object): void {
  if (holders.delete(holder)) applyHold();
}

function applyHold(): void {
  // Node counts 'message' listeners by itself until ref() or unref() is called for the first time.
  if (!isHoldManaged) return;
  if (holders.size > 0) process.channel?.ref();
  else process.channel?.unref();
}

function onMessage(message: unknown): void {
  const envelope = readFromPrimary(message);
  if (envelope !== undefined) ports.get(envelope.port)?.receive(envelope);
}

function onDisconnect(): void {
  for (const { disconnected } of [...ports.values()]) disconnected();
}
