/**
 * What peers may agree on beyond the documented messages. A peer that offers nothing gets those, one by one.
 */

/**
 * - `batch`: see `batch.ts`.
 * - `gap`: the client understands that it is told what it has missed, see `missed.ts`.
 * - `ack`: the client tells how much it has taken, see `ipc/window.ts`.
 */
export type Capability = 'batch' | 'gap' | 'ack';

/** What this version can do. */
export const ownCapabilities: readonly Capability[] = ['batch', 'gap', 'ack'];

/** The capabilities that both sides have. What `offered` holds besides is a newer peer's, or nonsense, and ignored. */
export function negotiate(
  offered: unknown,
  own: readonly Capability[] = ownCapabilities,
): readonly Capability[] {
  if (!Array.isArray(offered)) return [];
  return own.filter((capability) => offered.includes(capability));
}
