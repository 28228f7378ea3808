/** A primary that keeps its state in a file is killed, at any moment: the next one has a state that it had. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { endChildren, forkChild, type Child } from '../json-rpc/child.js';
import { randomFrom } from '../support/random.js';
import { Story, type State } from '../support/state-story.js';
import { until } from '../support/until.js';

const kills = 100;

/** In milliseconds, from the start, or from when it goes on to change things, or has saved them. */
const longest = { start: 60, tell: 40, saved: 5 };

describe('a primary that keeps its state is killed', () => {
  afterEach(endChildren);

  it(
    'a hundred times, at random moments: it always starts again, with a state it had, and nothing that was saved is lost',
    { timeout: 200_000 },
    async (t) => {
      const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
      t.diagnostic(`SEED=${seed}`);
      const random = randomFrom(seed);
      const directory = mkdtempSync(join(tmpdir(), 'cc-'));
      const path = join(directory, 'state');
      const story = new Story();
      let saved = 0;
      let saves = 0;
      let cut = 0;
      const fork = (): Promise<Child> =>
        forkChild('kept-state', {
          saved: (number: number) => {
            saved = Math.max(saved, number);
            saves += 1;
          },
        });
      try {
        // The next one gets ready while this one is at work.
        let next = fork();
        for (let killed = 0; killed < kills; killed++) {
          const child = await next;
          next = fork();
          const started = child.call('start', path) as Promise<State>;
          if (random() < 0.25) {
            await Promise.race([started, delay(random() * longest.start)]);
            started.catch(() => undefined);
          } else {
            const found = await started;
            assert.ok(story.goTo(found), `no state that it had, after ${killed} kills`);
            assert.ok(story.number >= saved, `${story.number} is older than ${saved}, which was saved`);
            child.call('tell', story.number).catch(() => undefined);
            if (random() < 0.5) {
              await delay(random() * longest.tell);
            } else {
              // However slow it is, it comes to something.
              const enough = saves + 1 + Math.floor(random() * 3);
              await until(() => saves >= enough, 'it saves', 30_000);
              await delay(random() * longest.saved);
            }
          }
          await child.kill();
          if (readdirSync(directory).some((name) => name.endsWith('.tmp'))) cut += 1;
        }
        const last = (await (await next).call('start', path)) as State;
        assert.ok(story.goTo(last), 'no state that it had, in the end');
        assert.ok(story.number >= saved);
        t.diagnostic(`${story.number} changes, ${saves} saves, ${cut} kills in the middle of one`);
        assert.deepEqual(readdirSync(directory), ['state']);
        assert.ok(cut > 0 && saves > 0 && story.number > 0);
      } finally {
        await endChildren();
        rmSync(directory, { recursive: true });
      }
    },
  );
});
