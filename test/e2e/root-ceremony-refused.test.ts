import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { Ceremony, must, NAMES, ROOT_SH, ran } from "./support/root-ceremony.ts";

let first: Ceremony;
beforeAll(() => {
  first = Ceremony.withRoot();
});
afterAll(() => first[Symbol.dispose]());

const P256 = ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"];

describe("refused, and nothing is done", () => {
  const weak =
    (...newkey: string[]) =>
    (ceremony: Ceremony) =>
      ceremony.request([], newkey);
  const broken = (ceremony: Ceremony) => {
    const der = must("openssl", ["req", "-in", ceremony.request(), "-outform", "DER", "-out", "a.der"], ceremony.at());
    must("sh", ["-c", 'size=$(wc -c <a.der); head -c $((size - 1)) a.der >b.der; printf "\\0" >>b.der'], ceremony.at());
    must("openssl", ["req", "-inform", "DER", "-in", "b.der", "-out", "broken.req"], ceremony.at());
    return der + ceremony.at("broken.req");
  };
  const own = (ceremony: Ceremony) => {
    const passphrase = `file:${ceremony.at("passphrase")}`;
    return ceremony.request(["-key", `${ceremony.root}/root.key`, "-passin", passphrase]);
  };
  const NOT = "the key in the request is not certified";

  test.each([
    ["its signature is another's", broken, "signature was not made by the key in it"],
    ["RSA of 2048 bits", weak("rsa:2048"), NOT],
    ["RSA with the exponent 3", weak("rsa:3072", "-pkeyopt", "rsa_keygen_pubexp:3"), NOT],
    ["secp256k1", weak("ec", "-pkeyopt", "ec_paramgen_curve:secp256k1"), NOT],
    ["a curve in numbers", weak(...P256, "-pkeyopt", "ec_param_enc:explicit"), NOT],
    ["RSA-PSS", weak("rsa-pss", "-pkeyopt", "rsa_keygen_bits:3072"), NOT],
    ["the root's own key", own, "the request's key is the root's own"],
    ["nobody's name", (c: Ceremony) => c.request(["-subj", "/"]), "names nobody"],
    [
      "the root's own name",
      (c: Ceremony) => c.request(["-subj", "/CN=Example Root/O=Example Ltd"]),
      "the root's own name",
    ],
    ["a certificate", (c: Ceremony) => `${c.root}/root.crt`, "is no certificate request"],
    ["no file", (c: Ceremony) => c.at("nothing.req"), "is no certificate request"],
  ])("a request: %s", (_, request, sentence) => {
    using ceremony = new Ceremony(first);
    const { code, output } = ceremony.run(["sign", request(ceremony), "--yes"]);
    expect(output).toContain(sentence);
    expect(code).toBe(1);
    expect(ceremony.has("issuing.crt")).toBe(false);
    expect(readdirSync(ceremony.root)).not.toContain(".work");
  });

  test.each([
    ["a second root", ["init", ...NAMES], {}, "there is a root in"],
    [
      "a wrong passphrase",
      ["crl"],
      { GATEHOUSE_CA_PASSPHRASE_FILE: "/etc/passwd" },
      "does not open with this passphrase",
    ],
    [
      "no passphrase, and no terminal",
      ["crl"],
      { GATEHOUSE_CA_PASSPHRASE_FILE: "" },
      "no terminal to ask for the passphrase",
    ],
    [
      "an empty file for a passphrase",
      ["crl"],
      { GATEHOUSE_CA_PASSPHRASE_FILE: "/dev/null" },
      "no passphrase in /dev/null",
    ],
    ["a lifetime that is none", ["crl", "--lifetime", "1 y"], {}, "--lifetime 1 y is no duration"],
    ["a flag of another command", ["crl", "--yes"], {}, "crl does not know --yes"],
    ["one word too many", ["crl", "now"], {}, "crl takes no now"],
    ["a flag without its value", ["crl", "--lifetime"], {}, "--lifetime wants a value"],
    ["no request", ["sign"], {}, "sign what?"],
    ["an unknown command", ["renew"], {}, "sh root.sh init"],
  ] as [string, string[], Record<string, string>, string][])("%s", (_, args, env, sentence) => {
    const before = must("sh", ["-c", "ls -A . && cat root.*"], first.root);
    const { code, output } = first.run(args, env);
    expect(output).toContain(sentence);
    expect(code).toBe(1);
    expect(must("sh", ["-c", "ls -A . && cat root.*"], first.root)).toBe(before);
  });

  test.each([
    ["a short passphrase", [...NAMES], "eleven long", "shorter than 12"],
    ["a passphrase of which openssl reads a part", [...NAMES], "x".repeat(1024), "openssl reads no more than 1023"],
    ["no name", ["--organization", "x"], null, "init wants --common-name"],
    ["control characters", ["--common-name", "a\u001b[31m", "--organization", "x"], null, "--common-name has control"],
    [
      "a name of 65 characters",
      ["--common-name", "x".repeat(65), "--organization", "x"],
      null,
      "openssl takes no such name",
    ],
    [
      "a name that is not UTF-8's",
      ["--common-name", "x", "--organization", "x", "--country", "D1"],
      null,
      "--country is two letters",
    ],
    ["a key that is weak", [...NAMES, "--key", "rsa-2048"], null, "--key rsa-2048 is not known"],
  ])("a root with %s", (_, args, passphrase, sentence) => {
    using ceremony = new Ceremony();
    if (passphrase !== null) writeFileSync(ceremony.at("passphrase"), passphrase);
    const { code, output } = ceremony.run(["init", "--key", "ec-p256", ...args]);
    expect(output).toContain(sentence);
    expect(code).toBe(1);
    expect(ceremony.has("root.key")).toBe(false);
  });

  it("a root inside a git repository, however deep", () => {
    using ceremony = new Ceremony();
    mkdirSync(ceremony.at(".git"));
    mkdirSync(`${ceremony.root}/a/b`, { recursive: true });
    const { output } = ran("sh", [ROOT_SH, "init", ...NAMES], `${ceremony.root}/a/b`);
    expect(output).toContain("is in a git repository");
  });

  it("to sign without being asked, where there is nobody to ask", () => {
    using ceremony = new Ceremony(first);
    const { code, output } = ceremony.run([
      "sign",
      ceremony.request(["-utf8", "-subj", "/CN=\u202eevil\u001b[31m/O=株"]),
    ]);
    expect(output).toContain("no terminal to ask whether this is right");
    expect(output).toMatch(/^subject {6}CN=\\E2\\80\\AEevil\\1B\[31m, O=\\E6\\A0\\AA$/m);
    expect(output).toMatch(/^fingerprint {2}sha256:[0-9a-f]{64}$/m);
    expect(output).toMatch(/^[\n -~]+$/);
    expect(code).toBe(1);
    expect(ceremony.has("issuing.crt")).toBe(false);
  });
});
