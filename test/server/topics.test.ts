/** The index of subscriptions, beside a plain model of it, under arbitrary joining and leaving. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Topics, type Topic } from '#lib/server/topics.js';
import { holds } from '../support/property.js';

const names = ['a', 'b', '__proto__'];
const members = ['one', 'two', 'three'];

/** How many subscriptions each member holds, by name. */
type Model = Map<string, Map<string, number>>;

interface Real {
  readonly topics: Topics<string>;
  /** What was joined and not yet left. */
  readonly held: { readonly topic: Topic<string>; readonly member: string }[];
}

class Join implements fc.Command<Model, Real> {
  readonly name: string;
  readonly member: string;

  constructor(name: string, member: string) {
    this.name = name;
    this.member = member;
  }

  check(): boolean {
    return true;
  }

  run(model: Model, { topics, held }: Real): void {
    const counts = model.get(this.name) ?? new Map<string, number>();
    model.set(this.name, counts.set(this.member, (counts.get(this.member) ?? 0) + 1));
    held.push({ topic: topics.join(this.name, this.member), member: this.member });
    assertSame(model, topics);
  }

  toString(): string {
    return `${this.member} joins ${this.name}`;
  }
}

class Leave implements fc.Command<Model, Real> {
  readonly pick: number;

  constructor(pick: number) {
    this.pick = pick;
  }

  check(model: Readonly<Model>): boolean {
    return model.size > 0;
  }

  run(model: Model, { topics, held }: Real): void {
    const [{ topic, member }] = held.splice(this.pick % held.length, 1) as [Real['held'][number]];
    const counts = model.get(topic.name) as Map<string, number>;
    const left = (counts.get(member) as number) - 1;
    if (left > 0) counts.set(member, left);
    else counts.delete(member);
    if (counts.size === 0) model.delete(topic.name);
    topics.leave(topic, member);
    assertSame(model, topics);
  }

  toString(): string {
    return `subscription ${this.pick} ends`;
  }
}

function assertSame(model: Model, topics: Topics<string>): void {
  assert.equal(topics.size, model.size);
  for (const name of names) {
    const topic = topics.get(name);
    const expected = model.get(name);
    assert.equal(topic === undefined, expected === undefined, name);
    assert.equal(topic?.name, expected === undefined ? undefined : name);
    const visited: string[] = [];
    topic?.forEach((member) => visited.push(member));
    assert.deepEqual(visited.toSorted(), [...(expected?.keys() ?? [])].toSorted());
    assert.equal(topic?.size, expected?.size);
    for (const member of members) assert.equal(topic?.has(member), expected?.has(member));
  }
}

describe('topics', () => {
  it('hold what a plain model holds, whoever joins and leaves', () => {
    const commands = fc.commands<Model, Real>(
      [
        fc.tuple(fc.constantFrom(...names), fc.constantFrom(...members)).map((join) => new Join(...join)),
        fc.nat(100).map((pick) => new Leave(pick)),
      ],
      { maxCommands: 60 },
    );
    holds(
      fc.property(commands, (all) =>
        fc.modelRun(() => ({ model: new Map(), real: { topics: new Topics<string>(), held: [] } }), all),
      ),
      1_000,
    );
  });

  it('lose nobody where somebody leaves who never joined', () => {
    const topics = new Topics<string>();
    const topic = topics.join('a', 'one');
    topics.leave(topic, 'two');
    assert.deepEqual([topics.get('a') === topic, topic.has('one'), topic.size], [true, true, 1]);
  });

  it('let a member leave while they are being visited', () => {
    const topics = new Topics<string>();
    const joined = members.map((member) => topics.join('a', member));
    const visited: string[] = [];
    topics.get('a')?.forEach((member) => {
      visited.push(member);
      if (member === 'one') topics.leave(joined[0] as Topic<string>, 'one');
    });
    assert.deepEqual(visited, members);
    assert.equal(topics.get('a')?.size, 2);
  });
});
