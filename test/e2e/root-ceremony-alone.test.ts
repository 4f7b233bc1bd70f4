import { copyFileSync, cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { must, NAMES, PASSPHRASE, ROOT_SH, ran } from "./support/root-ceremony.ts";
import { Scratch } from "./support/scratch.ts";

/** All that root.sh says that it needs beside sh and openssl. */
const PROGRAMS = ["date", "mkdir", "mv", "rm", "stty", "sync"];

function pathOf(program: string): string {
  return must("sh", ["-c", 'command -v "$1"', "sh", program]).trim();
}

/** Copies a program and what it is linked with into a directory that becomes `/`. */
function install(root: string, from: string, to: string): void {
  const libraries = [...must("ldd", [from]).matchAll(/(\/\S+) \(0x/g)].map(([, library = ""]) => library);
  for (const [source, target] of [[from, to], ...libraries.map((library) => [library, library])] as [
    string,
    string,
  ][]) {
    mkdirSync(dirname(join(root, target)), { recursive: true });
    copyFileSync(source, join(root, target));
  }
}

/** A machine with nothing but one shell, openssl and PROGRAMS: no network, no settings, no devices, no Node. */
class Bare extends Scratch {
  constructor(shell: "dash" | "busybox") {
    super("bare");
    for (const directory of ["bin", "dev", "root", "tmp"]) mkdirSync(this.at(directory));
    install(this.path, pathOf("openssl"), "/bin/openssl");
    install(this.path, pathOf(shell), shell === "dash" ? "/bin/sh" : "/bin/busybox");
    if (shell === "dash") for (const program of PROGRAMS) install(this.path, pathOf(program), `/bin/${program}`);
    else for (const program of ["sh", ...PROGRAMS]) symlinkSync("busybox", this.at("bin", program));
    cpSync(dirname(ROOT_SH), this.at("authority"), { recursive: true });
    writeFileSync(this.at("passphrase"), PASSPHRASE);
  }

  run(...args: readonly string[]): string {
    const empty = ["env", "-i", "PATH=/bin", "GATEHOUSE_CA_PASSPHRASE_FILE=/passphrase"];
    const alone = ["unshare", ...(process.getuid?.() === 0 ? [] : ["--map-root-user"]), "--net", `--root=${this.path}`];
    return must("env", [...empty.slice(1), ...alone, "--wd=/root", "/bin/sh", "/authority/root.sh", ...args]);
  }
}

describe.each([
  ["dash", "ec-p384", "ec-p256"],
  ["busybox", "ed25519", "rsa-3072"],
] as const)("on a machine with %s, openssl and nothing else", (shell, rootKey, issuingKey) => {
  it(`a root of type ${rootKey} signs an authority of type ${issuingKey}, which openssl and GnuTLS believe until it is revoked`, () => {
    using machine = new Bare(shell);
    const at = machine.at("root");
    const newkey = issuingKey === "rsa-3072" ? ["rsa:3072"] : ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
    const request = [
      "-newkey",
      ...newkey,
      "-nodes",
      "-keyout",
      "issuing.key",
      "-subj",
      "/CN=Example Issuing/O=Example Ltd",
    ];
    machine.run("init", ...NAMES, "--country", "DE", "--key", rootKey);
    must("openssl", ["req", "-new", ...request, "-out", "issuing.req"], at);
    expect(machine.run("sign", "issuing.req", "--yes")).toContain(
      "npm run authority -- take root.crt issuing.crt root.crl",
    );
    issueLeaf(at);
    expect(openssl(at)).toBe("leaf.crt: OK\n");
    expect(gnutls(at)).toContain("Chain verification output: Verified.");

    machine.run("revoke", "issuing.crt", "keyCompromise", "--yes");
    expect(openssl(at)).toContain("certificate revoked");
    expect(gnutls(at)).toContain("The certificate chain is revoked.");
  });
});

/** A client's certificate and the issuing authority's own list, by openssl. */
function issueLeaf(at: string): void {
  const extensions =
    "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid:always\n";
  const ca = "[ca]\ndefault_ca=c\n[c]\ndatabase=index\ndefault_md=sha256\ncrlnumber=number\ndefault_crl_days=30\n";
  writeFileSync(join(at, "leaf.ext"), extensions);
  writeFileSync(join(at, "ca.cnf"), `${ca}crl_extensions=x\n[x]\nauthorityKeyIdentifier=keyid:always\n`);
  writeFileSync(join(at, "index"), "");
  writeFileSync(join(at, "number"), "01\n");
  const name = ["-subj", "/CN=alice/O=Example Ltd", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
  must("openssl", ["req", "-new", ...name, "-nodes", "-keyout", "leaf.key", "-out", "leaf.req"], at);
  const issuer = ["-CA", "issuing.crt", "-CAkey", "issuing.key", "-set_serial", "0x40", "-days", "30"];
  must("openssl", ["x509", "-req", "-in", "leaf.req", ...issuer, "-extfile", "leaf.ext", "-out", "leaf.crt"], at);
  const signer = ["-cert", "issuing.crt", "-keyfile", "issuing.key"];
  must("openssl", ["ca", "-config", "ca.cnf", "-gencrl", ...signer, "-out", "issuing.crl"], at);
  must("sh", ["-c", "cat leaf.crt issuing.crt root.crt >chain.pem"], at);
}

function both(at: string): string {
  must("sh", ["-c", "cat root.crl issuing.crl >crl.pem"], at);
  return "crl.pem";
}

function openssl(at: string): string {
  const trust = ["-CAfile", "root.crt", "-untrusted", "issuing.crt", "-CRLfile", both(at)];
  return ran("openssl", ["verify", "-x509_strict", "-crl_check_all", "-purpose", "sslclient", ...trust, "leaf.crt"], at)
    .output;
}

function gnutls(at: string): string {
  const trust = ["--load-ca-certificate", "root.crt", "--load-crl", both(at)];
  return ran("certtool", ["--verify", ...trust, "--infile", "chain.pem"], at).output;
}
