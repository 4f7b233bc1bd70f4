import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseInstant } from "../../../scripts/model/time.ts";
import { CHECKOUT, type Ran, runProgram } from "../support/repository.ts";
import { Scratch } from "../support/scratch.ts";
import { Story } from "../support/story.ts";

const registry = (clients: Readonly<Record<string, string>>) => `version: 1
authority: { common_name: Test CA, organization: Test Ltd }
repositories: { nb: { type: pkgsrc, path: /nb/, root: /srv/nb } }
clients: {}
signers:
${Object.entries(clients)
  .map(([name, entry]) => `  ${name}: ${entry}\n`)
  .join("")}`;

let story: Story;
let scratch: Scratch;
beforeAll(async () => {
  scratch = new Scratch("handed");
  const signers = { build01: "{ repository: nb }", build02: "{ repository: nb, csr: true }" };
  story = (await Story.begin(signers, { on: "2026-01-01", requests: ["build02"], registry })).on("2026-01-10");
});
afterAll(() => {
  story?.[Symbol.dispose]();
  scratch?.[Symbol.dispose]();
});

const bundle = (name: string, ...argv: readonly string[]): Promise<Ran> => bundleOf(story, name, ...argv);
const bundleOf = (story: Story, name: string, ...argv: readonly string[]): Promise<Ran> =>
  runProgram(process.execPath, [
    ...[join(CHECKOUT, "scripts/bundle.ts"), name, "--root", story.repository.root],
    ...["--now", story.now, "--out", scratch.path, ...argv],
  ]);

/** The directory of a signer's unpacked bundle. */
function unpack(name: string): string {
  execFileSync("tar", ["xf", scratch.at(`${name}.tar`), "-C", scratch.path]);
  return scratch.at(name);
}

function openssl(...args: readonly string[]): string {
  const { stdout, stderr, error } = spawnSync("openssl", args, { encoding: "utf8" });
  if (error) throw error;
  return stdout + stderr;
}

describe("the bundle of a signer", () => {
  it("is all that a build machine needs to sign what verifies against its anchor", async () => {
    const { code, stdout } = await bundle("build01");
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `${scratch.at("build01.tar")}  (signer)
  It holds a private key: bring it over by a safe way, then delete it here.
  On the build machine, as root: tar xf build01.tar && cat build01/README
`,
    });
    expect(statSync(scratch.at("build01.tar")).mode & 0o777).toBe(0o600);
    const at = (file: string) => join(unpack("build01"), file);
    expect(readdirSync(at("")).sort()).toEqual(
      ["README", "anchor.pem", "certificate.pem", "key.pem", "mk.conf", "pkg_install.conf"].sort(),
    );
    expect(statSync(at("key.pem")).mode & 0o777).toBe(0o600);
    expect(readFileSync(at("certificate.pem"), "utf8").match(/BEGIN/g)).toHaveLength(1);

    const content = scratch.write("package", "bytes of a package\n");
    const signature = scratch.at("signature");
    const signer = ["-signer", at("certificate.pem"), "-inkey", at("key.pem"), "-certfile", at("anchor.pem")];
    openssl("smime", "-sign", "-binary", "-in", content, ...signer, "-outform", "PEM", "-out", signature);
    const time = ["-attime", String(parseInstant(story.now))];
    const what = ["-inform", "PEM", "-in", signature, "-content", content, "-binary", "-out", "/dev/null"];
    expect(openssl("smime", "-verify", ...what, "-CAfile", at("anchor.pem"), ...time)).toContain(
      "Verification successful",
    );
  });

  it("tells what to type, and until when it is good", async () => {
    await bundle("build01");
    const readme = readFileSync(join(unpack("build01"), "README"), "utf8");
    expect(readme).toContain("Package signing by build01 for the repository nb");
    expect(readme).toContain("ends        2026-04-01T00:00:00Z");
    expect(readme).toContain("A successor is there from 2026-03-02T00:00:00Z");
  });

  it("holds no key that is not made here", async () => {
    const { code, stdout } = await bundle("build02");
    expect({ code, care: stdout.split("\n")[1] }).toEqual({ code: 0, care: "  Nothing in it is secret." });
    expect(readdirSync(unpack("build02"))).not.toContain("key.pem");
    expect(readFileSync(scratch.at("build02/README"), "utf8")).toContain("the key is on the build machine");
  });

  it("is sealed with age for the one who is to get it", async () => {
    const identity = scratch.at("age.key");
    execFileSync("age-keygen", ["-o", identity], { stdio: "ignore" });
    const recipient = /public key: (\S+)/.exec(readFileSync(identity, "utf8"))?.[1] ?? "";
    const { stdout } = await bundle("build01", "--recipient", recipient);
    expect(stdout).toContain("On the build machine, as root: age -d -i KEY build01.tar.age | tar x");
    const opened = execFileSync("age", ["-d", "-i", identity, scratch.at("build01.tar.age")]);
    expect(opened.includes("BEGIN PRIVATE KEY")).toBe(true);
    expect(readFileSync(scratch.at("build01.tar.age")).includes("PRIVATE KEY")).toBe(false);
  });

  it.each([
    ["for a program of clients'", "build01", ["--for", "curl"], "--for is for clients' programs"],
    ["for one who is not there", "build09", [], "there is no client"],
  ])("is refused %s", async (_, name, argv, words) => {
    const { code, stderr } = await bundle(name, ...argv);
    expect(code).toBe(1);
    expect(stderr).toContain(words);
  });

  it("is refused before the signer is carried out, and once it is to go", async () => {
    using later = story.copy().edit({ build01: null, build03: "{ repository: nb }" });
    expect((await bundleOf(later, "build03")).stderr).toContain("not carried out yet");
    expect((await bundleOf(later, "build01")).stderr).toContain("the next reconcile revokes it");
    expect(readdirSync(scratch.path)).not.toContain("build03.tar");
  });
});
