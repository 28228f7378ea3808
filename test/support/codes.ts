/** What a test expects of an error: its class and its code. */
import { PubSubError, type PubSubErrorCode } from 'clustercast';

type CodeName = PubSubErrorCode extends infer Code
  ? Code extends `ERR_PUBSUB_${infer Name}`
    ? Name
    : never
  : never;

/** For `assert.rejects` and `assert.throws`: a `PubSubError` whose code is `ERR_PUBSUB_` and `name`. */
export function code(name: CodeName): (error: unknown) => boolean {
  return (error) => {
    if (error instanceof PubSubError && error.code === `ERR_PUBSUB_${name}`) return true;
    throw new Error(`expected ERR_PUBSUB_${name}`, { cause: error });
  };
}
