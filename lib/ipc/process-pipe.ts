/** The IPC channel that `node:cluster` has opened between this process and its primary. */
import { endTurn } from '../protocol/turn.js';
import { Ports, type WorkerPipe } from './ports.js';

const processPipe: WorkerPipe = {
  get isConnected() {
    return process.connected;
  },
  send(message) {
    // Without a callback a failure would be raised as an 'error' of the process.
    process.send?.(message, undefined, undefined, () => undefined);
  },
  listen({ receive, disconnected }) {
    process.on('message', receive);
    process.on('disconnect', disconnected);
    // process.exit() comes before the end of the turn: what was said in it is handed to the system here, as much as it takes.
    process.on('exit', endTurn);
    return () => {
      process.off('message', receive);
      process.off('disconnect', disconnected);
      process.off('exit', endTurn);
    };
  },
  ref() {
    process.channel?.ref();
  },
  unref() {
    process.channel?.unref();
  },
};

/** The clients of this process. */
export const processPorts: Ports = new Ports(processPipe);
