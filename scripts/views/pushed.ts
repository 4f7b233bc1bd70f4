/** One line for whoever asked for a push: what went where, or that nothing had to. */
export function pushedText(pushed: {
  readonly branch: string;
  readonly from: string | null;
  readonly to: string;
}): string {
  const { branch, from, to } = pushed;
  if (from === to) return `Nothing to push: ${branch} at origin is at ${to} already.`;
  return `Pushed to origin, ${branch}: ${from === null ? `${to}, a new branch there` : `${from}..${to}`}.`;
}
