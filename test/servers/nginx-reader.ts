import type { DerivedFile } from "../../scripts/model/derived.ts";
import { RenderedFiles } from "./rendered.ts";

/** What the rendered files say, read back the way nginx would: an independent witness for the tests. */
export class Rendered extends RenderedFiles {
  constructor(files: readonly DerivedFile[]) {
    super(files, "pki/nginx/");
  }

  /** A map file as key → value; refuses what nginx would: a key twice, without regard to case. */
  map(name: string): Map<string, string> {
    const entries = new Map<string, string>();
    for (const line of this.text(name).split("\n")) {
      if (line === "" || line.startsWith("#")) continue;
      const [, key = "", value = ""] = /^(s:[0-9A-F]+) "([^"]*)";$/.exec(line) ?? [];
      if (key === "" || entries.has(key.toLowerCase())) throw new Error(`${name}: ${line}`);
      entries.set(key.toLowerCase(), value);
    }
    return entries;
  }

  /** Location's prefix → file included there, of a server file. */
  locations(name: string): Map<string, string> {
    const found = this.text(name).matchAll(
      /location \^~ "([^"]+)" \{\n\s+include (?:gatehouse\/nginx\/)?gates\/\S+;\n\s+include (?:gatehouse\/nginx\/)?(\S+);\n\s+\}/g,
    );
    return new Map([...found].map(([, path = "", file = ""]) => [path, file]));
  }

  /** Whether the gate of a repository lets these roles in: its first directive, evaluated. */
  opens(repository: string, roles: string): boolean {
    const [, first = ""] = this.text(`gates/${repository}.conf`).split("\n");
    if (first.startsWith("set ")) return false;
    const pattern = /^if \(\$gatehouse_roles !~ "(.+)"\) \{$/.exec(first)?.[1];
    if (pattern === undefined) throw new Error(`no gate: ${first}`);
    return new RegExp(pattern).test(roles);
  }

  /** Repositories that a serial number reaches at a server, by path and by /home/. */
  reach(server: string, serial: string): { readonly paths: string[]; readonly home: string | null } {
    const key = `s:${serial}`.toLowerCase();
    const listed = (this.map("clients.map").get(key) ?? "") !== "";
    const roles = this.map("roles.map").get(key) ?? "";
    const locations = this.locations(`servers/${server}.conf`);
    const nameOf = (file: string) => file.replace(/^repositories\/(.*)\.conf$/, "$1");
    const open = [...locations].filter(([, file]) => listed && this.opens(nameOf(file), roles));
    const home = this.map("homes.map").get(key);
    return {
      paths: open.map(([, file]) => nameOf(file)).sort(),
      home: nameOf(open.find(([path]) => path === home)?.[1] ?? "") || null,
    };
  }
}
