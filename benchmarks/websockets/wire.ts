/**
 * What travels, the same for all contestants, spelled by hand: a subscription and its answer, and events.
 */

export const event = 'user::updated';
/** A registered client's id, as every subscriber says it: none of them is trusted. */
export const clientId = 'a-secret-of-the-benchmark';

const requestId = 's';

export const subscribeText = spell('subscribe', {
  request_id: requestId,
  client_id: clientId,
  event_name: event,
});
/** What a contestant without subscriptions says to that. */
export const subscribedText = spell(requestId, { status: true, request_id: requestId });

/** Whether `text` says that the subscription is there. */
export function isSubscribed(text: string): boolean {
  const { method, params } = JSON.parse(text) as { method?: unknown; params?: { status?: unknown } };
  return method === requestId && params?.status === true;
}

/** The text of one event. */
export function eventText(value: string): string {
  return spell('event', { event_name: event, value });
}

/** What stands before and after a value in it. */
export const [beforeValue = '', afterValue = ''] = eventText('VALUE').split('VALUE');

function spell(method: string, params: object): string {
  return JSON.stringify({ jsonrpc: '2.0', method, params });
}
