import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { until } from "./support/ports.ts";
import { clientsYaml, Repository } from "./support/repository.ts";
import { Serving } from "./support/serving.ts";

const CLIENTS = { alice: "{ groups: [staff] }", bob: "{ groups: [guests] }" };
const SERVER = "pki/nginx/servers/pkg.example.com.conf";

let template: Repository;
let repository: Repository;
let serving: Serving | undefined;

beforeAll(async () => {
  template = await Repository.ready(clientsYaml(CLIENTS), null);
});
afterAll(() => template?.[Symbol.dispose]());
afterEach(async () => {
  await serving?.end("SIGTERM");
  serving = undefined;
  repository?.[Symbol.dispose]();
});

async function serve(argv: readonly string[] = [], extra: Readonly<Record<string, string>> = {}): Promise<Serving> {
  serving = await Serving.start(repository, argv, extra);
  return serving;
}

describe("serve, in a fresh repository", () => {
  test("prints lines that, pasted, are answered as they say, and shows the requests", async () => {
    repository = template.copy();
    const it = await serve();
    expect([...it.lines().keys()]).toEqual([200, 403, 400]);
    for (const status of it.lines().keys()) expect(it.paste(status)).toMatchObject({ status });
    expect(it.paste(200).text).toContain("Sample content");
    expect(it.stdout).toMatch(/^pkg +\/pkg\/ +sample content/m);
    await it.said(/^\S+Z {2}alice {2}GET \/pkg\/meta.conf {2}200$/m);
    await it.said(/^\S+Z {2}bob {2}GET \/pkg\/meta.conf {2}403 {2}not permitted: pkg$/m);
    await it.said(/^\S+Z {2}- {2}GET \/pkg\/meta.conf {2}400 {2}no certificate$/m);
  });

  test("shows a handshake that fails, which no access log has", async () => {
    repository = template.copy();
    const it = await serve();
    const line = it.lines().get(400) ?? "";
    execFileSync("sh", ["-c", `${line.replace("--cacert pki/ca.crt", "--cacert pki/issued/bob.crt")} || true`], {
      cwd: repository.root,
      stdio: "ignore",
    });
    await it.said(/- {2}no handshake {2}the client does not trust the server's certificate$/m);
    execFileSync("sh", ["-c", `${line.replaceAll("pkg.example.com", "other.example.com")} || true`], {
      cwd: repository.root,
      stdio: "ignore",
    });
    await it.said(/- {2}no handshake {2}another server name was asked for, or none$/m);
  });

  test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("leaves no file and no process behind on %s", async (signal) => {
    repository = template.copy();
    const it = await serve();
    expect(it.remains().length).toBeGreaterThan(1);
    const before = repository.git("status", "--porcelain", "--ignored");
    expect(await it.end(signal)).toBe(0);
    expect(it.remains()).toEqual([]);
    expect(it.stderr).toBe("");
    expect(repository.git("status", "--porcelain", "--ignored")).toBe(before);
  });

  test("killed outright, is tidied by its guard", async () => {
    repository = template.copy();
    const it = await serve();
    await it.end("SIGKILL");
    await until("the guard", () => it.remains().length === 0 || undefined);
  });

  test("killed together with its guard, is tidied by the next one, its nginx too", async () => {
    repository = template.copy();
    const it = await serve();
    const [directory = ""] = readdirSync(it.temporary);
    const guard = it.remains().find((line) => line.includes("cat >/dev/null"));
    process.kill(Number(guard?.trim().split(" ")[0]), "SIGKILL");
    await it.end("SIGKILL");
    expect(it.remains().join("\n")).toContain("nginx: master process");
    const next = await serve();
    // nginx takes a moment to end its workers.
    await expect.poll(() => readdirSync(next.temporary).length).toBe(1);
    await expect.poll(() => next.remains().join("\n")).not.toContain(directory);
  });

  test("leaves another one that is at work alone", async () => {
    repository = template.copy();
    const first = await Serving.start(repository);
    await serve();
    expect(first.paste(200).status).toBe(200);
    await first.end();
  });

  test("keeps the directory to its user", async () => {
    repository = template.copy();
    const it = await serve();
    const [directory = ""] = readdirSync(it.temporary);
    const modes = execFileSync("ls", ["-ld", join(it.temporary, directory, "pki")], { encoding: "utf8" });
    expect(modes).toMatch(/^drwx------/);
  });

  test("gives programs JSON: one line of its own, then nginx's", async () => {
    repository = template.copy();
    const it = await serve(["--json"]);
    const { url, trials } = JSON.parse(it.stdout.split("\n")[0] ?? "");
    expect(url).toMatch(/^https:\/\/pkg\.example\.com:\d+$/);
    execFileSync("sh", ["-c", `${trials[0].curl} >/dev/null 2>&1`], { cwd: repository.root });
    const [record] = await it.said(/^\{"time".*$/m);
    expect(JSON.parse(record)).toMatchObject({ client: "alice", status: "200" });
  });
});

describe("serve says what is in its way, and leaves nothing behind:", () => {
  const refused = async (argv: readonly string[], words: RegExp, extra = {}) => {
    const it = await serve(argv, extra);
    expect(await it.exited()).toBe(1);
    expect(it.stderr).toMatch(words);
    expect(it.remains()).toEqual([]);
  };

  test("a port in use", async () => {
    repository = template.copy();
    const blocker = createServer();
    const port = await new Promise<number>((done) => {
      blocker.listen(0, "127.0.0.1", () => {
        const address = blocker.address();
        done(typeof address === "object" ? (address?.port ?? 0) : 0);
      });
    });
    await refused(["--port", String(port)], new RegExp(`port ${port} is in use\n.*leave --port out`));
    blocker.close();
  });

  test("an nginx that ends, in its own words", async () => {
    repository = template.copy();
    const bin = repository.beside("bin");
    mkdirSync(bin);
    writeFileSync(join(bin, "nginx"), '#!/bin/sh\necho "nginx: [emerg] 7#7: no luck in $4/x" >&2\nexit 1\n');
    chmodSync(join(bin, "nginx"), 0o755);
    await refused([], /nginx does not run: no luck in run\/+x$/m, { PATH: `${bin}:${process.env["PATH"]}` });
  });

  test("a configuration on disk that a deploy would not ship", async () => {
    repository = template.copy();
    repository.write(SERVER, `${repository.read(SERVER)}# mine\n`);
    await refused([], /servers\/pkg\.example\.com\.conf is not what .* calls for.*\n.*npm run reconcile/);
  });

  test("a server that is not there", async () => {
    repository = template.copy();
    await refused(["--server", "pkg.exemple.com"], /Did you mean pkg\.example\.com\?/);
  });

  test("no state yet", async () => {
    repository = Repository.fresh(clientsYaml(CLIENTS));
    await refused([], /nothing to serve yet.*\n.*npm start/);
  });
});

describe("serve takes what is on this machine:", () => {
  test("a root that exists is served as it is, and its own file is asked for", async () => {
    repository = template.copy();
    const root = repository.beside("srv");
    mkdirSync(join(root, "All"), { recursive: true, mode: 0o755 });
    writeFileSync(join(root, "All", "it's 1.pkg"), "a package\n");
    repository.write("clients.yaml", repository.read("clients.yaml").replace("/srv/pkg", root));
    expect((await repository.run("reconcile")).code).toBe(0);
    const it = await serve();
    expect(it.stdout).toContain(root);
    expect(it.paste(200).text).toMatch(/^HTTP\/1.1 200[\s\S]*Content-Length: 10\r/);
    expect(it.paste(403).status).toBe(403);
    await it.said(/alice {2}HEAD \/pkg\/All\/it'?s?.*1\.pkg {2}200$/m);
  });

  test("a certificate that is on the server only gives way to a throwaway", async () => {
    repository = template.copy();
    const own = "{ software: nginx, certificate: { file: /nowhere/x.crt, key: /nowhere/x.key } }";
    repository.write("clients.yaml", repository.read("clients.yaml").replace("{ software: nginx }", own));
    expect((await repository.run("reconcile")).stderr).toContain("Done");
    const it = await serve();
    expect(it.stdout).toMatch(/certificate is a\s+throwaway: \/nowhere\/x\.crt/);
    for (const status of [200, 403, 400]) expect(it.paste(status).status).toBe(status);
  });
});

describe("serve, where clients and servers keep their own keys", () => {
  const request = (name: string) =>
    repository.write(
      `pki/reqs/${name}.req`,
      execFileSync(
        "openssl",
        [
          ...["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", `/CN=${name}`],
          ...["-keyout", repository.beside(`${name}.key`)],
        ],
        { stdio: ["ignore", "pipe", "ignore"] },
      ),
    );

  test("a throwaway stands in for the server's, and the lines leave a place for the clients'", async () => {
    const clients = { alice: "{ groups: [staff], csr: true }", bob: "{ groups: [guests] }" };
    repository = Repository.fresh(clientsYaml(clients).replace("software: nginx", "software: nginx, csr: true"));
    request("alice");
    request("pkg.example.com");
    expect((await repository.run("start")).stderr).toContain("All of that is done");
    const it = await serve();
    expect(it.stdout).toMatch(/throwaway: the server keeps its own key/);
    expect(it.stdout).toContain("alice keeps its own key");
    expect(it.paste(403).status).toBe(403);
    repository.write("alice.key", readFileSync(repository.beside("alice.key")));
    expect(it.paste(200).status).toBe(200);
  });
});

describe("serve, in a locked clone", () => {
  const keyFile = () => template.exportKey();
  const memory = () => readdirSync("/dev/shm").filter((name) => name.startsWith("gatehouse-serve-"));

  test("needs no key: a throwaway certificate stands in, and the lines say what they need", async () => {
    repository = template.clone();
    const it = await serve();
    expect(it.stdout).toMatch(/throwaway: this clone is\s+locked/);
    expect(it.stdout).toMatch(/npm\s+run\s+unlock\s+--\s+--key-file\s+KEYFILE/);
    expect(it.paste(400).status).toBe(400);
  });

  test("with the vault's key, serves the server's own certificate and leaves its key on no disk", async () => {
    repository = template.clone();
    const sealed = readFileSync(repository.at("pki/private/pkg.example.com.key"));
    const before = memory();
    const it = await serve([], { GATEHOUSE_KEY_FILE: keyFile() });
    expect(it.lines().get(400)).toContain("--cacert pki/ca.crt");
    expect(it.paste(400).status).toBe(400);
    const [mine = ""] = memory().filter((name) => !before.includes(name));
    expect(existsSync(`/dev/shm/${mine}/pki/nginx/nginx.conf`)).toBe(true);
    expect(existsSync(`/dev/shm/${mine}/pki/private/pkg.example.com.key`)).toBe(false);
    expect(readdirSync(it.temporary)).toEqual([]);
    expect(readFileSync(repository.at("pki/private/pkg.example.com.key"))).toEqual(sealed);
    expect(await it.end()).toBe(0);
    expect(memory()).toEqual(before);
  });
});
