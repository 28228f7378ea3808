/**
 * The floor: the relay that people write by hand. Each publish is one `process.send` to the primary, which sends
 * it to every other worker and an answer back. None of the guarantees: no subscriptions, no limits, no time-outs,
 * and a worker that dies while it is being sent to ends the primary.
 */
import cluster from 'node:cluster';
import type { Pubsub } from './contestant.js';

type Message =
  | { readonly type: 'publish'; readonly id: number; readonly event: string; readonly value: string }
  | { readonly type: 'event'; readonly event: string; readonly value: string }
  | { readonly type: 'published'; readonly id: number; readonly listeners: number };

export const relay: Pubsub = {
  name: 'relay',
  description:
    'hand-written: one process.send() per message, to the primary and from there to each other worker',
  answers: 'workers',

  startPrimary() {
    cluster.on('message', (from, message: Partial<Message>) => {
      if (message.type !== 'publish') return;
      const { id, event, value } = message;
      let listeners = 0;
      for (const worker of Object.values(cluster.workers ?? {})) {
        if (worker === undefined || worker === from) continue;
        worker.send({ type: 'event', event, value });
        listeners += 1;
      }
      from.send({ type: 'published', id, listeners });
    });
    return Promise.resolve();
  },

  connectWorker() {
    const handlers = new Map<string, (value: string) => void>();
    const unanswered = new Map<number, (listeners: number) => void>();
    let lastId = 0;
    process.on('message', (message: Message) => {
      if (message.type === 'event') {
        handlers.get(message.event)?.(message.value);
      } else if (message.type === 'published') {
        const answered = unanswered.get(message.id);
        unanswered.delete(message.id);
        answered?.(message.listeners);
      }
    });
    return Promise.resolve({
      subscribe(event, receive) {
        handlers.set(event, receive);
        return Promise.resolve();
      },
      publish(event, value, answered) {
        const id = ++lastId;
        unanswered.set(id, answered);
        process.send?.({ type: 'publish', id, event, value });
      },
    });
  },
};
