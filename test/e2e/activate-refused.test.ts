import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Host, SERVER, World } from "./support/activation.ts";
import { copyOf, type Made, type Wanted } from "./support/release.ts";

const soon = () => Math.floor(Date.now() / 1000) + 3600;

let world: World;
beforeAll(async () => {
  world = await World.create();
});
afterAll(() => world?.[Symbol.dispose]());

/** What was done to a good release on its way, and what is said of it. */
const TAMPERED: readonly (readonly [what: string, spoil: (path: string) => void, said: string])[] = [
  [
    "a file that is not as it was",
    (path) => appendFileSync(`${path}/nginx/clients.map`, "# x\n"),
    "clients.map is not",
  ],
  [
    "a file that nobody listed",
    (path) => writeFileSync(`${path}/nginx/x.conf`, ""),
    "nginx/x.conf is not in its manifest",
  ],
  [
    "a marker of its own",
    (path) => writeFileSync(`${path}/nginx/generation.conf`, ""),
    "generation.conf is not in its",
  ],
  [
    "a directory that nobody listed",
    (path) => mkdirSync(`${path}/nginx/x`),
    "directory nginx/x is not in its manifest",
  ],
  ["a file that is missing", (path) => rmSync(`${path}/nginx/roles.map`), "nginx/roles.map is missing"],
  ["a name with a line end", (path) => writeFileSync(`${path}/x\n.`, ""), "not in its manifest"],
  [
    "a link to the same bytes",
    (path) => {
      rmSync(`${path}/crl.pem`);
      symlinkSync(`${world.before}/crl.pem`, `${path}/crl.pem`);
    },
    "crl.pem is neither a file nor a directory",
  ],
  ["a pipe", (path) => execFileSync("mkfifo", [`${path}/nginx/pipe`]), "nginx/pipe is neither a file nor a directory"],
  ["no manifest", (path) => rmSync(`${path}/manifest`), "it has no manifest"],
  ["a manifest that says less", (path) => edit(path, /^ancestor .*\n/m, ""), "does not have the hash that its id says"],
  ["a manifest cut off", (path) => edit(path, /^access(?:.|\n)*/m, ""), "ca.crt and crl.pem are not listed"],
  ["a word it does not know", (path) => edit(path, /^held|^access/m, "run"), "line [0-9]+: unknown word run"],
  ["a path that leads outside", (path) => edit(path, / 644 ca.crt/, " 644 ../ca.crt"), "not a config line"],
  ["a file listed twice", (path) => edit(path, / nginx\/homes.map/, " nginx/clients.map"), "not a access line"],
  ["a key for everybody", (path) => edit(path, / 600 private/, " 644 private"), "has mode 644"],
];

function edit(path: string, pattern: RegExp, by: string): void {
  const file = `${path}/manifest`;
  writeFileSync(file, readFileSync(file, "utf8").replace(pattern, by));
}

const line = (path: string, text: string) => (files: Map<string, string>) => {
  files.set(path, `${files.get(path)}${text}\n`);
};

/** Releases that are what they say, and must not serve. The current one is of the second state; commits count from its own. */
const WRONG: readonly (readonly [
  what: string,
  wanted: () => Partial<Wanted> & { readonly commit: number },
  said: string,
])[] = [
  ["an older CRL", () => ({ commit: 1, pki: world.before }), "its CRL, number [0-9]+, is older than the current one"],
  ["an older commit", () => ({ commit: -1, pki: world.after }), "does not come after the current one"],
  ["a commit beside", () => ({ commit: 1, pki: world.after, manifest: { ancestors: [] } }), "does not come after"],
  [
    "a revocation less",
    () => ({ commit: 1, pki: world.after, manifest: { revoked: [] } }),
    "it has lost a revocation: [0-9A-F]{32}",
  ],
  [
    "a revoked client on the list",
    () => ({ commit: 1, pki: world.after, edit: line("nginx/clients.map", `s:${world.frank.serial} "frank";`) }),
    "nginx/clients.map lets in a certificate that is revoked: [0-9A-F]{32}",
  ],
  [
    "a held client on the list",
    () => ({ commit: 1, pki: world.after, manifest: { held: [world.alice.serial] } }),
    "lets in a certificate that is held",
  ],
  [
    "a directory that is not here",
    () => ({ commit: 1, pki: world.after, roots: [world.www, world.scratch.at("absent")] }),
    "the directory /.*/absent is not here; make it",
  ],
  [
    "another server's name",
    () => ({ commit: 1, pki: world.after, manifest: { server: "apt.example.com" } }),
    `it is for apt.example.com, and what is current here is for ${SERVER}`,
  ],
  [
    "a configuration with an error",
    () => ({ commit: 1, pki: world.after, edit: line("nginx/reasons.conf", "oops;") }),
    'test fails: .*unknown directive "oops" in nginx/reasons.conf:',
  ],
  [
    "a configuration with a warning",
    () => ({
      commit: 1,
      pki: world.after,
      edit: line(
        `nginx/servers/${SERVER}.conf`,
        `server { listen 127.0.0.1:${world.marker}; server_name generation.gatehouse.invalid; }`,
      ),
    }),
    "test warns: .*conflicting server name",
  ],
];

