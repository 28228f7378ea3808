/**
 * One clock for all processes of a machine: the system's monotonic one, which `process.hrtime` reads.
 */

/** In milliseconds. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
