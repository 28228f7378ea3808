/**
 * The index from event names to who subscribes to them, with constant cost for every step, however many
 * names, members and subscriptions there are. Knows nothing of what is sent.
 */

/** One event name and its members, each counted once however many subscriptions it holds. */
export class Topic<Member> {
  readonly name: string;
  /**
   * Most names of a large server have one member. Holding that one without a table of its own keeps such a
   * subscription at a third of the memory.
   */
  #only: Member | undefined;
  #onlyHolds = 0;
  #members: Map<Member, number> | undefined;

  constructor(name: string) {
    this.name = name;
  }

  /** How many members there are. */
  get size(): number {
    return this.#members?.size ?? (this.#onlyHolds > 0 ? 1 : 0);
  }

  has(member: Member): boolean {
    return this.#members?.has(member) ?? (this.#onlyHolds > 0 && this.#only === member);
  }

  /** One more subscription of `member`. */
  add(member: Member): void {
    if (this.#members !== undefined) {
      this.#members.set(member, (this.#members.get(member) ?? 0) + 1);
    } else if (this.#onlyHolds === 0 || this.#only === member) {
      this.#only = member;
      this.#onlyHolds += 1;
    } else {
      this.#members = new Map([
        [this.#only as Member, this.#onlyHolds],
        [member, 1],
      ]);
      this.#only = undefined;
      this.#onlyHolds = 0;
    }
  }

  /** One subscription of `member` less. */
  remove(member: Member): void {
    if (this.#members !== undefined) {
      const holds = this.#members.get(member) ?? 0;
      if (holds > 1) this.#members.set(member, holds - 1);
      else this.#members.delete(member);
    } else if (this.#only === member && --this.#onlyHolds === 0) {
      this.#only = undefined;
    }
  }

  forEach(visit: (member: Member) => void): void {
    if (this.#members !== undefined) for (const member of this.#members.keys()) visit(member);
    else if (this.#onlyHolds > 0) visit(this.#only as Member);
  }
}

export class Topics<Member> {
  readonly #topics = new Map<string, Topic<Member>>();

  /** How many names have a member. */
  get size(): number {
    return this.#topics.size;
  }

  get(name: string): Topic<Member> | undefined {
    return this.#topics.get(name);
  }

  /** Adds a subscription of `member` to `name`; hand what it returns to `leave`, once. */
  join(name: string, member: Member): Topic<Member> {
    let topic = this.#topics.get(name);
    if (topic === undefined) {
      topic = new Topic(name);
      this.#topics.set(name, topic);
    }
    topic.add(member);
    return topic;
  }

  leave(topic: Topic<Member>, member: Member): void {
    topic.remove(member);
    if (topic.size === 0) this.#topics.delete(topic.name);
  }
}
