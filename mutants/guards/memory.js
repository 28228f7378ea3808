// @ts-check
/** Guards of lib/memory/: what a channel guarantees, of the pair that the tests of everything else stand on. */

/** @type {import('../form.js').Mutant[]} */
export const mutants = [
  {
    name: 'silence-after-the-close',
    without: 'a side that has closed is called no more, whatever was on its way',
    file: 'lib/memory/pair.ts',
    find: 'if (this.isOpen && this.handlers !== undefined) tell(this.handlers);',
    replace: 'if (this.handlers !== undefined) tell(this.handlers);',
    test: 'memory/pair',
  },
  {
    name: 'one-end',
    without: 'the end of a pipe is told once',
    file: 'lib/memory/pair.ts',
    find: 'if (!this.isOpen) return;\n    this.isOpen = false;',
    replace: 'this.isOpen = false;',
    and: [{ find: 'peer.isOpen = false;', replace: '' }],
    test: 'memory/pair',
  },
  {
    name: 'no-surprise',
    without: 'no handler is called before send() has returned',
    file: 'lib/memory/pair.ts',
    find: 'if (this.isOpen) this.peer.later((handlers) => handlers.receive(messages));',
    replace: 'if (this.isOpen && this.peer.isOpen) this.peer.handlers?.receive(messages);',
    test: 'memory/pair',
  },
  {
    name: 'closed-before-the-start',
    without: 'a client that was closed before the server started is not connected',
    file: 'lib/memory/adapter.ts',
    find: 'if (!end.isOpen) return;',
    replace: '',
    test: 'memory/adapter',
  },
];
