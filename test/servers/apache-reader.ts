import type { DerivedFile } from "../../scripts/model/derived.ts";
import { RenderedFiles } from "./rendered.ts";

/** What the rendered files say, read back the way Apache would: an independent witness for the tests. */
export class Rendered extends RenderedFiles {
  constructor(files: readonly DerivedFile[]) {
    super(files, "pki/apache/");
  }

  /** A RewriteMap as mod_rewrite reads it: the first line of a key counts, lines end after 1024 bytes. */
  map(name: string): Map<string, string> {
    const entries = new Map<string, string>();
    for (const line of this.text(name).split("\n")) {
      if (line === "" || line.startsWith("#")) continue;
      const [, key = "", value = ""] = /^(\S+)\s+(\S+)$/.exec(line) ?? [];
      if (key === "" || entries.has(key) || line.length > 1023) throw new Error(`${name}: ${line}`);
      entries.set(key, value);
    }
    return entries;
  }

  /** URL path → repository, of a server's file: what it includes, and which path that asks for. */
  paths(name: string): Map<string, string> {
    const included = [...this.text(name).matchAll(/repositories\/(\S+)[.]conf"/g)].map(([, one = ""]) => one);
    return new Map(
      included.map((one) => [/^Alias "(.+)" "/m.exec(this.text(`repositories/${one}.conf`))?.[1] ?? "", one]),
    );
  }

  /**
   * Whether the gate of a repository lets a serial number in: the conditions before the refusal, all of which must hold
   * for it, evaluated; and only if a rule after it opens.
   */
  opens(repository: string, serial: string): boolean {
    const roles = this.map("roles.map");
    const lines = this.text(`gates/${repository}.conf`).split("\n").slice(1, -1);
    const refusal = lines.findIndex((line) => line.includes("R=403"));
    const conditions = lines.slice(1, refusal).map((line) => {
      const group = /^RewriteCond "\$\{gatehouse_roles:%\{ENV:gatehouse_serial\}\/(.+)\}" "!=yes"$/.exec(line)?.[1];
      if (group === undefined) throw new Error(`no condition: ${line}`);
      return roles.get(`${serial}/${group}`) !== "yes";
    });
    return !conditions.every(Boolean) && lines.slice(refusal + 1).some((line) => line.includes("gatehouse_may:"));
  }

  /** Repositories that a serial number reaches at a server, by path and by /home/. */
  reach(server: string, serial: string): { readonly paths: string[]; readonly home: string | null } {
    const listed = this.map("clients.map").has(serial);
    const open = [...this.paths(`servers/${server}.conf`)].filter(([, one]) => listed && this.opens(one, serial));
    const home = this.map("homes.map").get(serial);
    return { paths: open.map(([, one]) => one).sort(), home: open.find(([path]) => path === home)?.[1] ?? null };
  }
}
