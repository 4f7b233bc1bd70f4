/**
 * The environment for a child process: ours without GATEHOUSE_*, which holds keys that no other program
 * (a hook, a pager, a credential helper) has any business with.
 */
export function childEnvironment(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && !name.toUpperCase().startsWith("GATEHOUSE_")) kept[name] = value;
  }
  return { ...kept, ...extra };
}
