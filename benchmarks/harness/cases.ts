/**
 * The cases of a scenario that has several: the command line may choose some of them.
 */

/** Those of `all` that are wanted; without a list, all. @throws Error where that is none. */
export function chosenCases<C extends { readonly name: string }>(
  all: readonly C[],
  wanted: readonly string[] | undefined,
): readonly C[] {
  const chosen = all.filter(({ name }) => wanted?.includes(name) ?? true);
  if (chosen.length > 0) return chosen;
  const names = all.map(({ name }) => name).join(', ');
  throw new Error(`there is no case ${wanted?.join(', ')}, only ${names}`);
}
