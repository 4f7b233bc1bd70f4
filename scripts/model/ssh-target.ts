/** Where ssh goes; null: what ssh's own configuration says. */
export interface SshTarget {
  readonly user: string | null;
  /** A name or an address, without brackets. */
  readonly host: string;
  readonly port: number | null;
}

/**
 * `[user@]host[:port]`, as `deploy.host` is checked when clients.yaml is read, to its parts.
 * @throws Error for anything else, such as a host that ssh would take for an option
 */
export function sshTarget(text: string): SshTarget {
  const match =
    /^(?:([A-Za-z_][A-Za-z0-9_.-]*)@)?(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9][A-Za-z0-9.-]*))(?::(\d{1,5}))?$/.exec(text);
  if (!match) throw new Error(`not a host for ssh: ${JSON.stringify(text)}`);
  const [, user, bracketed, bare, port] = match;
  return { user: user ?? null, host: bracketed ?? bare ?? "", port: port === undefined ? null : Number(port) };
}
