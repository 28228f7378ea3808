/**
 * How a command of the live page is carried out: whoever it is addressed to does the work, and answers. The page
 * is a remote client: what it says is no more than a claim, and is checked like the body of a request.
 */
import type { Catalogue } from './catalogue.js';
import { checkFlag, checkKey, checkProduct } from './checks.js';
import type { Events } from './events.js';
import type { Flags } from './flags.js';
import { HttpError } from './http.js';
import type { StateClient } from './state.js';

type CommandName = 'page::set-flag' | 'page::set-product' | 'page::kill' | 'page::set-visitors';
type Claim = Readonly<Record<string, unknown>>;
/** What there is to say beyond that it is done. */
type Result = Omit<Events['command::done'], 'command'>;

/** From here on this replica carries out what is addressed to it. */
export async function obeyPage(
  number: number,
  client: StateClient,
  { catalogue, flags }: { readonly catalogue: Catalogue; readonly flags: Flags },
): Promise<void> {
  const isMine = ({ to }: Claim): boolean => to === number;
  await obey(client, 'page::set-flag', isMine, async (claim) => {
    const version = await flags.write(checkKey(claim['name']), checkFlag(claim));
    return { version };
  });
  await obey(client, 'page::set-product', isMine, async (claim) => {
    const version = await catalogue.write(checkKey(claim['id']), checkProduct(claim));
    return { version };
  });
}

/** From here on `work` is done for each such command that `isMine`, and the command answered. */
export async function obey(
  client: StateClient,
  event: CommandName,
  isMine: (claim: Claim) => boolean,
  work: (claim: Claim) => Promise<Result> | void,
): Promise<void> {
  /** Fails only while all of it ends. */
  const answer = <Name extends 'command::done' | 'command::failed'>(
    name: Name,
    value: Events[Name],
  ): Promise<unknown> => client.publish(name, value).catch(() => undefined);

  await client.subscribe(event, async (claim: unknown) => {
    if (!isClaim(claim) || !isMine(claim)) return;
    const { command } = claim;
    // Without it, there is nobody to answer.
    if (typeof command !== 'string' || command.length > 64) return;
    try {
      const result = await work(claim);
      await answer('command::done', { command, ...result });
    } catch (error) {
      if (!(error instanceof HttpError)) console.error(`${event} failed:`, error);
      const reason = error instanceof HttpError ? error.message : 'something failed there';
      await answer('command::failed', { command, reason });
    }
  });
}

function isClaim(value: unknown): value is Claim {
  return typeof value === 'object' && value !== null;
}
