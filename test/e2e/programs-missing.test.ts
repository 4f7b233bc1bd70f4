import { execFileSync, spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Host, PROGRAMS, type Shell, World } from "./support/activation.ts";
import { unpacked } from "./support/bundles.ts";
import { eachCase, ProgramsAway, WAYS, type Way } from "./support/programs-away.ts";
import { copyOf, type Made, type Wanted } from "./support/release.ts";
import { CHECKOUT, clientsYaml, environment, NOON, Repository, runProgram } from "./support/repository.ts";

/*
 * Every program that one of ours in sh calls is taken away in turn, or fails without a word. Then what it was asked has
 * no answer, and that must never be a good one: nothing tampered with is taken, nothing is said to be done that is not.
 */

const SHELLS = { dash: ["/usr/bin/dash"], busybox: ["/bin/busybox", "sh"] } as const;

/** What fails without a word, fails the same in either shell. */
const UNDER: readonly (readonly [shell: Shell, ways: readonly Way[]])[] = [
  ["dash", WAYS],
  ["busybox", ["missing"]],
];

interface Outcome {
  readonly code: number | null;
  readonly last: string;
}

/** Runs one of ours with a PATH; standard input may be given. */
function outcomeOf(shell: Shell, words: readonly string[], extra: Record<string, string>, input?: Uint8Array) {
  const [program, ...first] = SHELLS[shell];
  return new Promise<Outcome>((done, fail) => {
    const child = spawn(program, [...first, ...words], { env: environment(extra), stdio: ["pipe", "pipe", "ignore"] });
    let stdout = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stdin.on("error", () => {});
    child.stdin.end(input);
    child.once("error", fail);
    child.once("close", (code) => done({ code, last: stdout.trimEnd().split("\n").at(-1) ?? "" }));
  });
}

let world: World;
beforeAll(async () => {
  world = await World.create();
});
afterAll(() => world?.[Symbol.dispose]());

const line = (path: string, text: string) => (files: Map<string, string>) => {
  files.set(path, `${files.get(path)}${text}\n`);
};

const spoilt = (spoil: (path: string) => void) => (): string => {
  const made = world.release(6, { pki: world.after });
  const { path } = copyOf(made, `${made.path}-spoilt`);
  spoil(path);
  return path;
};
const made = (wanted: () => Partial<Wanted>) => (): string => world.release(6, { pki: world.after, ...wanted() }).path;

/** Releases of which none may be taken where the second state's is current, and what is said of them. */
const HOSTILE: readonly (readonly [what: string, said: RegExp, make: () => string])[] = [
  [
    "a file that was changed",
    /clients.map is not what/,
    spoilt((path) => appendFileSync(`${path}/nginx/clients.map`, "# x\n")),
  ],
  ["a file more", /x.conf is not in its/, spoilt((path) => writeFileSync(`${path}/nginx/x.conf`, ""))],
  ["a file less", /roles.map is missing/, spoilt((path) => rmSync(`${path}/nginx/roles.map`))],
  [
    "a link to the same bytes",
    /neither a file nor/,
    spoilt((path) => {
      rmSync(`${path}/crl.pem`);
      symlinkSync(`${world.after}/crl.pem`, `${path}/crl.pem`);
    }),
  ],
  [
    "a revoked client on its list",
    /lets in a certificate/,
    made(() => ({ edit: line("nginx/clients.map", `s:${world.frank.serial} "frank";`) })),
  ],
  ["a revocation less", /lost a revocation/, made(() => ({ manifest: { revoked: [] } }))],
  ["an older CRL", /is older than the current/, made(() => ({ pki: world.before }))],
  ["a root that is not here", /is not here; make it/, made(() => ({ roots: [world.scratch.at("absent")] }))],
];

