import type { RenderedFiles } from "../rendered.ts";
import type { Asked, Verdict, Witness } from "./witness.ts";

type Section = ReadonlyMap<string, string>;

/** What stands before the first section, under the empty name, and the sections. */
function sections(text: string): Map<string, Section> {
  return new Map(
    text.split(/^\[/m).map((part, n) => {
      const [head = "", ...rest] = part.split("\n");
      const lines = (n === 0 ? [head, ...rest] : rest).filter((line) => / = /.test(line) && !line.startsWith(";"));
      return [
        n === 0 ? "" : head.replace("]", ""),
        new Map(lines.map((line) => line.split(" = ") as [string, string])),
      ];
    }),
  );
}

/** The serial numbers of the certificates that a section's CAfile pins; the authority alone is not in pki/stunnel/. */
function pinned(files: RenderedFiles, section: Section | undefined): string[] {
  const [, gate] = /^current\/stunnel\/(gates\/.+)$/.exec(section?.get("CAfile") ?? "") ?? [];
  return gate === undefined ? [] : serials(files.text(gate));
}

const serials = (text: string) => [...text.matchAll(/^([0-9A-F]{32}) /gm)].map(([, serial = ""]) => serial);

function verdict(files: RenderedFiles, asked: Asked): Verdict {
  const main = sections(files.text("stunnel.conf")).get("") ?? new Map<string, string>();
  const own = sections(files.text(`servers/${asked.server}.conf`));
  const yes = (name: string) => main.get(name) === "yes";
  if (asked.resumed && main.get("sessionResume") === "no" && main.get("options") === "NO_TICKET") return "resumed";
  if (asked.verify !== "SUCCESS" && yes("verifyChain") && main.has("CRLfile")) return "verification";
  const service = [...own.values()].find((one) => one.get("sni") === `listen/1:${asked.name.sni}`);
  const let_in = !yes("verifyPeer") || pinned(files, service ?? own.get("listen/1")).includes(asked.serial);
  if (let_in) return "admitted";
  if (service === undefined) return asked.name.ours ? "nothing there" : "name";
  const anywhere = files.names.some(
    (name) => name.startsWith("gates/") && serials(files.text(name)).includes(asked.serial),
  );
  return anywhere ? "role" : "listed";
}

const MAIN = /\/stunnel\.conf$/;
const OWN = /\/servers\//;

export const stunnel: Witness = {
  verdict,
  without: {
    verification: [[MAIN, "verifyChain = yes\n", ""]],
    name: [[OWN, "CAfile = current/ca.crt", "CAfile = current/stunnel/gates/r.pem"]],
    listed: [[MAIN, "verifyPeer = yes\n", ""]],
    resumed: [[MAIN, "sessionResume = no\n", ""]],
    role: [[OWN, /gates\/.+\.pem/, "gates/r.pem"]],
  },
};
