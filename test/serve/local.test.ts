import { describe, expect, test } from "vitest";
import { type Local, localConfiguration } from "../../scripts/serve/local.ts";
import { renderNginx } from "../../scripts/servers/nginx/files.ts";
import { client, group, registry, repository, serial, server } from "../servers/nginx-samples.ts";

const NAME = "pkg.example.com";
const OWN = `pki/nginx/servers/${NAME}.conf`;
const files = { file: "/etc/x.crt", key: "/etc/x.key", ca: null };

const sample = registry({
  repositories: {
    here: repository({ path: "/here/", root: "/srv/here" }),
    gone: repository({ path: "/gone/", root: "/srv/gone" }),
  },
  groups: { staff: group(["here", "gone"]) },
  clients: { alice: client({ groups: ["staff"] }) },
  servers: {
    [NAME]: server({ names: [NAME], repositories: ["here", "gone"] }),
    other: server({ names: ["other.example.com"] }),
    bought: server({ names: ["bought.example.com"], certificate: files }),
  },
});
const issuedServers = [NAME, "other"];
const rendered = renderNginx({ registry: sample, admitted: [{ serial: serial(1), client: "alice" }], issuedServers });
const onDisk = new Map(rendered.map((file) => [file.path, "text" in file ? file.text : ""]));
const local: Local = { server: NAME, port: 8443, plainPort: 8080, sampled: new Set(["gone"]), throwaway: false };

const configuration = (changes: Partial<Local> = {}, disk: ReadonlyMap<string, string> = onDisk) =>
  localConfiguration(sample, { ...local, ...changes }, disk, issuedServers);

describe("the configuration that is served", () => {
  test("is that on disk, but for the server's addresses and the roots that are missing", () => {
    const served = configuration();
    const changed = [...served].filter(([path, text]) => text !== onDisk.get(path)).map(([path]) => path);
    expect(changed).toEqual(["pki/nginx/repositories/gone.conf", OWN]);
    expect(served.get("pki/nginx/repositories/gone.conf")).toContain('alias "samples/gone/";');
    expect(served.get("pki/nginx/clients.map")).toContain(serial(1));
  });

  test("listens on loopback only, and redirects to the port it has", () => {
    const text = configuration().get(OWN) ?? "";
    const listeners = new Set([...text.matchAll(/listen (\S+?)(?: ssl)?;/g)].map(([, address]) => address));
    expect(listeners).toEqual(new Set(["127.0.0.1:8443", "127.0.0.1:8080"]));
    expect(text).toContain(`return 301 "https://${NAME}:8443$request_uri";`);
    expect(configuration({ plainPort: null }).get(OWN)).not.toContain("8080");
  });

  test("holds no other server", () => {
    const others = [...configuration().keys()].filter((path) => /\/(?:servers|include)\//.test(path));
    expect(others).toEqual([OWN]);
  });

  test("leads to a throwaway certificate where the configured one is elsewhere", () => {
    const bought = "pki/nginx/servers/bought.conf";
    expect(configuration({ server: "bought" }).get(bought)).toContain('ssl_certificate "/etc/x.crt";');
    const text = configuration({ server: "bought", throwaway: true }).get(bought);
    expect(text).toContain('ssl_certificate "../issued/bought.crt";');
    expect(text).not.toContain("/etc/x");
  });

  test.each([
    ["was edited", [[OWN, `${onDisk.get(OWN)} `]]],
    ["is missing", [[OWN, undefined]]],
    ["is a missing map", [["pki/nginx/clients.map", undefined]]],
  ] as const)("is refused where a file on disk %s", (_, [[path, text]]) => {
    const disk = new Map(onDisk);
    if (text === undefined) disk.delete(path);
    else disk.set(path, text);
    expect(() => configuration({}, disk)).toThrow(`${path} is not what`);
  });
});
