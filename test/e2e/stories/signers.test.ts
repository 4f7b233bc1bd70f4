import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseInstant } from "../../../scripts/model/time.ts";
import { publicKey } from "../support/judges.ts";
import type { Clients } from "../support/repository.ts";
import { Scratch } from "../support/scratch.ts";
import { Story } from "../support/story.ts";

/** In this story signers come and go, and so `edit` is about them. */
const registry = (signers: Clients) => `version: 1
authority: { common_name: Test CA, organization: Test Ltd }
repositories:
  nb: { type: pkgsrc, path: /nb/, root: /srv/nb }
clients: { alice: {} }
signers:
${Object.entries(signers)
  .map(([name, entry]) => `  ${name}: ${entry}\n`)
  .join("")}`;

const SIGNERS = {
  build01: "{ repository: nb }",
  build02: "{ repository: nb, key: rsa-3072 }",
  build03: "{ repository: nb, csr: true }",
};

let before: Story;
beforeAll(async () => {
  before = (await Story.begin(SIGNERS, { on: "2026-01-01", requests: ["build03"], registry })).on("2026-01-10");
});
afterAll(() => before?.[Symbol.dispose]());

function openssl(...args: readonly string[]): { ok: boolean; text: string } {
  const { status, stdout, stderr, error } = spawnSync("openssl", args, { encoding: "utf8" });
  if (error) throw error;
  return { ok: status === 0, text: stdout + stderr };
}

const keyFile = (story: Story, name: string) =>
  name === "build03" ? story.repository.beside("build03.key") : story.repository.at(`pki/private/${name}.key`);

/**
 * A file signed as `pkg_admin x509-sign-package` does it: detached PKCS#7 over bytes, the signer's certificate and
 * the chain embedded, SHA-256. The signature outlives what it was made with.
 */
class Signed implements Disposable {
  readonly #scratch = new Scratch("signed");
  readonly #story: Story;

