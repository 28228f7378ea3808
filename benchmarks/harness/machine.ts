/**
 * What ran the benchmark, in one line: without it a figure says nothing.
 */
import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os';

export function describeMachine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  return [
    `Node.js ${process.version} (V8 ${process.versions.v8})`,
    `${availableParallelism()} x ${model}`,
    `${gigabytes} GiB`,
    `${platform()} ${release()} ${arch()}`,
  ].join(', ');
}
