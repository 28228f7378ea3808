/**
 * What the replicas tell each other: the names of the events and the types of their values.
 */
export interface Events {
  /** The product is another one now: whoever holds it drops it. */
  'product::changed': { readonly id: string };
  /** The flag as it is now. */
  'flag::changed': Flag;
}

export interface Flag {
  readonly name: string;
  readonly on: boolean;
  /** The database's: the higher one is the later one. */
  readonly version: number;
}
