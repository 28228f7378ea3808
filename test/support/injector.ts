/** Stands for another client, which publishes at the very moment that it is told to, whatever it is told to. */
import type { Adapter } from 'clustercast';
import { oneEvent } from '#lib/protocol/columns.js';

export class Injector implements Adapter {
  readonly name = 'injector';
  readonly isTrusted = true;
  /** Publishes the JSON text `value`, which nobody looks at. */
  inject: (event: string, value: string) => void = () => undefined;

  start(host: Parameters<Adapter['start']>[0]): void {
    const channel = { send: () => undefined, close: () => undefined, backlog: 0, takesGaps: true };
    const accepted = host.accept(channel, { label: 'injector', clientId: undefined });
    this.inject = (event, value) => {
      accepted.receive([{ kind: 'publishes', first: 1, columns: oneEvent(event, value) }]);
    };
  }

  close(): void {
    // It holds nothing.
  }
}