describe.each(UNDER)("activate under %s", (shell, ways) => {
  let host: Host;
  let good: Made;
  let away: ProgramsAway;
  const check = (path: string, release: string) =>
    outcomeOf(shell, [`${PROGRAMS}activate`, "-d", host.directory, "check", release], { PATH: path });
  beforeAll(async () => {
    host = new Host(world, `away-${shell}`, { NGINX: "/bin/true", WAIT: "0" }, shell);
    // It becomes current though nothing serves; for what is judged here that is enough.
    expect((await host.activate("install", world.release(5, { pki: world.after }).path)).last).toContain(
      "stays current",
    );
    good = world.release(6, { pki: world.after });
    away = new ProgramsAway(world.scratch.at(`programs-${shell}`));
    await away.trace((path) => check(path, good.path));
  });
  afterAll(() => host?.[Symbol.asyncDispose]());

  test("with all that it calls takes what is right, and refuses all else for its own reason", async () => {
    expect(away.names).toEqual(expect.arrayContaining(["awk", "find", "sed", "sha256sum"]));
    expect(await check(away.path(), good.path)).toEqual({ code: 0, last: `active ${good.id} would be activated` });
    for (const [, said, make] of HOSTILE)
      expect(await check(away.path(), make())).toEqual({ code: 1, last: expect.stringMatching(said) });
  });

  test("a good release is taken, or refused in words", async () => {
    const results = await eachCase(away.cases(ways), ({ path }) => check(path, good.path));
    const wrong = [...results].filter(([, { code, last }]) =>
      code === 0 ? last !== `active ${good.id} would be activated` : !/^failed\b/.test(last),
    );
    expect(wrong).toEqual([]);
    expect([...results.values()].some(({ code }) => code !== 0)).toBe(true);
  });

  test.each(HOSTILE)("never takes %s", async (_what, _said, make) => {
    const release = make();
    const called = await away.trace((path) => check(path, release));
    const results = await eachCase(away.cases(ways, called), ({ path }) => check(path, release));
    const taken = [...results].filter(([, { code, last }]) => code !== 1 || !/^failed\b/.test(last));
    expect(taken).toEqual([]);
  });

  test("a warning of the server's own test refuses it", async () => {
    const nginx = world.scratch.at(`warning-${shell}`);
    writeFileSync(nginx, "#!/bin/sh\necho 'nginx: [warn] conflicting server name' >&2\n", { mode: 0o755 });
    const settings = host.read("activate.conf");
    appendFileSync(`${host.directory}/activate.conf`, `NGINX='${nginx}'\n`);
    const results = await eachCase(away.cases(ways), ({ path }) => check(path, good.path));
    writeFileSync(`${host.directory}/activate.conf`, settings);
    expect([...results].filter(([, { code }]) => code !== 1)).toEqual([]);
  });
});

describe.each(UNDER)("receive under %s", (shell, ways) => {
  test("an archive that holds more than a release is never unpacked", async () => {
    await using host = new Host(world, `received-${shell}`, { NGINX: "/bin/true", WAIT: "0" }, shell);
    const good = world.release(6, { pki: world.after });
    const away = new ProgramsAway(world.scratch.at(`receive-${shell}`));
    const pack = (directory: string, ...names: readonly string[]) =>
      execFileSync("tar", ["-C", directory, "-cPf", "-", ...names], { maxBuffer: 1 << 26 });
    const receive = (path: string, input: Uint8Array) =>
      outcomeOf(
        shell,
        [`${PROGRAMS}receive`, "-d", host.directory],
        { PATH: path, SSH_ORIGINAL_COMMAND: "check" },
        input,
      );
    await away.trace((path) => receive(path, pack(good.path, ".")));
    expect((await receive(away.path(), pack(good.path, "."))).last).toBe(`active ${good.id} would be activated`);

    const { path: linked } = copyOf(good, world.scratch.at(`linked-${shell}`));
    const outside = world.scratch.at(`outside-${shell}`);
    symlinkSync(outside, join(linked, "a-link"));
    mkdirSync(join(linked, "sub"));
    writeFileSync(join(linked, "up"), "up\n");
    const archives = { "a link": pack(linked, "."), "a way out": pack(join(linked, "sub"), "../up") };
    const taken: string[] = [];
    for (const [name, archive] of Object.entries(archives)) {
      const called = await away.trace((path) => receive(path, archive));
      const results = await eachCase(away.cases(ways, called), ({ path }) => receive(path, archive));
      for (const [what, { code, last }] of results)
        if (code === 0 || /^active/.test(last)) taken.push(`${name}, where ${what}: ${last}`);
    }
    expect(taken).toEqual([]);
    expect([existsSync(outside), existsSync(join(host.directory, "incoming/up"))]).toEqual([false, false]);
  });
});

