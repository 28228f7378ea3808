/**
 * A replica's way to the database that all of them share.
 */

/** In milliseconds, for one question. */
const timeout = 10_000;

export interface Row<T> {
  readonly key: string;
  readonly value: T;
  /** Higher with every write to the database. */
  readonly version: number;
}

export class Database {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  async read<T>(key: string): Promise<Row<T> | undefined> {
    const response = await this.#ask(`products/${key}`);
    const body = await response.json();
    return response.status === 404 ? undefined : (body as Row<T>);
  }

  /** @returns the row as it is now. */
  async write<T>(key: string, value: T): Promise<Row<T>> {
    const response = await this.#ask(`products/${key}`, { method: 'PUT', body: JSON.stringify(value) });
    return (await response.json()) as Row<T>;
  }

  async #ask(path: string, request: RequestInit = {}): Promise<Response> {
    const response = await fetch(`${this.#url}/${path}`, {
      ...request,
      signal: AbortSignal.timeout(timeout),
    });
    if (!response.ok && response.status !== 404) throw new Error(`the database answered ${response.status}`);
    return response;
  }
}
