// @ts-check
/**
 * Figures as the page writes them.
 */

/** @param {number} value a second */
export function formatRate(value) {
  return value.toFixed(value < 9.95 ? 1 : 0);
}

/** @param {number} milliseconds that something took */
export function formatTime(milliseconds) {
  return `${milliseconds.toFixed(milliseconds < 100 ? 1 : 0)} ms`;
}

/** @param {number} milliseconds that something has lasted */
export function formatDuration(milliseconds) {
  const seconds = Math.floor(milliseconds / 1_000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3_600)} h ${Math.floor(seconds / 60) % 60} min`;
}

/** @param {number} time as `Date.now()` has it */
export function formatAge(time) {
  const age = Date.now() - time;
  return age < 1_500 ? 'just now' : `${formatDuration(age)} ago`;
}
