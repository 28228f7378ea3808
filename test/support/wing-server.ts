/** A server with a wing that does what its clients say: `hear` subscribes them to an event of the server, `say` publishes one. */
import { Server } from '#lib/server/server.js';
import type { WingHost } from '#lib/server/wing.js';

export class WingServer extends Server {
  /** What has ended, by the ids of the subscriptions. */
  readonly ended: string[] = [];
  host!: WingHost;

  constructor(...args: ConstructorParameters<typeof Server>) {
    super(...args);
    this.addWing((host) => {
      this.host = host;
      return {
        methods: {
          hear: (caller, _identity, { event_name: name }) => {
            const id: string = host.subscribe(caller, String(name), () => this.ended.push(id));
            return { subscription_id: id };
          },
          say: (_caller, _identity, { event_name: name, value }) => {
            host.publish(String(name), JSON.stringify(value));
            return {};
          },
        },
      };
    });
  }
}
