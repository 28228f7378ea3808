/**
 * The judge of a run: hears the reference and every member, and judges each subscription as the reports come in. A member
 * that is killed has told the beginning of what it received, which is judged; what it did not tell died with it.
 */
import { eventNames, memberOf, numberOf, replay, type EntryHandlers } from '../entries.js';
import type { Report } from '../messages.js';
import { EventLog } from './log.js';
import { Publications } from './publications.js';
import { Stream, type Tally, type Tell } from './stream.js';
import { Violations } from './violations.js';

interface Member {
  readonly name: string;
  readonly publications: Publications;
  readonly streams: Map<number, { readonly stream: Stream; readonly isIterated: boolean }>;
  /** How far it is known to have come in the order of all events. */
  position: number;
  isGone: boolean;
}

/** More than so many values that somebody still has to account for are more than the judge can keep. */
const mostKept = 4_000_000;

export class Judge {
  readonly violations: Violations = new Violations();
  readonly tally: Tally = { due: 0, received: 0, told: 0, uncounted: 0, gaps: 0 };
  /** Reports that have come in. */
  reports = 0;
  /** Subscriptions that were judged. */
  subscriptions = 0;
  /** Answers that said that a publish was accepted. */
  accepted = 0;
  /** How often each code of error was told to a publisher. */
  readonly errors: Map<string, number> = new Map<string, number>();
  readonly #logs = eventNames.map(() => new EventLog());
  readonly #members = new Map<number, Member>();
  #position = 0;

  /** Values that were published. */
  get published(): number {
    return this.#position;
  }

  /** Values that somebody still has to account for. */
  get kept(): number {
    return this.#logs.reduce((sum, { start, end }) => sum + end - start, 0);
  }

  /** The reference has received a value. */
  ordered(event: number, id: number): void {
    const position = this.#position++;
    this.#logs[event]?.append(id, position);
    const member = this.#members.get(memberOf(id));
    if (member === undefined) this.violations.add('foreign', `to the reference, of member ${memberOf(id)}`);
    member?.publications.ordered(numberOf(id), position);
  }

  /** Somebody is about to start. */
  join(number: number, name: string): void {
    const publications = new Publications((kind, detail) => this.violations.add(kind, `${name}: ${detail}`));
    this.#members.set(number, {
      name,
      publications,
      streams: new Map(),
      position: this.#position,
      isGone: false,
    });
  }

  report(number: number, { entries, outcomes, errors }: Report): void {
    const member = this.#members.get(number);
    if (member === undefined || member.isGone) return;
    this.reports += 1;
    replay(entries, this.#handlersFor(number, member));
    for (const outcome of outcomes) {
      member.publications.answered(Math.abs(outcome), outcome > 0);
      if (outcome > 0) this.accepted += 1;
    }
    for (const code of errors) this.errors.set(code, (this.errors.get(code) ?? 0) + 1);
  }

  /** It tells nothing more. */
  leave(number: number): void {
    const member = this.#members.get(number);
    if (member === undefined) return;
    // What it has published may still be on its way.
    member.isGone = true;
    member.streams.clear();
  }

  /** Forgets what nobody needs. */
  tidy(): void {
    let need = this.#position;
    for (const { isGone, streams, position } of this.#members.values()) {
      if (isGone) continue;
      need = Math.min(need, position);
      for (const { stream } of streams.values()) need = Math.min(need, stream.need);
    }
    for (const log of this.#logs) log.forget(need);
    if (this.kept <= mostKept) return;
    for (const [number, { name, isGone }] of this.#members) {
      if (isGone) continue;
      this.violations.add('unfinished', `${name}: others wait for it too long`);
      this.leave(number);
    }
  }

  /** Subscriptions of those that are there. */
  get open(): number {
    let open = 0;
    for (const { streams } of this.#members.values()) open += streams.size;
    return open;
  }

  /** Whether, with nothing being published, everybody has everything. */
  get isComplete(): boolean {
    for (const { isGone, streams } of this.#members.values()) {
      if (isGone) continue;
      for (const { stream } of streams.values()) if (!stream.isComplete) return false;
    }
    return true;
  }

  /** Nothing is under way: whatever has not come does not come. */
  finish(): void {
    for (const [number, { isGone, streams, publications }] of this.#members) {
      if (isGone) {
        this.#members.delete(number);
        continue;
      }
      for (const { stream } of streams.values()) stream.finish();
      publications.forget();
    }
    for (const member of this.#members.values()) member.position = this.#position;
    this.tidy();
  }

  #handlersFor(number: number, member: Member): EntryHandlers {
    const { streams } = member;
    return {
      asked: (subscription, event, isIterated, published) => {
        const log = this.#logs[event];
        if (log === undefined) throw new RangeError(`there is no event ${event}`);
        const tell: Tell = (kind, detail, count) =>
          this.violations.add(kind, `${member.name}, ${eventNames[event]}: ${detail}`, count);
        // What it had received before it asked is from before its subscription.
        const stream = new Stream(log, number, log.from(member.position), this.tally, tell);
        streams.set(subscription, { stream, isIterated });
        member.publications.locate(published, (position) => stream.beginsAfter(position));
        member.publications.locate(published + 1, (position) => stream.beginsBefore(position));
        this.subscriptions += 1;
      },
      granted: (subscription) => streams.get(subscription)?.stream.beginsBefore(this.#position),
      ended: (subscription) => void streams.delete(subscription),
      value: (subscription, id) => this.#value(member, subscription, id),
      damaged: (_subscription, id) => this.violations.add('damaged', `${member.name}: ${id}`),
      gap: (subscription, count) => streams.get(subscription)?.stream.gap(count),
    };
  }

  #value(member: Member, subscription: number, id: number): void {
    const { stream, isIterated } = member.streams.get(subscription) ?? {};
    if (stream === undefined) {
      this.violations.add('foreign', `${member.name}: for a subscription that has ended`);
      return;
    }
    const position = stream.value(id);
    // Who iterates takes what has waited, while handlers are called with what comes now.
    if (position === undefined || isIterated === true) return;
    if (position < member.position) this.violations.add('crossed', `${member.name}: ${id}`);
    member.position = Math.max(member.position, position);
  }
}
