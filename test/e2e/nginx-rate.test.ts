import { expect, test } from "vitest";
import { Nginx, testConfiguration } from "./support/nginx.ts";
import { freePorts } from "./support/ports.ts";
import { clientsYaml } from "./support/repository.ts";
import { ask } from "./support/request.ts";
import { Scratch } from "./support/scratch.ts";
import { clock, Site } from "./support/site.ts";

const NAME = "pkg.example.com";

test("each client has a rate of its own, and what it asks beyond that is refused with a reason and a page", async () => {
  using scratch = new Scratch("rate");
  scratch.write("www/file.txt", "files\n");
  const [tls = 0] = await freePorts(1);
  const clients = { alice: "{ groups: [staff] }", bob: "{ groups: [staff] }", carol: "{}" };
  const registry = clientsYaml(clients)
    .replace("software: nginx", `listen: ["127.0.0.1:${tls}"], redirect: [], rate: 1r/m, burst: 3`)
    .replace("/srv/files", scratch.at("www"));
  using site = await Site.create(registry, clock());
  expect(testConfiguration(scratch.at("trial"), site.conf)).toEqual({ code: 0, said: "" });
  await using nginx = await Nginx.start(scratch.at("run"), site.conf, tls);
  const get = (name: string, target = "/files/file.txt") =>
    ask({ port: tls, sni: NAME, ca: site.ca, as: site.take(name), target });

  for (let count = 0; count < 4; count += 1) expect((await get("alice")).status).toBe(200);
  const refused = await get("alice", "/files/file.txt?more");
  expect(refused).toMatchObject({ status: 429, body: expect.stringContaining("more often than this server allows") });
  expect(refused.headers.get("retry-after")).toBe("1");
  expect(await nginx.record("?more")).toMatchObject({ client: "alice", reason: "too many requests", status: "429" });
  for (let count = 0; count < 4; count += 1) expect((await get("bob")).status).toBe(200);
  // Refused by a gate, and so counted for nobody.
  for (let count = 0; count < 6; count += 1) expect((await get("carol")).status).toBe(403);
});

test("one include in a foreign http {} limits its own server only", async () => {
  using scratch = new Scratch("rate-foreign");
  const registry = clientsYaml({ alice: "{ groups: [staff] }" }).replace("software: nginx", "rate: 20r/s, burst: 0");
  using site = await Site.create(registry, clock());
  const file = `nginx/include/${NAME}.conf`;
  const text = site.repository.read(`pki/${file}`);
  expect(text.match(/^limit_req.*$/gm)).toEqual([
    `limit_req_zone $gatehouse_client zone=gatehouse_${NAME}:10m rate=20r/s;`,
  ]);
  site.replace(
    file,
    text.replaceAll("/var/log/nginx/gatehouse.log", "access.log").replaceAll("gatehouse/", site.at("./")),
  );
  const scratchPaths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${name};`);
  const conf = scratch.write(
    "host.conf",
    `pid nginx.pid;\nerror_log error.log;\nevents {}\nhttp {\n${scratchPaths.join("\n")}\ninclude ${site.at(file)};\n}\n`,
  );
  expect(testConfiguration(scratch.at("trial"), conf)).toEqual({ code: 0, said: "" });
});
