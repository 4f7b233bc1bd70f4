import { copyFileSync, mkdirSync, readFileSync } from "node:fs";
import type { DerivedFile } from "../../../scripts/model/derived.ts";
import type { Registry } from "../../../scripts/model/registry.ts";
import { renderNginx } from "../../../scripts/render/nginx.ts";
import { Authority, type Credentials, type CrlTimes } from "./authority.ts";
import type { Scratch } from "./scratch.ts";

/** A directory like pki/ as reconcile leaves it, made of openssl's certificates and our configuration. */
export class Site {
  readonly #scratch: Scratch;
  readonly authority: Authority;

  constructor(scratch: Scratch) {
    this.#scratch = scratch;
    this.authority = new Authority(scratch.at("authority"), "Example CA");
    scratch.write("pki/ca.crt", readFileSync(this.authority.certificate, "utf8"));
    this.writeCrl();
  }

  get ca(): string {
    return this.authority.certificate;
  }

  get conf(): string {
    return this.#scratch.at("pki/nginx/nginx.conf");
  }

  writeCrl(times?: CrlTimes): void {
    this.#scratch.write("pki/crl.pem", this.authority.crl(times));
  }

  issueServer(name: string, names: readonly string[]): Credentials {
    const credentials = this.authority.issue({ name, kind: "server", names });
    for (const [directory, source, suffix] of [
      ["issued", credentials.cert, "crt"],
      ["private", credentials.key, "key"],
    ] as const) {
      mkdirSync(this.#scratch.at("pki", directory), { recursive: true });
      copyFileSync(source, this.#scratch.at("pki", directory, `${name}.${suffix}`));
    }
    return credentials;
  }

  /** Renders and writes pki/nginx/; `admitted` by client, each with its credentials. */
  render(
    registry: Registry,
    admitted: Readonly<Record<string, { readonly serial: string }>>,
    issuedServers: readonly string[] = [...registry.servers.keys()],
  ): DerivedFile[] {
    const files = renderNginx({
      registry,
      admitted: Object.entries(admitted).map(([client, { serial }]) => ({ client, serial })),
      issuedServers,
    });
    for (const one of files) if ("text" in one) this.#scratch.write(one.path, one.text);
    return files;
  }
}
