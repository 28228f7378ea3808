/** A pipe of texts whose other side the test plays. Keeps what was said and done; nothing happens by itself. */
import type { DialHandlers, TextChannel, TextDialer, TextHandlers } from 'clustercast/json-rpc';

/** What JSON-RPC frames hold, as far as tests look at it. */
export interface Frame {
  readonly jsonrpc?: string;
  readonly id?: string | number | null;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: {
    readonly code: number;
    readonly message: string;
    readonly data?: { readonly code?: string };
  };
}

export class FakeText implements TextChannel {
  /** What was said, and what of it at once. */
  readonly sent: (readonly string[])[] = [];
  /** What was done to it besides, in order. */
  readonly calls: string[] = [];
  backlog = 0;
  /** Only where the medium has such a thing. */
  ping?: () => void;
  #read = 0;

  constructor({ hasPing = false } = {}) {
    if (hasPing) this.ping = () => void this.calls.push('ping');
  }

  send(texts: readonly string[]): void {
    this.sent.push(texts);
  }

  close(): void {
    this.calls.push('close');
  }

  destroy(): void {
    this.calls.push('destroy');
  }

  pause(): void {
    this.calls.push('pause');
  }

  resume(): void {
    this.calls.push('resume');
  }

  ref(): void {
    this.calls.push('ref');
  }

  unref(): void {
    this.calls.push('unref');
  }

  /** Whether this side has ended it. */
  get isEnded(): boolean {
    return this.calls.includes('close') || this.calls.includes('destroy');
  }

  /** The frames that were said since the last look; an array for a batch. */
  frames(): (Frame | Frame[])[] {
    const texts = this.sent.flat();
    const frames = texts.slice(this.#read).map((text) => JSON.parse(text) as Frame | Frame[]);
    this.#read = texts.length;
    return frames;
  }

  /** The one frame that was said since the last look, which is no batch. */
  frame(): Frame {
    const [frame, ...others] = this.frames();
    if (frame === undefined || Array.isArray(frame) || others.length > 0) {
      throw new Error(`not one frame: ${JSON.stringify([frame, ...others])}`);
    }
    return frame;
  }
}

/** A client's pipe, from the dialer's side. */
export class FakeLink extends FakeText {
  readonly handlers: DialHandlers;

  constructor(handlers: DialHandlers) {
    super();
    this.handlers = handlers;
  }

  open(): void {
    this.handlers.opened();
  }

  say(...frames: unknown[]): void {
    this.handlers.receive(frames.map((frame) => JSON.stringify(frame)));
  }

  lose(error?: Error): void {
    this.handlers.closed(error);
  }

  /** Opens, and answers the handshake as a server of this package does. */
  greet(result: object = { client_id: 'me', epoch: 'first' }): void {
    this.open();
    this.frames();
    this.say({ jsonrpc: '2.0', id: 'hello', result });
  }

  /** Opens, and refuses the handshake. */
  refuse(code: number, message: string, data?: object): void {
    this.open();
    this.frames();
    this.say({ jsonrpc: '2.0', id: 'hello', error: { code, message, data } });
  }
}

export class FakeDialer implements TextDialer {
  readonly target = 'the test';
  readonly links: FakeLink[] = [];

  open(handlers: DialHandlers): FakeLink {
    const link = new FakeLink(handlers);
    this.links.push(link);
    return link;
  }

  /** The newest one. */
  get link(): FakeLink {
    const link = this.links.at(-1);
    if (link === undefined) throw new Error('nothing was dialed');
    return link;
  }
}

/** Handlers that keep what they hear. */
export class FakeHandlers implements TextHandlers {
  frameBytes: number;
  readonly heardTexts: string[] = [];
  /** Which limit was exceeded, and how it ended, in order. */
  readonly told: unknown[] = [];

  constructor(frameBytes = 1_000) {
    this.frameBytes = frameBytes;
  }

  receive(texts: readonly string[]): void {
    this.heardTexts.push(...texts);
  }

  exceeded(limit: 'frameBytes' | 'frameTime'): void {
    this.told.push(limit);
  }

  closed(error?: Error): void {
    this.told.push(error?.message ?? 'closed');
  }

  gone(): void {
    this.told.push('gone');
  }
}
