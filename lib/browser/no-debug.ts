/**
 * In the place of `debug` in the browser bundle: writes nothing. A page has the client's events, and the log would
 * make up a fifth of the file.
 */
// oxlint-disable-next-line import/no-default-export -- as `debug` has it
export default function createDebug(): () => undefined {
  return Object.assign(() => undefined, { enabled: false });
}
