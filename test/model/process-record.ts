/** A real process as a model sees it: what may be done to it, by signals. */
import type { Forked } from '../support/workers.js';
import type { WorkerRecord } from './records.js';

export function recordOf({ worker: { process: child }, worker }: Forked): WorkerRecord {
  const signal = (name: NodeJS.Signals): void => void child.kill(name);
  let isOnline = false;
  worker.once('online', () => (isOnline = true));
  return {
    worker: {
      stop: () => signal('SIGSTOP'),
      continue: () => signal('SIGCONT'),
      kill: () => signal('SIGKILL'),
      // Before a worker is online, Node.js itself would die in it of a channel that is closed, and say so.
      disconnect: () => (isOnline ? child.disconnect() : signal('SIGKILL')),
      delay: nothing,
      split: nothing,
      repeatHello: nothing,
    },
    state: 'running',
  };
}

function nothing(): void {
  // Only simulated channels do that.
}
