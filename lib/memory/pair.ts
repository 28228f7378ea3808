/**
 * A linked pair of channel ends in one process: what one end says the other hears, in a later microtask.
 * Messages are handed over as they are, so nothing is spelled or parsed.
 */
import type { Channel, ChannelEnd, ChannelHandlers } from '../protocol/channel.js';

class End<Outgoing, Incoming> implements PairEnd<Outgoing, Incoming> {
  readonly backlog = 0;
  readonly takesGaps = true;
  handlers: ChannelHandlers<Incoming> | undefined;
  peer!: End<Incoming, Outgoing>;
  isOpen = true;

  send(messages: readonly Outgoing[]): void {
    if (this.isOpen) this.peer.later((handlers) => handlers.receive(messages));
  }

  close(): void {
    this.end({ isFinal: false });
  }

  /** Ends the pipe from this side; the other one is told how. */
  end(end: ChannelEnd): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    const { peer } = this;
    peer.later((handlers) => {
      peer.isOpen = false;
      handlers.closed(end);
    });
  }

  /** Microtasks run in the order in which they were asked for, which is the order of a channel. */
  later(tell: (handlers: ChannelHandlers<Incoming>) => void): void {
    queueMicrotask(() => {
      if (this.isOpen && this.handlers !== undefined) tell(this.handlers);
    });
  }
}

/** One end of a pair. */
export interface PairEnd<Outgoing, Incoming> extends Channel<Outgoing> {
  /** Nothing waits for longer than a microtask. */
  readonly backlog: 0;
  readonly takesGaps: true;
  readonly isOpen: boolean;
  /** Who hears what the other end says. To be set in the turn of the event loop that made the pair. */
  handlers: ChannelHandlers<Incoming> | undefined;
  /** Closes it, and tells the other end how. */
  end(end: ChannelEnd): void;
}

/** Two ends that hear each other. */
export function channelPair<A, B>(): [PairEnd<A, B>, PairEnd<B, A>] {
  const one = new End<A, B>();
  const other = new End<B, A>();
  one.peer = other;
  other.peer = one;
  return [one, other];
}
