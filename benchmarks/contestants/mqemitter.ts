/**
 * The reference without any hop: an emitter in one process, which is publisher and subscribers at once.
 */
import type { Pubsub } from './contestant.js';

export const mqemitter: Pubsub = {
  name: 'mqemitter',
  description:
    'an emitter in one process, which no value leaves: what is left when nothing is sent anywhere; answered when all handlers have run',
  answers: 'receipt',
  isInProcess: true,
  echoes: true,
  package: 'mqemitter',

  startPrimary: () => Promise.resolve(),

  async connectWorker() {
    const { default: create } = await import('mqemitter');
    const emitter = create();
    return {
      subscribe(event, receive) {
        return new Promise((resolve) => {
          emitter.on(
            event,
            (message, done) => {
              receive(message['value'] as string);
              done();
            },
            resolve,
          );
        });
      },
      publish(event, value, answered) {
        emitter.emit({ topic: event, value }, (error) => answered(0, error));
      },
    };
  },
};
