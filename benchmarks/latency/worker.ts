/**
 * One worker: the publisher or a subscriber, as its host says.
 */
import type { Entry } from '../contestants/contenders.js';
import { contestant } from '../contestants/index.js';
import { ProgressListener, ProgressTeller } from '../harness/progress.js';
import { serve } from '../harness/serve.js';
import { Publisher } from './publisher.js';
import type { Round } from './round.js';
import { Subscriber } from './subscriber.js';

const event = 'user::updated';
const [, , entryText, role] = process.argv;
const { contestant: name, address, folder } = JSON.parse(String(entryText)) as Entry;
const socket = `${folder}progress`;
const peer = await contestant(name).connectWorker(address);

if (role === 'publisher') {
  const publisher = new Publisher(peer, event, await ProgressListener.listen(socket));
  serve({ publish: (round: Round) => publisher.publish(round) });
} else {
  let subscriber: Subscriber | undefined;
  serve({
    async subscribe() {
      const one = new Subscriber(await ProgressTeller.connect(socket));
      await peer.subscribe(event, (value) => one.receive(value));
      subscriber = one;
    },
    expect: (round: Round) => subscriber?.expect(round),
    finished: () => subscriber?.finished(),
    verify: () => subscriber?.verify(),
  });
}
