/** The wires that messages travel on, and what arrives at their other end. */
import { deserialize, serialize } from 'node:v8';
import fc from 'fast-check';

interface Wire {
  readonly name: string;
  readonly carry: (message: unknown) => unknown;
}

export const wire: fc.Arbitrary<Wire> = fc.constantFrom(
  { name: 'structured clone', carry: (message: unknown) => structuredClone(message) },
  { name: 'v8.serialize', carry: (message: unknown) => deserialize(serialize(message)) as unknown },
  { name: 'JSON', carry: (message: unknown) => JSON.parse(JSON.stringify(message)) as unknown },
);

/** The text of `value`, to compare values by; `undefined` where it has none. */
export function textOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
