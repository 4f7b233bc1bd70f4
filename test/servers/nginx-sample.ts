import type { Registry } from "../../scripts/model/registry.ts";
import { renderNginx } from "../../scripts/servers/nginx/files.ts";
import { client, group, registry, repository, serial, server } from "./nginx-samples.ts";

export const SAMPLE: Registry = registry({
  repositories: {
    packages: repository({ path: "/packages/", root: "/srv/packages" }),
    debian: repository({ path: "/debian/", root: "/srv/debian" }),
  },
  groups: { staff: group(["packages", "debian"]), subscribers: group(["debian"]) },
  clients: {
    alice: client({ groups: ["staff", "subscribers"], home: "debian" }),
    bob: client({ groups: ["subscribers"] }),
    carol: client(),
    held: client({ groups: ["staff"], suspended: true }),
    gone: client({ revoked: "keyCompromise" }),
  },
  servers: {
    "pkg.example.com": server({ names: ["pkg.example.com"], repositories: ["packages", "debian"] }),
    "apt.example.com": server({ names: ["apt.example.com", "deb.example.com"], repositories: ["debian"] }),
    "web.example.com": server({ names: ["web.example.com"], software: "apache", repositories: ["debian"] }),
  },
});

const ADMITTED = ["alice", "bob", "carol", "held", "gone", "nobody"].map((name, n) => ({
  client: name,
  serial: serial(n),
}));

const BOTH = ["pkg.example.com", "apt.example.com"];

export const render = (input: Partial<Parameters<typeof renderNginx>[0]> = {}) =>
  renderNginx({ registry: SAMPLE, admitted: ADMITTED, issuedServers: BOTH, ...input });
