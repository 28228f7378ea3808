/**
 * How many connections a process may have: each takes a descriptor of a file on either side.
 */

/** Room for what else a process has open. */
const others = 100;

/** @throws Error where the system does not allow a process so many connections. */
export function checkDescriptors(connections: number): void {
  const { userLimits } = (process.report?.getReport() ?? {}) as {
    readonly userLimits?: { readonly open_files?: { readonly soft?: number | 'unlimited' } };
  };
  // Unlimited, or a system without such a limit.
  const allowed = userLimits?.open_files?.soft;
  if (typeof allowed !== 'number' || allowed >= connections + others) return;
  throw new Error(
    `a process may open ${allowed} files here, and ${connections + others} are needed: raise the limit (ulimit -n)`,
  );
}
