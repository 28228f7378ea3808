/**
 * The `debug` namespaces of the package: `DEBUG=clustercast:*` shows who connected, subscribed, was
 * refused and died. What is logged is never a value and never a client id that could be a secret.
 */
import createDebug from 'debug';

/** Writes one line when its namespace is enabled; costs a flag test otherwise. */
export interface DebugLog {
  readonly enabled: boolean;
  (format: string, ...values: readonly (string | number | undefined)[]): void;
}

/** The log of one part of the package, `clustercast:<part>`. */
export function debugLog(part: 'server' | 'client' | 'ipc' | 'memory' | 'cluster' | 'json-rpc'): DebugLog {
  return createDebug(`clustercast:${part}`);
}
