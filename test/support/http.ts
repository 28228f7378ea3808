/** HTTP requests, each on a connection of its own, so that any replica behind a port may answer. */
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';

export interface Reply {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readonly<Record<string, unknown>>;
}

/** @param body sent as it is. The reply's has to be JSON. */
export function ask(method: string, url: string, body?: string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, agent: false, timeout: 10_000 }, (response) => {
      const toReply = (answer: string): Reply => ({
        status: response.statusCode,
        headers: response.headers,
        body: JSON.parse(answer) as Record<string, unknown>,
      });
      text(response).then(toReply).then(resolve, reject);
    });
    request.on('timeout', () => request.destroy(new Error(`${method} ${url} had no answer`)));
    request.on('error', reject);
    request.end(body);
  });
}
