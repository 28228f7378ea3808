/** A source of pipes whose peers the test plays. */
import type { TextHandlers, TextHost, TextSource } from 'clustercast/json-rpc';
import { FakeText } from './text-channel.js';

/** A peer that was taken in: what the server says to it, and what hears it. */
interface FakePeer {
  readonly text: FakeText;
  readonly handlers: TextHandlers;
}

export class FakeSource implements TextSource {
  readonly name = 'test';
  /** `start` and `close`, as they were called. */
  readonly calls: string[] = [];
  host: TextHost | undefined;
  /** What its start does besides. */
  onStart: () => void | Promise<void> = () => undefined;

  start(host: TextHost): void | Promise<void> {
    this.calls.push('start');
    this.host = host;
    return this.onStart();
  }

  close(): void {
    this.calls.push('close');
  }

  /** Which limit keeps one from `address` from connecting now. */
  refusal(address?: string): string | undefined {
    return this.host?.refusal(address);
  }

  connect(address?: string, text: FakeText = new FakeText()): FakePeer {
    if (this.host === undefined) throw new Error('the source was not started');
    return { text, handlers: this.host.accept(text, { label: 'a peer of the test', address }) };
  }
}