describe.each(["dash", "busybox"] as const)("under %s", (shell) => {
  let host: Host;
  let current: Made;
  let commit = 5;
  beforeAll(async () => {
    current = world.release(commit, { pki: world.after });
    host = await Host.serving(world, `refuse-${shell}`, current, {}, shell);
  });
  afterAll(() => host?.[Symbol.asyncDispose]());

  const refused = async (path: string, said: string) => {
    const releases = host.releases();
    for (const word of said.includes("CRL") ? ["check", "install"] : ["install"]) {
      const { code, last } = await host.activate(word, path);
      expect({ code, last }).toEqual({ code: 1, last: expect.stringMatching(new RegExp(`^failed .*${said}`)) });
      expect(last).toContain(`nothing was switched, ${current.id} goes on serving`);
    }
    expect([await host.generation(), host.link("current"), host.releases()]).toEqual([
      current.id,
      current.id,
      releases,
    ]);
    expect(host.remains()).toEqual([]);
  };

  test.each(TAMPERED)("refuses %s", async (_, spoil, said) => {
    const { path } = copyOf(world.release(commit + 1, { pki: world.after }), world.scratch.at(`spoiled-${shell}`));
    spoil(path);
    await refused(path, said).finally(() => rmSync(path, { recursive: true, force: true }));
  });

  test.each(WRONG)("refuses %s", async (_, wanted, said) => {
    const { commit: after, ...others } = wanted();
    await refused(world.release(commit + after, others).path, said);
  });

  test.each(["PCRE library does not support JIT", "nginx was built without PCRE JIT support"])(
    "takes one where nginx warns: %s",
    async (warning) => {
      const nginx = world.scratch.at(`nginx-${shell}`);
      const said = `nginx: [warn] ${warning} in nginx.conf:3`;
      writeFileSync(nginx, `#!/bin/sh\necho '${said}' >&2\nexec nginx "$@"\n`, { mode: 0o755 });
      const plain = new Host(world, `without-${shell}`, { NGINX: nginx }, shell);
      const { id, path } = world.release(commit + 1, { pki: world.after });
      expect(await plain.activate("check", path)).toMatchObject({ code: 0, last: `active ${id} would be activated` });
    },
  );

  test("takes one without a revocation whose certificate has ended", async () => {
    const ended = { serial: "0A", notAfter: 1_790_000_100 };
    const manifest = { revoked: [{ serial: world.frank.serial, notAfter: soon() }, ended] };
    const next = world.release(commit + 1, { pki: world.after, manifest });
    expect((await host.activate("install", next.path)).last).toBe(`active ${next.id}`);
    commit += 2;
    current = world.release(commit, { pki: world.after });
    expect((await host.activate("install", current.path)).last).toBe(`active ${current.id}`);
  });

  test("mends the current release when it comes again", async () => {
    const key = `${host.directory}/current/private/${SERVER}.key`;
    chmodSync(key, 0o644);
    writeFileSync(`${host.directory}/current/nginx/clients.map`, "");
    writeFileSync(`${host.directory}/current/nginx/more.conf`, "");
    expect((await host.activate("install", current.path)).last).toBe(`active ${current.id}`);
    expect([await host.status(world.alice), statSync(key).mode & 0o777]).toEqual([200, 0o600]);
    expect(existsSync(`${host.directory}/current/nginx/more.conf`)).toBe(false);
    expect((await host.activate("install", current.path)).last).toBe(`unchanged ${current.id}`);
  });
});

test("does not read settings that others could have written, nor ones that are no sh", async () => {
  await using host = new Host(world, "settings");
  const first = world.release(0);
  chmodSync(`${host.directory}/activate.conf`, 0o666);
  expect((await host.activate("install", first.path)).last).toMatch(/^failed .*activate.conf may be written by others/);
  chmodSync(`${host.directory}/activate.conf`, 0o644);
  writeFileSync(`${host.directory}/activate.conf`, "PREFIX='\n");
  expect((await host.activate("install", first.path)).last).toMatch(/^failed activate.conf is not sh/);
  writeFileSync(`${host.directory}/activate.conf`, "MARKER=0.0.0.0:7411\n");
  expect((await host.activate("install", first.path)).last).toMatch(/^failed activate.conf: MARKER .*nobody outside/);
  chmodSync(host.directory, 0o777);
  expect((await host.activate("status")).last).toMatch(/^failed .*gatehouse may be written by others/);
});
