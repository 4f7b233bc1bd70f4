import { describe, expect, test } from "vitest";
import { filesOf, lines, rendered, SIGNING, textOf } from "./kinds-samples.ts";
import { parseUcl } from "./ucl.ts";

describe("pkg", () => {
  const conf = async (name: string) => parseUcl(await textOf("pkg", `/usr/local/etc/pkg/repos/${name}.conf`));

  test("has a repository for each server, the first of them enabled, each with its own env", async () => {
    const common = { mirror_type: "none", signature_type: "pubkey", pubkey: "/usr/local/etc/pkg/keys/packages.pub" };
    const env = { SSL_CLIENT_CERT_FILE: "@ETC@/fullchain.pem", SSL_CLIENT_KEY_FILE: "@ETC@/key.pem" };
    expect(await conf("packages")).toEqual({
      packages: {
        url: "https://pkg.example.com/packages/${ABI}",
        ...common,
        priority: 10,
        enabled: true,
        env: { ...env, SSL_CA_CERT_FILE: "@ETC@/server-ca.pem" },
      },
      "packages-known.example.com": {
        url: "https://known.example.com/packages/${ABI}",
        ...common,
        priority: 9,
        enabled: false,
        env,
      },
    });
  });

  test("verifies by fingerprints, a public key or nothing, as the signing file is", async () => {
    const directory = "/usr/local/etc/pkg/fingerprints/ports";
    expect(await conf("ports")).toMatchObject({ ports: { signature_type: "fingerprints", fingerprints: directory } });
    expect(await conf("plain")).toMatchObject({ plain: { signature_type: "none" } });
    const files = await filesOf("pkg");
    expect(files.get(`${directory}/trusted/ports.fingerprint`)).toEqual({
      who: "644 root",
      is: SIGNING["pki/signing/ports.fingerprint"],
    });
    expect(files.get("/usr/local/etc/pkg/keys/packages.pub")?.is).toBe(SIGNING["pki/signing/packages.pub"]);
  });
});

describe("apt", () => {
  test("has one source for all servers of a repository, with its keyring", async () => {
    const source = await textOf("apt", "/etc/apt/sources.list.d/gatehouse-bookworm.sources");
    expect(lines(source)).toEqual([
      "Types: deb",
      "URIs: https://apt.example.com:8443/debian/ https://known.example.com/debian/",
      "Suites: bookworm",
      "Components: main contrib",
      "Signed-By: /etc/apt/keyrings/gatehouse-bookworm.asc",
    ]);
    expect((await filesOf("apt")).get("/etc/apt/keyrings/gatehouse-bookworm.asc")?.is).toBe(
      SIGNING["pki/signing/debian.asc"],
    );
  });

  test("never trusts a repository whose signer nobody named, and says so", async () => {
    const source = await textOf("apt", "/etc/apt/sources.list.d/gatehouse-sid.sources");
    expect(source).not.toMatch(/Trusted|Signed-By/);
    expect((await rendered("apt")).notes.join("\n")).toContain("sid: nobody said who signs it");
  });

  test("names certificate and key for each host, without its port, and a CA where the system knows none", async () => {
    const common = ['  SslCert "/etc/apt/gatehouse/fullchain.pem";', '  SslKey "/etc/apt/gatehouse/key.pem";', "};"];
    expect(lines(await textOf("apt", "/etc/apt/apt.conf.d/60gatehouse"))).toEqual([
      "Acquire::https::apt.example.com {",
      '  CAInfo "/etc/apt/gatehouse/ca.pem";',
      ...common,
      "Acquire::https::known.example.com {",
      ...common,
    ]);
  });

  test("explains in the README what apt says to somebody who is not let in", async () => {
    const { notes } = await rendered("apt");
    expect(notes).toContainEqual(expect.stringContaining('"400  Bad Request"'));
    expect(notes).toContainEqual(expect.stringContaining('"Could not load client certificate … or key"'));
  });

  test("gives its copy of the key to _apt, and to nobody else", async () => {
    const files = await filesOf("apt");
    expect(files.get("/etc/apt/gatehouse/key.pem")).toEqual({ who: "400 _apt", is: "credential:key" });
    expect(files.get("/etc/apt/gatehouse/fullchain.pem")).toEqual({ who: "644 root", is: "credential:fullchain" });
  });
});
