/**
 * How many connections a process may have: each takes a descriptor of a file on either side.
 */

/** Room for what else a process has open. */
const others = 100;

/** How many a process may have here. */
export function allowedConnections(): number {
  const { userLimits } = (process.report?.getReport() ?? {}) as {
    readonly userLimits?: { readonly open_files?: { readonly soft?: number | 'unlimited' } };
  };
  // Unlimited, or a system without such a limit.
  const allowed = userLimits?.open_files?.soft;
  return typeof allowed === 'number' ? allowed - others : Infinity;
}

/** @throws Error where the system does not allow a process so many connections. */
export function checkDescriptors(connections: number): void {
  if (allowedConnections() >= connections) return;
  throw new Error(`${missingDescriptors(connections)}: raise the limit (ulimit -n)`);
}

/** Says that so many connections are too many here. */
export function missingDescriptors(connections: number): string {
  return `a process may open ${allowedConnections() + others} files here, and ${connections + others} are needed`;
}
