// @ts-check
/** Guards of caches without which processes that are stopped, killed and slow to load return what is older than was promised. */

/** @type {import('../form.js').Mutant[]} */
export const mutants = [
  {
    name: 'fenced-load-kept',
    without: 'what a load brings is not kept where an invalidation came meanwhile',
    file: 'lib/state/client/loads.ts',
    find: 'else keep(value);',
    replace: 'keep(value);',
    test: 'faults/cache-store',
    title: 'nothing older',
  },
  {
    name: 'invalidation-answered-at-once',
    without: 'an invalidation is answered when the others have carried it out',
    file: 'lib/state/server/caches.ts',
    find: 'const isAwaited = cache.begin(caller, settle);',
    replace: 'cache.begin(caller, () => undefined); const isAwaited = false;',
    test: 'faults/cache-store',
    title: 'nothing older',
  },
  {
    name: 'gap-clears-no-cache',
    without: 'a cache that is told a gap drops all',
    file: 'lib/state/client/cache.ts',
    find: '  missed(): void {\n    this.#drop(everything);',
    replace: '  missed(): void {',
    test: 'faults/cache-store',
    title: 'nothing older',
  },
];