  constructor(story: Story, name: string, tool: "smime" | "cms", cert = story.repository.at(`pki/issued/${name}.crt`)) {
    this.#story = story;
    const content = this.#scratch.write("package", "bytes of a package\n");
    const chain = ["-signer", cert, "-inkey", keyFile(story, name), "-certfile", story.repository.at("pki/ca.crt")];
    const form = ["-binary", "-outform", "PEM", "-md", "sha256", "-out", this.#scratch.at("signature")];
    const { ok, text } = openssl(tool, "-sign", "-in", content, ...chain, ...form);
    if (!ok) throw new Error(text);
  }

  change(text: string): void {
    writeFileSync(this.#scratch.at("package"), text);
  }

  /** As pkg_install verifies: against the anchor alone, now, and nothing told of any signer. `OK`, or why not. */
  verify(tool: "smime" | "cms", at = this.#story.now): string {
    const [content, signature] = [this.#scratch.at("package"), this.#scratch.at("signature")];
    const trust = ["-CAfile", this.#story.repository.at("pki/ca.crt"), "-attime", String(parseInstant(at))];
    const what = ["-inform", "PEM", "-in", signature, "-content", content, "-binary", "-purpose", "smimesign"];
    const { ok, text } = openssl(tool, "-verify", ...what, ...trust, "-out", "/dev/null");
    return ok ? "OK" : (/(?:error:|Verify error:\s*)([a-z][a-z ]+)$/im.exec(text)?.[1] ?? text);
  }

  [Symbol.dispose](): void {
    this.#scratch[Symbol.dispose]();
  }
}

describe("a signer", () => {
  it.each(Object.keys(SIGNERS))("%s signs a file that verifies against the anchor alone", (name) => {
    for (const tool of ["smime", "cms"] as const) {
      using signed = new Signed(before, name, tool);
      expect([tool, signed.verify(tool)]).toEqual([tool, "OK"]);
      signed.change("bytes of another package\n");
      expect(signed.verify(tool)).not.toBe("OK");
    }
  });

  it("has what pkg_install insists on: exactly two purposes, digitalSignature, one certificate in the file", () => {
    for (const name of Object.keys(SIGNERS)) {
      const file = before.repository.at(`pki/issued/${name}.crt`);
      const { text } = openssl("x509", "-in", file, "-noout", "-ext", "extendedKeyUsage,keyUsage,basicConstraints");
      expect(text.replace(/^ +/gm, "").trim().split("\n").sort()).toEqual([
        "CA:FALSE",
        "Code Signing, E-mail Protection",
        "Digital Signature",
        "X509v3 Basic Constraints: critical",
        expect.stringMatching(/^X509v3 Extended Key Usage: ?$/),
        "X509v3 Key Usage: critical",
      ]);
      expect(before.repository.read(`pki/issued/${name}.crt`).match(/BEGIN CERTIFICATE/g)).toHaveLength(1);
    }
  });

  it("is no client and no server, and a client is no signer", () => {
    const purposes = openssl("x509", "-in", before.repository.at("pki/issued/build01.crt"), "-noout", "-purpose").text;
    expect(purposes).toMatch(/^SSL client : No$/m);
    expect(purposes).toMatch(/^SSL server : No$/m);
    expect(before.repository.read("pki/nginx/clients.map")).not.toContain(before.newest("build01"));
    using signed = new Signed(before, "alice", "smime");
    expect(signed.verify("smime")).toMatch(/unsuitable certificate purpose|unsupported certificate purpose/);
  });

  it("lasts ninety days, since pkg_install reads no CRL, and is renewed in time, whoever has the key", async () => {
    using story = before.copy().on("2026-03-01");
    using signed = new Signed(story, "build01", "smime");
    expect(signed.verify("smime", "2026-03-31T23:59:59Z")).toBe("OK");
    expect(signed.verify("smime", "2026-04-02")).toMatch(/certificate has expired/);

    const renewals = ["build01", "build02", "build03"].map((name) => `renew ${name} RenewalDue`);
    expect(await story.on("2026-03-03").reconcile()).toEqual(renewals);
    // What was signed before goes on verifying, while the build machine has both.
    expect(story.verdicts("build01")).toEqual(["OK", "OK"]);
    expect(signed.verify("smime")).toBe("OK");
    using anew = new Signed(story, "build01", "smime");
    expect(anew.verify("smime", "2026-05-31")).toBe("OK");
    const [first, second] = story
      .serials("build03")
      .map((one) => story.repository.at(`pki/certs_by_serial/${one}.pem`));
    expect(publicKey("x509", first ?? "")).toBe(publicKey("x509", second ?? ""));
    expect(await story.after("1d").reconcile()).toEqual([]);
    await story.insistOnSoundness();
  });

  it("that had a year keeps it when the default is shorter: nothing is issued for that", async () => {
    using story = await Story.begin({ build01: "{ repository: nb, lifetime: 365d }" }, { on: "2026-01-01", registry });
    expect(await story.edit({ build01: "{ repository: nb }" }).after("1d").reconcile()).toEqual([]);
    expect(story.verdict(story.newest("build01"), "2026-12-31")).not.toMatch(/certificate has expired/);
    expect(story.repository.read("pki/registry.yaml")).toMatch(/"build01":.*"lifetime":7776000/);
    expect(await story.on("2026-12-02").reconcile()).toContain("renew build01 RenewalDue");
  });

  it("comes and goes; the anchor stays: other machines' packages verify, and the one that is gone ends by itself", async () => {
    using story = before.copy();
    using gone = new Signed(story, "build01", "smime");
    story.edit({ build01: null, build04: "{ repository: nb }" });
    const anchor = story.repository.read("pki/ca.crt");
    expect((await story.reconcile()).filter((one) => !one.startsWith("definition"))).toEqual([
      "issue build04 Missing",
      "revoke build01 Removed",
    ]);
    expect(story.repository.read("pki/ca.crt")).toBe(anchor);
    using next = new Signed(story, "build04", "smime");
    expect(next.verify("smime")).toBe("OK");
    // Revocation is for those who look at the CRL; pkg_install does not, and so the end has to be near.
    expect(gone.verify("smime", "2026-03-31")).toBe("OK");
    expect(gone.verify("smime", "2026-04-02")).toMatch(/expired/);
    for (const file of ["pki/issued/build01.crt", "pki/private/build01.key"])
      expect(story.repository.list(file.slice(0, file.lastIndexOf("/")))).not.toContain(file.split("/").at(-1));
    await story.insistOnSoundness();
  });

  it("is shown to the reviewer by name before everything else when it comes", async () => {
    using story = before.copy().edit({ build04: "{ repository: nb }" });
    const { changes } = await story.plan();
    expect(changes[0]).toMatchObject({ kind: "definition", section: "signers", name: "build04", fields: ["added"] });
  });
});

describe("an Ed25519 key, which pkg_install cannot verify, is refused for a pkgsrc repository", () => {
  it("in clients.yaml", async () => {
    using story = before.copy().edit({ build01: "{ repository: nb, key: ed25519 }" });
    const { code, stderr } = await story.run("plan");
    expect(code).toBe(1);
    expect(stderr).toMatch(/clients\.yaml:\d+:\d+: build01 signs for nb, a pkgsrc repository/);
  });

  it("in a request, alone; the certificate that is there goes on", async () => {
    using story = before.copy().edit({ build04: "{ repository: nb }" }).request("build03", "-newkey", "ed25519");
    const { refusals, decided } = await story.refused();
    expect(refusals).toEqual([expect.stringMatching(/^BadRequest pki\/reqs\/build03\.req: its key is ed25519/)]);
    expect(decided).toContain("issue build04 Missing");
    expect(story.verdicts("build03")).toEqual(["OK"]);
  });
});
