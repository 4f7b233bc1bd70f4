import { createSecretKey, randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatKeyFile, keyFingerprint, parseKeyFile, type VaultKey } from "../../scripts/vault/key-file.ts";
import { isSealed, open, seal } from "../../scripts/vault/seal.ts";
import { run } from "../system/scratch.ts";
import { cloneLocked, committed, unlockedRepository } from "./git-crypt.ts";

const version = (number: number) => ({
  version: number,
  aes: createSecretKey(randomBytes(32)),
  hmac: createSecretKey(randomBytes(64)),
});
const newKey = (name: string | null = null): VaultKey => ({ name, versions: [version(0)] });

const SIZES = [0, 1, 16, 5 * 1024 * 1024];

describe("with the real git-crypt", () => {
  test.each(SIZES)("%i bytes sealed by git-crypt are opened here, and sealed here to the same bytes", (size) => {
    const { root, key } = unlockedRepository();
    const plaintext = randomBytes(size);
    mkdirSync(join(root, "pki/private"), { recursive: true });
    writeFileSync(join(root, "pki/private/x.key"), plaintext);
    run(root, "git", "add", "--all");
    run(root, "git", "commit", "--quiet", "-m", "key");
    const blob = committed(root, "pki/private/x.key");
    expect(isSealed(blob)).toBe(true);
    expect(open(key, blob).equals(plaintext)).toBe(true);
    expect(seal(key, plaintext).equals(blob)).toBe(true);
  });

  test.each(SIZES)("%i bytes sealed here are opened by git-crypt unlock", (size) => {
    const { root, key, keyFile } = unlockedRepository();
    const clone = cloneLocked(root);
    const plaintext = randomBytes(size);
    mkdirSync(join(clone, "pki/private"), { recursive: true });
    writeFileSync(join(clone, "pki/private/x.key"), seal(key, plaintext));
    run(clone, "git", "add", "--all");
    run(clone, "git", "commit", "--quiet", "-m", "key");
    run(clone, "git-crypt", "unlock", keyFile);
    expect(readFileSync(join(clone, "pki/private/x.key")).equals(plaintext)).toBe(true);
    expect(run(clone, "git", "status", "--porcelain")).toBe("");
  });

  test("key files, default and named, are read and written byte for byte", () => {
    const { root, keyFile } = unlockedRepository();
    run(root, "git-crypt", "init", "-k", "authority");
    run(root, "git-crypt", "export-key", "-k", "authority", `${keyFile}.named`);
    const names = [keyFile, `${keyFile}.named`].map((file) => {
      const bytes = readFileSync(file);
      const key = parseKeyFile(bytes);
      expect(formatKeyFile(key).equals(bytes)).toBe(true);
      return key.name;
    });
    expect(names).toEqual([null, "authority"]);
  });
});

describe("seal and open", () => {
  test("are inverse for any bytes", () => {
    const key = newKey();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const blob = seal(key, bytes);
        expect(blob.length).toBe(bytes.length + 22);
        expect(open(key, blob).equals(Buffer.from(bytes))).toBe(true);
      }),
    );
  });

  test("another key is found by the HMAC and said so", () => {
    expect(() => open(newKey(), seal(newKey(), Buffer.from("secret")))).toThrow("sealed with another key");
  });

  test("a changed bit anywhere after the header is found", () => {
    const key = newKey();
    const blob = seal(key, Buffer.from("secret"));
    for (let at = 10; at < blob.length; at += 1) {
      const changed = Buffer.from(blob);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => open(key, changed)).toThrow("was changed since");
    }
  });

  test("what is no ciphertext, or cut short, is a sentence", () => {
    const key = newKey();
    expect(() => open(key, Buffer.from("-----BEGIN"))).toThrow("not git-crypt's ciphertext");
    expect(() => open(key, seal(key, Buffer.alloc(0)).subarray(0, 21))).toThrow("cut short");
  });

  test("a key of several versions seals with the newest and opens with each", () => {
    const old = version(0);
    const both: VaultKey = { name: null, versions: [version(1), old] };
    const before = seal({ name: null, versions: [old] }, Buffer.from("x"));
    expect(open(both, before).toString()).toBe("x");
    expect(seal(both, Buffer.from("x")).equals(before)).toBe(false);
    expect(keyFingerprint(parseKeyFile(formatKeyFile(both)))).toBe(keyFingerprint(both));
  });
});

describe("key files", () => {
  test("never throw anything but a sentence, whatever their bytes", () => {
    const good = formatKeyFile(newKey("name"));
    const mutated = fc.tuple(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length)).map(([at, byte, length]) => {
      const bytes = Buffer.from(good);
      bytes[at] = byte;
      return bytes.subarray(0, length);
    });
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array()), (bytes) => {
        try {
          parseKeyFile(bytes);
        } catch (error) {
          expect(error).toMatchObject({ name: "UserError" });
        }
      }),
    );
  });

  test("are never printed, whole or in an error", () => {
    const key = newKey();
    const bytes = formatKeyFile(key);
    const secret = bytes.subarray(40, 60).toString("hex");
    expect(inspect(key, { depth: null, showHidden: true }).replaceAll(" ", "")).not.toContain(secret);
    expect(JSON.stringify(key)).not.toContain(key.versions[0].aes.export().toString("base64"));
  });
});
