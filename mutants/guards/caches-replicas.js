// @ts-check
/** More guards of lib/state/ for caches: when they hold nothing and how they are attached; and of the seam in lib/server/ by which a wing learns who misses something. */

/** @type {import('../form.js').Mutant[]} */
export const mutants = [
  {
    name: 'cache-fence',
    without: 'what an invalidation names is not kept where it was being loaded',
    file: 'lib/state/client/caches/cache.ts',
    find: `      this.#loads.fence(key);
`,
    replace: '',
    test: 'state/client/caches/cache',
    title: 'fences the load of what it names',
  },
  {
    name: 'cache-fence-of-all',
    without: 'where all is dropped, nothing is kept that is being loaded',
    file: 'lib/state/client/caches/cache.ts',
    find: 'if (all || tags.length > 0) this.#loads.fenceAll();',
    replace: 'if (tags.length > 0) this.#loads.fenceAll();',
    test: 'state/client/caches/cache',
    title: 'drops all by a gap',
  },
  {
    name: 'cache-load-in-the-table',
    without: 'a load is in the table before it is called, so that it may invalidate what it loads',
    file: 'lib/state/client/caches/loads.ts',
    find: `    this.#inFlight.set(key, loading);
    resolve(`,
    replace: `    queueMicrotask(() => this.#inFlight.set(key, loading));
    resolve(`,
    test: 'state/client/caches/cache',
    title: 'may be invalidated by its own load',
  },
  {
    name: 'cache-lost',
    without: 'a cache whose link is lost holds nothing',
    file: 'lib/state/client/caching-client.ts',
    find: `    for (const cache of this.#caches.values()) cache.lost();
`,
    replace: '',
    test: 'state/client/caching-client',
    title: 'holds nothing without a link',
  },
  {
    name: 'cache-silence',
    without: 'a cache whose server gives no sign of life holds nothing',
    file: 'lib/state/client/caching-client.ts',
    find: `    for (const cache of this.#caches.values()) cache.livenessChanged();
`,
    replace: '',
    test: 'state/client/caching-client',
    title: 'gives no sign of life',
  },
  {
    name: 'cache-nonsense',
    without: 'a cache that cannot read what it is to drop drops everything',
    file: 'lib/state/client/caches/cache.ts',
    find: `      this.missed(undefined);
      return;`,
    replace: '      return;',
    test: 'fuzz/caches',
    title: 'holds nothing that it may',
  },
  {
    name: 'cache-drops-before-it-says-so',
    without: 'a cache says that it has dropped something after it has',
    file: 'lib/state/client/caches/cache.ts',
    find: `    this.#drop(invalidation);
    this.#number = invalidation.number;
    this.#acknowledgement?.add(this.#number);`,
    replace: `    this.#number = invalidation.number;
    this.#acknowledgement?.add(this.#number);`,
    test: 'state/client/caches/cache',
    title: 'is dropped at once',
  },
  {
    name: 'cache-says-so-on-its-link',
    without: 'what is dropped is not said once the link is lost',
    file: 'lib/state/client/caches/acknowledgement.ts',
    find: '    if (this.#isOver) return;\n',
    replace: '',
    test: 'state/client/caches/acknowledgement',
    title: 'ends with its link',
  },
  {
    name: 'cache-closed-while-attaching',
    without: 'a cache that is closed while it is being attached is not attached on the server',
    file: 'lib/state/client/caching-client.ts',
    find: 'if (!this.#has(cache)) this.drop(subscription).catch((error: unknown) => this.failed(error));',
    replace: '',
    test: 'state/client/caching-client',
    title: 'while it is being attached leaves',
  },
  {
    name: 'cache-tried-again',
    without: 'a cache that could not be attached for now is tried again',
    file: 'lib/state/client/caching-client.ts',
    find: 'else attachment.later(() => this.#attach(cache, attachment));',
    replace: '',
    test: 'state/client/caching-client',
    title: 'is tried again after',
  },
  {
    name: 'cache-refused-for-good',
    without: 'a cache that was refused for good is not asked for again',
    file: 'lib/state/client/caching-client.ts',
    find: `  'ERR_PUBSUB_FORBIDDEN',
`,
    replace: '',
    test: 'state/client/caching-client',
    title: 'is not tried again where',
    by: 'Promise resolution is still pending',
  },
  {
    name: 'cache-one-error',
    without: 'a cache that is refused on another link raises that once',
    file: 'lib/state/client/caching-client.ts',
    find: 'new CacheSubscription(cache, this, over);',
    replace: 'new CacheSubscription(cache, this, failed);',
    test: 'state/client/caching-client',
    title: 'raises one error each time',
  },
  {
    name: 'cache-timer-ends',
    without: 'a client that has ended has no timer that would attach a cache',
    file: 'lib/state/client/caching-client.ts',
    find: `      attachment.end();
`,
    replace: '',
    test: 'state/client/caching-client',
    title: 'before it is tried again',
  },
  {
    name: 'cache-keys-first',
    without: 'keys that are none are refused before anything is dropped or sent',
    file: 'lib/state/client/caches/settings.ts',
    find: `    checkKey(name, maxLength, what);
    return name;`,
    replace: '    return name as string;',
    test: 'state/client/caches/cache',
    title: 'of what is no key',
    by: 'Promise resolution is still pending',
  },
  {
    name: 'cache-waits-for-all',
    without: 'an invalidation is answered when every replica has dropped what it names',
    file: 'lib/state/server/caches/invalidations.ts',
    find: 'if (pending.waitsFor > 0) continue;',
    replace: '',
    test: 'state/server/caches/caches',
    title: 'when the others have dropped it',
  },
  {
    name: 'cache-limit',
    without: 'there are no more caches than the limit says',
    file: 'lib/state/server/caches/caches.ts',
    find: 'if (cache.replicas === 0 && this.#caches.size >= this.#host.limits.caches)',
    replace: 'if (cache.replicas < 0)',
    test: 'state/server/caches/caches',
    title: 'beyond a limit changes nothing',
  },
  {
    name: 'cache-forgotten',
    without: 'a cache that nobody holds is none',
    file: 'lib/state/server/caches/caches.ts',
    find: 'if (cache.replicas === 0) this.#caches.delete(name);',
    replace: '',
    test: 'state/server/caches/caches',
    title: 'leaves, closes the cache',
  },
  {
    name: 'restored-unnamed',
    without: 'a subscription that is restored by an answer which does not name it raises an error',
    file: 'lib/client/subscriptions.ts',
    find: `              this.#host.failed(unnamed());
`,
    replace: '',
    test: 'state/client/caching-client',
    title: 'whose answer names no subscription',
  },
];
