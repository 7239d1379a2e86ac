/**
 * The value of `name` in one of the plan's name tables. bundle/checks has refused unknown names with their place in the
 * config before anything is planned, so a miss here is a second line of defence: it throws `message`.
 */
export function lookup<T>(table: Readonly<Record<string, T>>, name: string, message: string): T {
  const value = Object.hasOwn(table, name) ? table[name] : undefined;
  if (value === undefined) throw new Error(message);
  return value;
}
