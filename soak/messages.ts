/**
 * What the soak's processes say to each other, on the IPC channels that they have anyway, beside the library's own.
 */

/** How a member is to behave. */
export interface MemberConfig {
  /** Its number: each process has another one. */
  readonly member: number;
  readonly seed: number;
  /** Values that it publishes in a second. */
  readonly rate: number;
  /** Events that it subscribes to, by their places; the last one is iterated, the others have handlers. */
  readonly events: readonly number[];
  /** Milliseconds after which one subscription is ended and another one begun, again and again. */
  readonly churnTime: number;
  /** Whether it takes values more slowly than they come. */
  readonly isSlow: boolean;
  /** Falsifies what it records, so that one can see that this is found. */
  readonly sabotage: Sabotage | undefined;
}

export const sabotages = ['lose', 'double', 'swap', 'miscount'] as const;
export type Sabotage = (typeof sabotages)[number];

/** Milliseconds that a member waits for an answer: who is slow has much to take before it. */
export const requestTime = 30_000;

/** Where a remote member connects, and as whom. */
export interface RemoteConfig extends MemberConfig {
  readonly medium: 'tcp' | 'websocket';
  readonly port: number;
  readonly id: string;
}

/** The variable of the environment that holds a member's config. */
export const configVariable = 'SOAK_MEMBER';

/** What a member has recorded since its last report. What a member that is killed did not tell is lost with it. */
export interface Report {
  readonly soak: 'report';
  /** As `entries.ts` spells them. */
  readonly entries: Float64Array;
  /** Numbers of its own values: as they are where accepted, negative where certainly not accepted. */
  readonly outcomes: Float64Array;
  /** Codes of errors. */
  readonly errors: readonly string[];
}

export type FromMember = Report | { readonly soak: 'ready' | 'paused' | 'closed' };

export interface ToMember {
  /** Publish nothing and ask for nothing until `resume`, and say `paused` when all is answered; or end in order. */
  readonly soak: 'pause' | 'resume' | 'close';
}
