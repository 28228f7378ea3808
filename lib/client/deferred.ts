/** A promise that is settled from outside, as `Promise.withResolvers` (Node 22) makes it. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T | PromiseLike<T>) => void;
  readonly reject: (error: unknown) => void;
}

export function deferred<T>(): Deferred<T> {
  const promise = new Promise<T>(
    capture as (resolve: Deferred<T>['resolve'], reject: Deferred<T>['reject']) => void,
  );
  return { promise, resolve: lastResolve as Deferred<T>['resolve'], reject: lastReject };
}

// One executor for all: a closure for each would be one more object for each promise.
let lastResolve: Deferred<never>['resolve'];
let lastReject: Deferred<never>['reject'];

function capture(resolve: typeof lastResolve, reject: typeof lastReject): void {
  lastResolve = resolve;
  lastReject = reject;
}
