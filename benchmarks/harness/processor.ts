/**
 * Processor time of this process, with all its threads: it stands still while another process has the processor.
 */

/** In nanoseconds, since the process began. */
export function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
}
