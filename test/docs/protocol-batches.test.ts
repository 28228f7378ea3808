/** What docs/protocol.md says of batches beyond their form: what is passed on, and where one ends. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { answersTo, capabilities, type Envelope } from './by-hand.js';
import { Stage } from './stage.js';
import type { Said } from './wire.js';

describe('the real server', () => {
  it('passes on the columns of a publish, and nothing else that is in it', async () => {
    await using stage = await Stage.open({ serialization: 'advanced' });
    await stage.start();
    const [left, right] = stage.seats;
    const subscribe = async (name: string, offered: string[], ...events: string[]): Promise<void> => {
      await left.call('connect', name, { capabilities: offered });
      await left.call('inOneTurn', name, ...events.map((event) => ['subscribe', event]));
    };
    await subscribe('a', capabilities, 'e', 'f');
    await subscribe('b', capabilities, 'e');
    await subscribe('c', [], 'e');
    await right.call('connect', 'd', { capabilities });

    const two = { names: ['e', 'f'], index: [0, 1], values: '[{"more":1},2]', lengths: [10, 1] };
    const ofTwo = { names: ['e'], values: '[{"more":1}]', lengths: [10] };
    const one = { names: ['e'], values: '[3]', lengths: [1] };
    const indexed = { ...one, index: [0] };
    const more = { more: 1, port: 'port-a', request_id: '7', client_id: 'client-a', events: one, name: 'g' };
    const batch = [
      { publish: { ...more, ...two, first: 1 }, more: 1 },
      { publish: { ...more, ...one, first: 3 }, more: 1 },
      { publish: { ...more, ...indexed, first: 4 }, more: 1 },
    ];
    const clustercast = 1;
    const toPlain = { clustercast, port: 'port-c' };
    assert.deepEqual(await answersTo(stage, right, { clustercast, id: 'id-4', batch }), [
      { clustercast, port: 'port-a', batch: [{ events: two }, { events: one }, { events: indexed }] },
      { clustercast, port: 'port-b', batch: [{ events: ofTwo }, { events: one }, { events: indexed }] },
      { ...toPlain, message: ['e', { more: 1 }] },
      { ...toPlain, message: ['e', 3] },
      { ...toPlain, message: ['e', 3] },
      {
        clustercast,
        port: 'port-d',
        batch: [
          { published: { first: 1, listeners: [1, 3, 1, 1] } },
          { published: { first: 3, listeners: [1, 3] } },
          { published: { first: 4, listeners: [1, 3] } },
        ],
      },
    ]);
  });
});

describe('a batch ends with what reaches a limit', () => {
  it("of a client's: with a request", async () => {
    await using stage = await Stage.open({ serialization: 'json' });
    await stage.start();
    const [left] = stage.seats;
    const limits = { batchMessages: 4, batchLength: 10 };
    const asked = [
      // Four requests.
      ...[
        ['publish', 'e', 1],
        ['subscribe', 'e'],
        ['publish', 'e', 2],
        ['publish', 'f', 3],
      ],
      // Twelve characters of values in three.
      ...[1000, 2000, 3000].map((value) => ['publish', 'e', value]),
      // Ten in one.
      ['publish', 'e', 1_234_567_890],
      ...[
        ['subscribe', 'e'],
        ['subscribe', 'e'],
        ['publish', 'e', 4],
      ],
    ];
    const expected = [[1, 2, 3, 4], [5, 6, 7], [8], [9, 10, 11]];

    // The worker is told what to ask before the server can have heard its hello.
    const early = await stage.during(() =>
      Promise.all([
        left.call('connect', 'a', { capabilities, limits }),
        left.call('inOneTurn', 'a', ...asked),
      ]),
    );
    assert.deepEqual(requestsOf(early), expected);
    const late = await stage.during(() => left.call('inOneTurn', 'a', ...asked));
    assert.deepEqual(
      requestsOf(late),
      expected.map((batch) => batch.map((id) => id + asked.length)),
    );
  });

  it("of the server's: with an element, by the events and answers in it", async () => {
    const limits = { batchMessages: 3, batchLength: 20 };
    await using stage = await Stage.open({ serialization: 'json', limits });
    await stage.start();
    const [left, right] = stage.seats;
    await left.call('connect', 'a', { capabilities });
    await left.call('inOneTurn', 'a', ['subscribe', 'e']);
    await right.call('connect', 'b', { capabilities });

    const batches = [
      // Three events, and one more in the element that has the third.
      ['[1,2]', '[3,4]'],
      ['[5,6,7,8,9]'],
      // Twenty characters, with the brackets.
      ['[10]', '[12345678901234]'],
      ['[11]'],
    ];
    let first = 1;
    const batch: Envelope[] = batches.flat().map((values) => {
      const lengths = (JSON.parse(values) as number[]).map((value) => String(value).length);
      first += lengths.length;
      return { publish: { first: first - lengths.length, names: ['e'], values, lengths } };
    });
    batch.push({ request_id: '13', method: 'subscribe', params: { event_name: 'f' } });
    const answers = await answersTo(stage, right, { clustercast: 1, id: 'id-2', batch });
    const saidTo = (port: string): Envelope[][] =>
      answers.filter((answer) => answer['port'] === port).map((answer) => answer['batch'] as Envelope[]);
    assert.deepEqual(
      saidTo('port-a').map((elements) => elements.map(({ events }) => (events as { values: string }).values)),
      batches,
    );
    // Seven answers, however many events they answer.
    assert.deepEqual(
      saidTo('port-b').map((elements) => elements.map((element) => Object.keys(element)[0])),
      [['published', 'published', 'published'], ['published', 'published', 'published'], ['status']],
    );
  });
});

/** The numbers of the requests in each batch that the server hears. */
function requestsOf(said: readonly Said[]): number[][] {
  return said
    .filter(({ to, message }) => to === 'server' && message['batch'] !== undefined)
    .map(({ message }) =>
      (message['batch'] as Envelope[]).flatMap(({ publish, request_id: id }) => {
        if (publish === undefined) return Number(id);
        const { first, lengths } = publish as { first: number; lengths: readonly number[] };
        return lengths.map((_length, position) => first + position);
      }),
    );
}
