import { execFileSync } from "node:child_process";
import { chownSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { chapters } from "../support/chapters.ts";
import { Scratch } from "../support/scratch.ts";
import { Apt, debianRepository, Signer, signRelease } from "./debian.ts";
import { Field, HOST } from "./field.ts";

const APT_USER = Number(execFileSync("id", ["-u", "_apt"], { encoding: "utf8" }));

describe("real apt with an installed bundle", () => {
  let scratch: Scratch;
  let signers: Signer[] = [];
  let field: Field;
  let root: string;
  let apt: Apt;
  beforeAll(async () => {
    scratch = new Scratch("apt");
    signers = ["ours", "other"].map((name) => new Signer(scratch, name));
    const [ours] = signers;
    if (ours === undefined) throw new Error("no signer");
    debianRepository(scratch.at("www/debian"), ours);
    field = await Field.open(scratch, {
      repositories: {
        bookworm: "{ type: apt, path: /debian/, root: @WWW@/debian, suite: bookworm, signing: pki/signing/debian.asc }",
      },
      pki: { "signing/debian.asc": ours.publicKey() },
    });
    root = await field.machine("alice", "apt");
    apt = new Apt(root, APT_USER);
  });
  afterAll(async () => {
    for (const signer of signers) signer[Symbol.dispose]();
    await field?.[Symbol.asyncDispose]();
    scratch?.[Symbol.dispose]();
  });

  /** As if for the first time: of a file that is a second old, apt asks only whether it was changed. */
  const update = () => {
    rmSync(join(root, "var/lib/apt/lists"), { recursive: true, force: true });
    return apt.run("update");
  };

  const chapter = chapters("comes to its packages, to no others, and to none once it is gone");

  chapter("updates and installs a package, with a key that only _apt can read", async () => {
    const key = statSync(join(root, "etc/apt/gatehouse/key.pem"));
    expect([key.mode & 0o777, key.uid]).toEqual([0o400, APT_USER]);
    expect(update()).toMatchObject({ code: 0, said: expect.stringContaining(`https://${HOST}:${field.port}/debian`) });
    expect(apt.run("install", "-y", "hello-gate").said).toContain("Setting up hello-gate (1.0)");
    expect(readFileSync(join(root, "usr/share/hello-gate/greeting"), "utf8")).toBe("hello\n");
    expect(await field.record("hello-gate_1.0_all.deb")).toMatchObject({ client: "alice", status: "200" });
  });

  chapter("is refused where _apt cannot read the key, and says what the bundle's README explains", () => {
    const key = join(root, "etc/apt/gatehouse/key.pem");
    chownSync(key, 0, 0);
    const { code, said } = update();
    chownSync(key, APT_USER, 0);
    expect(code).toBe(100);
    expect(said).toContain("Could not load client certificate");
    expect(update().code).toBe(0);
  });

  chapter("believes nothing that others signed, though the connection is the same", () => {
    const [ours, other] = signers;
    if (ours === undefined || other === undefined) throw new Error("no signers");
    signRelease(scratch.at("www/debian"), other);
    const { code, said } = update();
    signRelease(scratch.at("www/debian"), ours);
    expect(code).toBe(100);
    expect(said).toContain("NO_PUBKEY");
    expect(update().code).toBe(0);
  });

  chapter("is refused once the client is gone from the registry", async () => {
    await field.admit("bob");
    const { code, said } = update();
    expect(code).toBe(100);
    expect(said).toMatch(/400 {2}Bad Request/);
  });
});
