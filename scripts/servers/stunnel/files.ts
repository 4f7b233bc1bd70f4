import { reach } from "../../model/access.ts";
import type { DerivedFile } from "../../model/derived.ts";
import { DIR } from "../../model/layout.ts";
import { compare } from "../../model/words.ts";
import type { PinInput } from "../kind.ts";
import { gateFile, mainFile, type Pinned, serverFile } from "./server.ts";
import { file } from "./text.ts";

/**
 * Everything under pki/stunnel/, sorted by path: stunnel.conf, a file for each server, and for each service that one of
 * them offers the certificates that it lets in. Nothing where no server runs stunnel. The same for the same registry and
 * certificates, whatever their order. ASCII.
 * @throws Error for text that no checked registry holds
 */
export function renderStunnel(input: PinInput): DerivedFile[] {
  const { registry, authority } = input;
  const servers = [...registry.servers].filter(([, { software }]) => software === "stunnel");
  if (servers.length === 0 || authority === null) return [];
  const issued = new Set(input.issuedServers);
  const files = [
    { path: `${DIR.stunnel}/stunnel.conf`, text: mainFile() },
    ...servers.map(([name, server]) => {
      const waits = server.certificate === "issued" && !issued.has(name);
      return {
        path: `${DIR.stunnel}/servers/${name}.conf`,
        text: waits ? waiting() : serverFile(name, server, registry.services),
      };
    }),
    ...gates(input, authority, new Set(servers.flatMap(([, { services }]) => services))),
  ];
  return files.sort((a, b) => compare(a.path, b.path));
}

/** stunnel does not start without a certificate: until there is one, the file holds no section. */
function waiting(): string {
  return file(["; No certificate has been issued to this server yet: it offers nothing."]);
}

function gates({ registry, now, valid }: PinInput, authority: string, offered: ReadonlySet<string>): DerivedFile[] {
  const admitted = new Map([...offered].map((service): [string, Pinned[]] => [service, []]));
  for (const { certificate, identity } of valid) {
    if (certificate.kind !== "client") continue;
    for (const service of reach(registry, identity, now).services) {
      admitted.get(service)?.push({ client: identity, certificate });
    }
  }
  return [...admitted].map(([service, pinned]) => {
    pinned.sort((a, b) => compare(a.client, b.client) || compare(a.certificate.serial, b.certificate.serial));
    return { path: `${DIR.stunnel}/gates/${service}.pem`, text: gateFile(authority, pinned) };
  });
}
