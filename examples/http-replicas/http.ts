/**
 * The vocabulary of what is served over HTTP: routes, what they answer, how they refuse, how they read a body.
 */
import type { IncomingMessage } from 'node:http';

/** Of a request's body, in bytes. */
const maxLength = 64 * 1024;

export interface Route {
  readonly method: 'GET' | 'PUT' | 'POST';
  /** Of the whole path; has at most one group, which names what is asked for. */
  readonly path: RegExp;
  handle(names: readonly [string], request: IncomingMessage): Answer | Promise<Answer>;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
  /** Called when the answer was handed to the operating system. */
  readonly sent?: () => void;
}

/** What a route throws to refuse a request. */
export class HttpError extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/** @throws HttpError 400 or 413 */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  // To its end even if it is too long: who is still sending would not see the answer.
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= maxLength) chunks.push(chunk);
  }
  if (length > maxLength) throw new HttpError(413, `the body has more than ${maxLength} bytes`);
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    throw new HttpError(400, 'the body is not JSON');
  }
}
