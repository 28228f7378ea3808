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
}

/** As the replicas and the primary have it. */
export type StateClient = Client<Events, State>;
