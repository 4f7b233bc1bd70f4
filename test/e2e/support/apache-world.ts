import { generateKeyPairSync } from "node:crypto";
import { readFileSync, symlinkSync } from "node:fs";
import { readCrl } from "../../../scripts/x509/crl-reader.ts";
import { World } from "./activation.ts";
import type { Made, Wanted } from "./release.ts";

/** The two states of World, and releases of them for Apache, of what reconcile rendered. */
export class ApacheWorld implements Disposable {
  readonly world: World;

  private constructor(world: World) {
    this.world = world;
  }

  static async create(): Promise<ApacheWorld> {
    return new ApacheWorld(await World.create("apache"));
  }

  release(commit: number, wanted: Partial<Wanted> = {}): Made {
    const { manifest, ...rest } = wanted;
    return this.world.release(commit, { ...rest, manifest: { software: "apache", ...manifest } });
  }

  /** The CRL number of the first state. */
  get crl(): number {
    return readCrl(readFileSync(`${this.world.before}/crl.pem`, "utf8")).number;
  }

  otherKey(): string {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    return privateKey.export({ type: "pkcs8", format: "pem" });
  }

  /** Somebody else's Apache, which includes ours by way of a link. Its ServerRoot. */
  foreignHost(name: string, current: string): string {
    const { scratch, tls } = this.world;
    const run = scratch.at(name, "run");
    scratch.write(
      `${name}/host/httpd.conf`,
      `Define gatehouse_log "${run}"
Include gatehouse/apache/modules.conf
User www-data
ServerName host.example.net
PidFile "${run}/httpd.pid"
DefaultRuntimeDir "${run}"
ErrorLog "${run}/error.log"
Listen 127.0.0.1:${tls}
Include gatehouse/apache/include/pkg.example.com.conf
`,
    );
    symlinkSync(current, scratch.at(name, "host/gatehouse"));
    return scratch.at(name, "host");
  }

  [Symbol.dispose](): void {
    this.world[Symbol.dispose]();
  }
}
