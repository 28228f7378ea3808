/** What a test expects of an error: its class and its code. */
import { PubSubError, type PubSubErrorCode } from 'clustercast';

/** For `assert.rejects` and `assert.throws`: a `PubSubError` whose code is `ERR_PUBSUB_` and `name`. */
export function code<Code extends PubSubErrorCode>(
  name: Code extends `ERR_PUBSUB_${infer Name}` ? Name : never,
): (error: unknown) => boolean {
  return (error) => {
    if (error instanceof PubSubError && error.code === `ERR_PUBSUB_${name}`) return true;
    throw new Error(`expected ERR_PUBSUB_${name}`, { cause: error });
  };
}
