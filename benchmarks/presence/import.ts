/**
 * Imports the module that it is told, or none, and says how many milliseconds that took.
 */
const [, , module] = process.argv;
const startedAt = performance.now();
if (module !== undefined) await import(module);
process.stdout.write(String(performance.now() - startedAt));
