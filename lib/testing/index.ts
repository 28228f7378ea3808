/**
 * What `clustercast/testing` exports: a whole cluster in one process, whose workers can be stopped, killed and delayed.
 */
export { SimulatedCluster, type SimulatedClusterOptions } from './cluster.js';
export type { KillOptions, SimulatedClientOptions, SimulatedWorker } from './worker.js';
export type { Schedule } from './pipe.js';
