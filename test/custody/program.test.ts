import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { openProgram } from "../../scripts/custody/program.ts";
import { environment } from "../e2e/support/repository.ts";
import { pair } from "../x509/helpers/made.ts";

const directory = mkdtempSync(join(tmpdir(), "gatehouse-program-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const { privateKey, publicKey } = pair("ec-p256", "ca");
const key = join(directory, "key.pem");
writeFileSync(key, privateKey.export({ type: "pkcs8", format: "pem" }));
const BODY = Buffer.from("what is to be signed");

function program(name: string, body: string): string {
  const file = join(directory, name);
  writeFileSync(file, `#!/bin/sh\n${body}\n`);
  chmodSync(file, 0o755);
  return file;
}

describe("a signing program", () => {
  it("is given `sign ALGORITHM`, the bytes, its own terminal and environment, and nothing of Gatehouse's", async () => {
    const seen = join(directory, "seen");
    const file = program(
      "records",
      `printf '%s\\n' "$*" >>'${seen}'; env >>'${seen}'; exec openssl dgst -sha256 -sign '${key}'`,
    );
    process.env["GATEHOUSE_CA_PASSPHRASE"] = "never shown";
    try {
      const { signer, close } = await openProgram(file, publicKey);
      expect((await signer.sign(BODY)).length).toBeGreaterThan(64);
      await close();
    } finally {
      delete process.env["GATEHOUSE_CA_PASSPHRASE"];
    }
    const text = readFileSync(seen, "utf8");
    expect(text.split("\n")[0]).toBe("sign ecdsa-with-SHA256");
    expect(text).toContain("PATH=");
    expect(text).not.toMatch(/GATEHOUSE|never shown/);
  });

  it("that hangs is ended when its time is over, which the error says, and so is what it started", async () => {
    const { signer } = await openProgram(program("hangs", `echo $$ >'${directory}/pid'; exec sleep 600`), publicKey, 1);
    await expect(signer.sign(BODY)).rejects.toThrow(/\(sign ecdsa-with-SHA256\) did not answer within 1 seconds/);
    const pid = readFileSync(join(directory, "pid"), "utf8").trim();
    await expect.poll(() => existsSync(`/proc/${pid}`) && !isZombie(pid)).toBe(false);
  });

  it("that says more than a signature can have is ended at once, whatever it goes on to say", async () => {
    const { signer } = await openProgram(program("talks", "exec yes"), publicKey);
    await expect(signer.sign(BODY)).rejects.toThrow("said more than 65536 bytes, which is no signature");
  });

  it("runs eight times at once, and after the first that fails not once more", async () => {
    const runs = join(directory, "runs");
    execFileSync("mkdir", [runs], { env: environment() });
    const file = program(
      "counts",
      `mktemp '${runs}/XXXXXXXX' >/dev/null; set -- '${runs}'/*; echo $# >>'${directory}/most'; exit 1`,
    );
    const { signer, close } = await openProgram(file, publicKey);
    const results = await Promise.allSettled(Array.from({ length: 300 }, () => signer.sign(BODY)));
    await close();
    expect(results.every(({ status }) => status === "rejected")).toBe(true);
    expect(readdirSync(runs).length).toBeLessThanOrEqual(8);
  });

  function isZombie(pid: string): boolean {
    return readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  }
});
