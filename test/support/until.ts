/** Waiting in tests: for a condition, never for a time; and never for ever. */
import assert from 'node:assert/strict';

const defaultDeadline = 10_000;

/** Resolves when `condition` holds, looked at again and again; fails with `what` after `deadline` milliseconds. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  deadline: number = defaultDeadline,
): Promise<void> {
  const end = performance.now() + deadline;
  while (!(await condition())) {
    assert.ok(performance.now() < end, `not within ${deadline} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** What `promise` resolves to; fails with `what` if that takes longer than `deadline` milliseconds. */
export async function within<T>(
  promise: Promise<T>,
  what: string,
  deadline: number = defaultDeadline,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${deadline} ms: ${what}`)), deadline);
  });
  try {
    return await Promise.race([promise, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
