/** Every case of the contract. A transport's own test runs them all, unchanged. */
import { caches } from './caches.js';
import { closing } from './closing.js';
import { malformed } from './malformed.js';
import { maps } from './maps.js';
import { publishing } from './publishing.js';
import { queueing } from './queueing.js';
import { retaining } from './retained.js';
import { rights } from './rights.js';
import type { Case } from './stage.js';
import { subscribing } from './subscribing.js';

export const contract: readonly Case[] = [
  ...publishing,
  ...subscribing,
  ...rights,
  ...queueing,
  ...closing,
  ...retaining,
  ...malformed,
  ...maps,
  ...caches,
];