describe.each(UNDER)("install.sh under %s", (shell, ways) => {
  test("installs what the bundle has, or says that it did not; and never a key with another's certificate", async () => {
    using repository = await Repository.ready(
      clientsYaml({ alice: "{ groups: [staff] }", bob: "{ groups: [guests] }" }),
    );
    const bundle = await unpacked(repository, "alice", "--for", "curl", "--now", NOON);
    const wrong = await unpacked(repository, "alice", "--for", "curl", "--now", NOON);
    // A key that was made on the machine, and a certificate for another one.
    rmSync(join(wrong, "key.pem"));
    let count = 0;
    const install = async (from: string, path: string, prepare: (etc: string) => void = () => {}) => {
      count += 1;
      const root = repository.beside(`root-${count}`);
      const etc = join(root, "etc/gatehouse-client");
      mkdirSync(etc, { recursive: true });
      prepare(etc);
      const script = join(from, "install.sh");
      const { code } = await outcomeOf(shell, [script, "--root", root, "--system", "linux"], { PATH: path });
      const read = (file: string) => (existsSync(join(etc, file)) ? readFileSync(join(etc, file), "utf8") : null);
      return { code, key: read("key.pem"), certificate: read("fullchain.pem"), list: read("installed") };
    };
    const away = new ProgramsAway(repository.beside("programs"));
    await away.trace((path) => install(bundle, path));
    const bobs = readFileSync(repository.at("pki/private/bob.key"), "utf8");
    const withBobs = (etc: string) => writeFileSync(join(etc, "key.pem"), bobs);
    const called = await away.trace((path) => install(wrong, path, withBobs));
    const whole = await install(bundle, away.path());
    expect(whole).toMatchObject({ code: 0, key: readFileSync(join(bundle, "key.pem"), "utf8") });

    const results = await eachCase(away.cases(ways), ({ path }) => install(bundle, path));
    expect([...results].filter(([, result]) => result.code === 0 && result.list !== whole.list)).toEqual([]);
    const others = await eachCase(away.cases(ways, called), ({ path }) => install(wrong, path, withBobs));
    expect([...others].filter(([, { code, certificate }]) => code === 0 || certificate !== null)).toEqual([]);
  }, 240_000);
});

describe.each(UNDER)("filter.sh under %s", (shell, ways) => {
  test("says that git's filter is set up only where it is", async () => {
    using repository = await Repository.ready(clientsYaml({ alice: "{ groups: [staff] }" }));
    const filter = repository.at(".git/gatehouse/filter/filter.sh");
    const away = new ProgramsAway(repository.beside("programs"));
    let count = 0;
    const configure = async (path: string) => {
      count += 1;
      const clone = repository.beside(`clone-${count}`);
      execFileSync("git", ["init", "--quiet", clone], { env: environment() });
      execFileSync("cp", ["-R", repository.at(".git/gatehouse"), join(clone, ".git/gatehouse")]);
      const [program, ...first] = SHELLS[shell];
      const inClone = join(clone, ".git/gatehouse/filter/filter.sh");
      const run = ["-c", 'cd "$1" && shift && exec "$@"', "sh", clone, program, ...first, inClone, "configure"];
      const { code } = await runProgram("/bin/sh", run, { PATH: path });
      const config = readFileSync(join(clone, ".git/config"), "utf8");
      return { code, set: /process = .*\n\trequired = true/.test(config) };
    };
    expect(existsSync(filter)).toBe(true);
    await away.trace(configure);
    expect(away.names).toContain("git");
    expect(await configure(away.path())).toEqual({ code: 0, set: true });
    const results = await eachCase(away.cases(ways), ({ path }) => configure(path));
    expect([...results].filter(([, { code, set }]) => code === 0 && !set)).toEqual([]);
  });
});

