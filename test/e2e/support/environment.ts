export type Variables = Readonly<Record<string, string>>;

/** Settings that could decide over a test; how much a test plays, and from which seed, is for its caller to say. */
const OF_THE_MACHINE = /^(?:GATEHOUSE_(?!(?:LAW|HISTORY|FUZZ|GOLDEN)(?:_|$))|GIT_|npm_|FORCE_COLOR$)/;

/** The user's environment, less what would let one machine's settings decide over a test. */
export function environment(extra: Variables = {}): Record<string, string> {
  const kept = Object.entries(process.env).flatMap(([name, value]) =>
    value === undefined || OF_THE_MACHINE.test(name) ? [] : [[name, value] as const],
  );
  return {
    ...Object.fromEntries(kept),
    NO_COLOR: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_AUTHOR_NAME: "Tester",
    GIT_AUTHOR_EMAIL: "tester@example.com",
    GIT_COMMITTER_NAME: "Tester",
    GIT_COMMITTER_EMAIL: "tester@example.com",
    ...extra,
  };
}

// What runs in this process (command.ts, in-process.ts) reads its environment as a command of its own would.
for (const name of Object.keys(process.env)) if (!(name in environment())) delete process.env[name];
Object.assign(process.env, environment());
