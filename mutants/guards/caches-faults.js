// @ts-check
/** Guards of caches without which processes that are stopped, killed and slow to load return what is older than was promised. */

/** @type {import('../form.js').Mutant[]} */
export const mutants = [
  {
    name: 'invalidation-answered-at-once',
    without: 'an invalidation is answered when the others have carried it out',
    file: 'lib/state/server/caches/caches.ts',
    find: 'const isAwaited = cache.begin(caller, settle);',
    replace: 'cache.begin(caller, () => undefined); const isAwaited = false;',
    test: 'faults/cache-store',
    title: 'nothing older',
  },
];