test("the hook lets no key pass, whatever program is missing or fails", async () => {
  using repository = Repository.fresh(clientsYaml({}));
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  repository.write("notes.txt", privateKey.export({ type: "pkcs8", format: "pem" }).toString());
  repository.git("add", "notes.txt");
  const away = new ProgramsAway(repository.beside("programs"));
  const hook = (path: string) => {
    const husky = join(CHECKOUT, "scripts/husky.sh");
    const run = ["-c", 'cd "$1" && exec sh "$2" hook.sh pre-commit', "sh", repository.root, husky];
    return runProgram("/bin/sh", run, { PATH: `${path}:${repository.beside("shell")}` });
  };
  mkdirSync(repository.beside("shell"));
  symlinkSync("/bin/sh", repository.beside("shell/sh"));
  await away.trace(hook);
  expect(away.names).toEqual(expect.arrayContaining(["env", "git", "sed"]));
  const results = await eachCase(away.cases(), ({ path }) => hook(path));
  expect([...results].filter(([, { code }]) => code === 0)).toEqual([]);
});

test("what starts the copy of a bare repository takes the pusher's settings away, or starts nothing", async () => {
  using repository = Repository.fresh(clientsYaml({}));
  const version = repository.beside("bare/gatehouse/versions/1");
  mkdirSync(join(version, "scripts/deploy"), { recursive: true });
  mkdirSync(join(version, "node_modules/.bin"), { recursive: true });
  execFileSync("cp", ["-R", join(CHECKOUT, "scripts/deploy/hooks"), join(version, "scripts/deploy/hooks")]);
  writeFileSync(join(version, "node_modules/.bin/node"), "#!/bin/sh\n/usr/bin/env\n", { mode: 0o755 });
  const away = new ProgramsAway(repository.beside("programs"));
  const given = { GATEHOUSE_KEY_FILE: "/x", NODE_OPTIONS: "--inspect", GIT_INDEX_FILE: "/x" };
  const launch = (path: string) =>
    runProgram("/bin/sh", [join(version, "scripts/deploy/hooks/launch.sh"), "run"], { ...given, PATH: path });
  await away.trace(launch);
  expect(await launch(away.path())).toMatchObject({ code: 0, stdout: expect.stringContaining("PATH=") });
  const results = await eachCase(away.cases(), ({ path }) => launch(path));
  const left = [...results].filter(([, { stdout }]) => /^(?:GATEHOUSE_|NODE_OPTIONS|GIT_INDEX_FILE)/m.test(stdout));
  expect(left).toEqual([]);
});

test("no command of ours makes two assignments of which one needs the other: FreeBSD's sh makes them at once", () => {
  const files = execFileSync("git", ["ls-files", "-z", "--", "scripts", ".ci", ".husky"], {
    cwd: CHECKOUT,
    encoding: "utf8",
  });
  const programs = files.split("\0").filter((path) => path !== "" && !/\.(?:ts|json|yml|j2)$/.test(path));
  const wrong: string[] = [];
  for (const path of programs) {
    const text = readFileSync(join(CHECKOUT, path), "utf8");
    for (const [command] of text.matchAll(
      /(?<=^|[;&|]|\bdo|\bthen)[ \t]*(?:[A-Za-z_]\w*=(?:"[^"\n]*"|'[^'\n]*'|\\.|[^\s;&|"'])*[ \t]*){2,}/gm,
    )) {
      const made = [...command.matchAll(/(?:^|[ \t])([A-Za-z_]\w*)=((?:"[^"\n]*"|'[^'\n]*'|\\.|[^\s;&|"'])*)/g)];
      for (const [at, [, , value = ""]] of made.entries())
        for (const [, name = ""] of made.slice(0, at))
          if (new RegExp(`\\$\\{?${name}\\b`).test(value)) wrong.push(`${path}: ${command.trim()}`);
    }
  }
  expect(programs.length).toBeGreaterThan(20);
  expect(wrong).toEqual([]);
});
