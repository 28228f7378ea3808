/**
 * What can be done in a scene: change something on one replica, kill one, look at all. Each is a step, with
 * what every replica answered in the end and whether they agreed.
 */
import { Visitor, type Reply } from './visitor.js';

/** How long the replicas may take to agree, in milliseconds. */
const patience = 5_000;

export interface Step {
  readonly title: string;
  /** What each replica answered in the end, by its number. */
  readonly cells: ReadonlyMap<number, string>;
  /** The replica that took the change. */
  readonly changedBy?: number;
  readonly isAgreed: boolean;
  /** Until the last replica was seen to agree. */
  readonly milliseconds: number;
}

/** What of a reply is shown and compared. */
type Say = (reply: Reply) => string;

export const flag: Say = ({ status, body }) =>
  status === 200 ? (body.on === true ? 'on' : 'off') : `${status}`;
export const price: Say = ({ status, body }) =>
  status === 200 ? Number(body.price).toFixed(2) : `${status}`;
export const priceAndCache: Say = (reply) => `${price(reply)} ${reply.cache}`;

export class Stage {
  readonly #visitor: Visitor;
  readonly #count: number;

  constructor(url: string, count: number, signal: AbortSignal) {
    this.#visitor = new Visitor(url, count, signal);
    this.#count = count;
  }

  /** Asks each replica at once; the promise is for the last answer. */
  askEach(path: string): Promise<unknown> {
    return Promise.all(Array.from({ length: this.#count }, () => this.#visitor.request('GET', path)));
  }

  /** Asks all replicas, again and again, until what each says begins as expected, or patience ends. */
  async look(title: string, path: string, say: Say, expected: string): Promise<Step> {
    const start = performance.now();
    for (;;) {
      const replies = await this.#visitor.askAll(path);
      const cells = new Map([...replies].map(([replica, reply]) => [replica, say(reply)]));
      const isAgreed = [...cells.values()].every((cell) => cell.startsWith(expected));
      const milliseconds = performance.now() - start;
      if (isAgreed || milliseconds > patience) return { title, cells, isAgreed, milliseconds };
    }
  }

  /** Changes something on whichever replica takes it, and looks at all of them once `meanwhile` is over too. */
  async change(
    title: string,
    path: string,
    body: object,
    say: Say,
    expected: string,
    meanwhile?: Promise<unknown>,
  ): Promise<Step> {
    const [{ replica, status }] = await Promise.all([this.#visitor.request('PUT', path, body), meanwhile]);
    if (status !== 200) throw new Error(`PUT ${path} was answered with ${status}`);
    return { ...(await this.look(title, path, say, expected)), changedBy: replica };
  }

  /** Kills a replica; the step ends when there are as many as before. */
  async kill(): Promise<{ newcomer: number; step: Step }> {
    const before = await this.#visitor.askAll('/whoami');
    const start = performance.now();
    const { replica: victim } = await this.#visitor.request('POST', '/crash');
    for (;;) {
      const now = [...(await this.#visitor.askAll('/whoami')).keys()];
      const newcomer = now.find((replica) => !before.has(replica));
      if (newcomer === undefined || now.includes(victim)) continue;
      const cells = new Map(now.map((replica) => [replica, replica === newcomer ? 'joined' : 'lives']));
      const milliseconds = performance.now() - start;
      const step = {
        title: `#${victim} killed, #${newcomer} joins`,
        cells: cells.set(victim, 'killed'),
        isAgreed: true,
        milliseconds,
      };
      return { newcomer, step };
    }
  }
}
