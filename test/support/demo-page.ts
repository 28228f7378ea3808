/** The demo's live page, in a test: where it is, and a client that does what it does, without a browser. */
import type { ReplicatedMap } from 'clustercast';
import { JsonRpcClient, webSocket } from 'clustercast/json-rpc';
import type { Example } from './example.js';
import { until } from './until.js';

/** How many replicas the demo has. */
export const count = 4;

/** Resolves to the demo's addresses when its scene has been played. */
export async function servedBy(example: Example): Promise<{ service: string; page: URL }> {
  const [, page, service] = await example.output(/^ {2}(http:\S+#\S+)\n\nServing (http:\S+) until Ctrl-C/m);
  return { service: service as string, page: new URL(page as string) };
}

export type CommandName = 'page::set-flag' | 'page::set-product' | 'page::kill' | 'page::set-visitors';

interface Status {
  readonly replica: number;
  readonly pid: number;
  readonly uptime: number;
  readonly requests: number;
  readonly events: number;
  readonly isStale: boolean;
  readonly flags: readonly { readonly name: string; readonly on: boolean; readonly version: number }[];
  readonly cached: readonly { readonly id: string; readonly price: number }[];
  readonly changes: readonly { readonly key: string; readonly version: number }[];
  readonly lastChange: { readonly what: string; readonly isOwn: boolean } | null;
}

interface PrimaryStatus {
  readonly replicas: readonly {
    readonly replica: number;
    readonly pid: number;
    readonly place: number;
    readonly ended: { readonly how: string } | null;
  }[];
  readonly visitors: boolean;
}

interface Answer {
  readonly command: string;
  readonly version?: number;
  readonly reason?: string;
}

/** Keeps what the page would show. */
export class PageClient {
  readonly #client: JsonRpcClient;
  readonly #statuses = new Map<number, Status>();
  readonly #answers = new Map<string, Answer>();
  #primary: PrimaryStatus = { replicas: [], visitors: false };
  /** Who has told something since it was asked for. */
  readonly #fresh = new Set<number>();
  #commands = 0;

  private constructor(client: JsonRpcClient) {
    this.#client = client;
  }

  /** Resolves when it knows all that there is. */
  static async connect(page: URL): Promise<PageClient> {
    const client = new JsonRpcClient(page.hash.slice(1), webSocket.connect(`ws://${page.host}/sync`));
    const self = new PageClient(client);
    await client.subscribe('replica::status', (value) => {
      const status = value as Status;
      self.#statuses.set(status.replica, status);
      self.#fresh.add(status.replica);
    });
    await client.subscribe('primary::status', (value) => (self.#primary = value as PrimaryStatus));
    for (const event of ['command::done', 'command::failed']) {
      await client.subscribe(event, (value) => {
        const answer = value as Answer;
        self.#answers.set(answer.command, answer);
      });
    }
    await client.publish('page::hello', null);
    await until(() => self.living.length === count, 'all replicas are told of');
    return self;
  }

  /** The numbers of those that serve and have told what they are. */
  get living(): number[] {
    return this.#primary.replicas
      .filter(({ replica, ended }) => ended === null && this.#statuses.has(replica))
      .map(({ replica }) => replica)
      .toSorted((a, b) => a - b);
  }

  get primary(): PrimaryStatus {
    return this.#primary;
  }

  status(replica: number): Status {
    return this.#statuses.get(replica) as Status;
  }

  record(replica: number): PrimaryStatus['replicas'][number] | undefined {
    return this.#primary.replicas.find((record) => record.replica === replica);
  }

  flag(replica: number, name: string): Status['flags'][number] | undefined {
    return this.status(replica).flags.find((flag) => flag.name === name);
  }

  cached(replica: number, id: string): Status['cached'][number] | undefined {
    return this.status(replica).cached.find((product) => product.id === id);
  }

  /** Its own replica of the flags. */
  ownFlags(): Promise<ReplicatedMap<boolean>> {
    return this.#client.map<boolean>('flags');
  }

  publish(event: string, value: unknown): Promise<unknown> {
    return this.#client.publish(event, value);
  }

  /** Resolves when it has been carried out. */
  async command(event: CommandName, order: object): Promise<Answer> {
    const command = `test-${++this.#commands}`;
    await this.#client.publish(event, { command, ...order });
    await until(() => this.#answers.has(command), `an answer to ${event}`);
    const answer = this.#answers.get(command) as Answer;
    if (answer.reason !== undefined) throw new Error(`refused: ${answer.reason}`);
    return answer;
  }

  untilAll(condition: (replica: number) => boolean, what: string): Promise<void> {
    return until(() => this.living.length === count && this.living.every(condition), what);
  }

  /** Resolves when everybody has told anew what there is. */
  async nextStatuses(): Promise<void> {
    this.#fresh.clear();
    await this.#client.publish('page::hello', null);
    await until(() => this.living.every((replica) => this.#fresh.has(replica)), 'fresh statuses');
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}
