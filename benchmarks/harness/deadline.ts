/**
 * An end to every wait: a benchmark that hangs says where.
 */

/** What `wait` resolves to; rejects where it takes longer than `milliseconds`. */
export async function within<T>(milliseconds: number, what: string, wait: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const error = new Error(`${what}: not done within ${milliseconds / 1000} s`);
    timer = setTimeout(() => reject(error), milliseconds);
  });
  try {
    return await Promise.race([wait, late]);
  } finally {
    clearTimeout(timer);
  }
}
