import type { Registry, Server } from "../model/registry.ts";
import { sshTarget } from "../model/ssh-target.ts";
import { compare } from "../model/words.ts";

/**
 * Ansible's inventory of the servers that are reached by ssh, YAML, sorted by name. A host has its server's name, by
 * which `deploy --build DIR` calls its release.
 */
export function inventoryYaml(registry: Registry): string {
  const hosts = [...registry.servers].sort(([a], [b]) => compare(a, b)).flatMap(([name, server]) => host(name, server));
  return [
    "# Made from the registry: npm run -s deploy -- --inventory",
    "all:",
    "  children:",
    "    gatehouse:",
    hosts.length === 0 ? "      hosts: {}" : "      hosts:",
    ...hosts,
    "",
  ].join("\n");
}

function host(name: string, { deploy, software }: Server): string[] {
  if (deploy.to !== "ssh") return [];
  const { user, host: address, port } = sshTarget(deploy.host);
  const variables = [
    ["ansible_host", address],
    ["ansible_port", port],
    ["ansible_user", user],
    ["gatehouse_directory", deploy.directory],
    ["gatehouse_software", software],
  ] as const;
  // JSON is YAML: a name such as 10 or no stays text.
  const lines = variables.flatMap(([key, value]) =>
    value === null ? [] : [`          ${key}: ${JSON.stringify(value)}`],
  );
  return [`        ${JSON.stringify(name)}:`, ...lines];
}
