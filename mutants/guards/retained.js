// @ts-check
/** Guards of retained values: their order with what follows, their mark, their bounds, and who learns of them. */

/** @type {import('../form.js').Mutant[]} */
export const mutants = [
  {
    name: 'retained-value-of-the-moment',
    without: 'the retained value is the one that was there when the subscription came into force',
    file: 'lib/state/server/retained.ts',
    find: 'return { subscription_id: id, ...(retained !== undefined && { retained }) };',
    replace: `return new Later((answer) => void setImmediate(() => answer(() => {
      return { subscription_id: id, ...(retained !== undefined && { retained }) };
    }))) as unknown as Result;`,
    and: [
      {
        find: "import type { Caller, Method } from '../../server/methods.js';",
        replace: "import { Later, type Caller, type Method } from '../../server/methods.js';",
      },
    ],
    test: 'contract/memory',
    title: 'nothing is lost or doubled between the retained value',
  },
  {
    name: 'retained-mark',
    without: 'only the value that was retained is marked',
    file: 'lib/state/client/retained.ts',
    find: 'this.#isRetained = false;',
    replace: '',
    test: 'state/client/retained',
    title: 'marks nothing that follows',
  },
  {
    name: 'retained-again',
    without: 'a restored subscription is given the retained value of that moment',
    file: 'lib/state/client/retained.ts',
    find: 'if (retained === undefined) return;',
    replace: 'if (retained === undefined || this.#wasActive) return;\n    this.#wasActive = true;',
    and: [{ find: '#isRetained = false;\n\n', replace: '#isRetained = false;\n  #wasActive = false;\n\n' }],
    test: 'state/client/retained',
    title: 'restored by it',
  },
  {
    name: 'retained-limits-first',
    without: 'what cannot be retained is not published either',
    file: 'lib/state/server/retained.ts',
    find: "if (typeof event === 'string' && identity.canPublish) this.#checkRoom(event, value);\n    const listeners = this.#host.publishAs(caller, identity, event, value);",
    replace:
      "const listeners = this.#host.publishAs(caller, identity, event, value);\n    if (typeof event === 'string') this.#checkRoom(event, value);",
    test: 'contract/memory',
    title: 'goes beyond a limit is not published',
  },
  {
    name: 'retained-rights-first',
    without: 'one who may not publish does not learn what is retained',
    file: 'lib/state/server/retained.ts',
    find: ' && identity.canPublish',
    replace: '',
    test: 'contract/memory',
    title: 'needs the right to publish',
  },
];
