/**
 * Who may do what: the registered clients and their rights. Knows nothing of connections.
 */
import { createHash } from 'node:crypto';
import { PubSubError } from '../errors.js';
import { isId } from '../protocol/documented.js';
import { isObject } from '../protocol/guards.js';
import type { Limits } from '../protocol/limits.js';
import { randomId } from '../protocol/random.js';

/** A client that is known before the server starts. */
export interface ClientInfo {
  /**
   * A bearer secret where its adapter is not trusted: whoever says it has these rights. At least 16
   * characters then; draw it at random.
   */
  readonly id: string;
  /** Default `true`. */
  readonly canPublish?: boolean;
  /** Default `true`. */
  readonly canSubscribe?: boolean;
}

/** A client that was let in. */
export interface Identity {
  readonly clientId: string;
  readonly canPublish: boolean;
  readonly canSubscribe: boolean;
}

/** Shortest id that may serve as a secret, in characters. */
export const minSecretLength = 16;

export class Access {
  /** By digest: how long a look-up takes tells nothing about how much of a guess was right. */
  readonly #registered = new Map<string, Identity>();
  readonly #registrations = new Map<Identity, ClientInfo>();
  readonly #limits: Limits;
  #shortest = Infinity;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Whether each registered id is long enough to be a secret. */
  get hasSecretsOnly(): boolean {
    return this.#shortest >= minSecretLength;
  }

  /**
   * @param needsSecrets whether an id has to be long enough to be a secret. Default: no.
   * @throws PubSubError `ERR_PUBSUB_INVALID_ARGUMENT` for an id that is no string, empty, too long, too short, or taken.
   */
  register(client: ClientInfo, needsSecrets = false): void {
    const { id, canPublish = true, canSubscribe = true } = client;
    if (!isId(id, this.#limits)) {
      throw invalid(`a client's id must be a string of 1 to ${this.#limits.idLength} characters (idLength)`);
    }
    if (needsSecrets && id.length < minSecretLength) throw tooShort();
    if (typeof canPublish !== 'boolean' || typeof canSubscribe !== 'boolean') {
      throw invalid(`the rights of client ${digest(id)} must be booleans`);
    }
    const key = fullDigest(id);
    if (this.#registered.has(key)) throw invalid(`client ${digest(id)} is registered already`);
    const identity = Object.freeze({ clientId: id, canPublish, canSubscribe });
    this.#registered.set(key, identity);
    this.#registrations.set(identity, copyOf(client));
    this.#shortest = Math.min(this.#shortest, id.length);
  }

  /** What an identity was registered with; `undefined` for an ad-hoc client, which has every right. */
  registrationOf(identity: Identity): ClientInfo | undefined {
    return this.#registrations.get(identity);
  }

  /**
   * The registered client of this id or, for a trusted peer that gives none, an ad-hoc client with every right.
   *
   * @throws PubSubError `ERR_PUBSUB_UNAUTHORIZED`, the same for an unknown id and for none.
   */
  admit(clientId: string | undefined, isTrusted: boolean): Identity {
    if (clientId === undefined) {
      if (!isTrusted) throw unauthorized();
      return { clientId: randomId(), canPublish: true, canSubscribe: true };
    }
    const identity = this.#registered.get(fullDigest(clientId));
    if (identity === undefined) throw unauthorized();
    return identity;
  }
}

/** A client as it is now: what its owner does to the object later grants nothing. */
function copyOf(client: ClientInfo): ClientInfo {
  const fields = Object.entries(client).map(([name, field]: [string, unknown]) => {
    return [name, isObject(field) ? { ...field } : field];
  });
  return Object.fromEntries(fields) as ClientInfo;
}

/** What a log may say of an id: 8 hex digits of its digest. */
export function digest(clientId: string): string {
  return `#${fullDigest(clientId).slice(0, 8)}`;
}

export function tooShort(): PubSubError {
  return invalid(
    `with an adapter that is not trusted, each client's id is a secret of at least ${minSecretLength} characters`,
  );
}

export function unauthorized(): PubSubError {
  return new PubSubError('ERR_PUBSUB_UNAUTHORIZED', 'the server does not know this client');
}

function fullDigest(clientId: string): string {
  return createHash('sha256').update(clientId).digest('hex');
}

function invalid(message: string): PubSubError {
  return new PubSubError('ERR_PUBSUB_INVALID_ARGUMENT', message);
}
