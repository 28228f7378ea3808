/**
 * What all replicas hold, by name: the types of what is in it.
 */
import type { Client } from 'clustercast';
import type { Events } from './events.js';

export interface State {
  readonly maps: {
    /** Of each feature flag, whether it is on. */
    readonly flags: boolean;
  };
  readonly caches: {
    /** By id. The database may have none of it. */
    readonly products: Product | undefined;
  };
}

export interface Product {
  readonly name: string;
  readonly price: number;
}

/** As the replicas and the primary have it. */
export type StateClient = Client<Events, State>;
