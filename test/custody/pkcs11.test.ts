import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Answer, attribute, bytesOrNull, CALLS, Malformed, request } from "../../scripts/custody/pkcs11/message.ts";
import { openRemote } from "../../scripts/custody/pkcs11/remote.ts";
import { parseTokenUri } from "../../scripts/custody/pkcs11/uri.ts";
import { UserError } from "../../scripts/model/problem.ts";

const MODULE = "?module-path=/usr/lib/m.so";

describe("a pkcs11: URI", () => {
  it("says token and key, percent-encoded where it must be", () => {
    const text = `pkcs11:token=a%20b;serial=01;manufacturer=M%3B;model=m;slot-id=7;object=%c3%a4;id=%00%ff;type=private${MODULE}&pin-source=file:/run/pin`;
    expect(parseTokenUri(text)).toEqual({
      ...{ module: "/usr/lib/m.so", token: "a b", serial: "01", manufacturer: "M;", model: "m", slot: 7n },
      ...{ label: Buffer.from("ä"), id: Buffer.from([0, 255]), pinFile: "/run/pin" },
    });
  });

  it.each([
    ["is something else", "/etc/key.pem", "does not begin with pkcs11:"],
    ["names no key", `pkcs11:token=a${MODULE}`, "does not say which key"],
    ["names no module", "pkcs11:object=a", "does not say which module"],
    ["names a module by half a path", "pkcs11:object=a?module-path=m.so", "does not say which module"],
    ["is of a certificate", `pkcs11:object=a;type=cert${MODULE}`, "is not of a private key"],
    ["has a PIN", `pkcs11:object=a${MODULE}&pin-value=123456`, "holds a PIN"],
    ["has what is not known", `pkcs11:object=a;x-y=123456${MODULE}`, "has a part that is not known here"],
    ["has no value", `pkcs11:object${MODULE}`, "has a part that is not known here"],
    ["says a thing twice", `pkcs11:object=a;object=b${MODULE}`, "says object twice"],
    ["has half a byte", `pkcs11:object=%a${MODULE}`, "has a % that is no two hex digits"],
    ["has a slot that is no number", `pkcs11:object=a;slot-id=0x1${MODULE}`, "has a slot-id that is no number"],
    ["has two queries", `pkcs11:object=a${MODULE}?x`, "has more than one question mark"],
  ])("is refused where it %s, and no value of it is shown", (_, text, said) => {
    const refused = () => parseTokenUri(text);
    expect(refused).toThrow(said);
    expect(refused).not.toThrow("123456");
  });

  it("is read or refused, whatever it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        try {
          parseTokenUri(`pkcs11:object=a;${text}${MODULE}`);
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
        }
      }),
    );
  });
});

describe("an answer of p11-kit's", () => {
  it("ends, whatever is in it", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        for (const read of ["ulongs", "bytes", "sized", "ulong", "byte"] as const) {
          try {
            new Answer(Buffer.from(bytes))[read]();
          } catch (error) {
            if (!(error instanceof Malformed)) throw error;
          }
        }
      }),
    );
  });

  it("is asked for as p11-kit writes it itself", () => {
    const login = request(CALLS.login, [Buffer.alloc(8), Buffer.alloc(8), bytesOrNull(Buffer.from("1"))]);
    expect(login.toString("hex")).toBe(`000000120000000475756179${"00".repeat(16)}010000000131`);
    expect(attribute(0, 3).toString("hex")).toBe("0000000001000000080000000000000003");
    expect(attribute(3, Buffer.from("ca")).toString("hex")).toBe("000000030100000002000000026361");
  });
});

describe("a p11-kit that does not do as it should", () => {
  const directory = mkdtempSync(join(tmpdir(), "gatehouse-p11-"));
  const before = process.env["PATH"];
  beforeAll(() => {
    process.env["PATH"] = `${directory}:${before}`;
  });
  afterAll(() => {
    process.env["PATH"] = before;
    rmSync(directory, { recursive: true, force: true });
  });

  it.each([
    ["ends at once", "exit 3", /it ended \(exit code 3\)/],
    ["is killed", "kill -9 $$", /it ended \(SIGKILL\)/],
    ["says nothing", "exec sleep 600", /it said nothing for 1 seconds/],
    ["speaks another version", "printf '\\002'; exec sleep 600", /speaks version 2 of its protocol/],
    [
      "answers to something else",
      "printf '\\0\\0\\0\\0\\1\\0\\0\\0\\0\\0\\0\\0\\010\\0\\0\\0\\7\\0\\0\\0\\0'; exec sleep 600",
      /an answer is to something else/,
    ],
    [
      "announces gigabytes",
      "printf '\\0\\0\\0\\0\\1\\0\\0\\0\\0\\377\\377\\377\\377'; exec sleep 600",
      /an answer is too long/,
    ],
    ["talks and talks", "exec yes", /speaks version 121|an answer is too long/],
    [
      "tells the PIN, and orders to the terminal",
      "printf 'PIN 4711 \\033[31m' >&2; exit 1",
      /and p11-kit said: PIN … \\u\{1b\}\[31m$/,
    ],
  ])("%s: that is said, and no secret", async (_, body, said) => {
    writeFileSync(join(directory, "p11-kit"), `#!/bin/sh\n${body}\n`);
    chmodSync(join(directory, "p11-kit"), 0o755);
    await expect(openRemote("/usr/lib/m.so", () => "4711", 1)).rejects.toThrow(said);
  });
});
