import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testConfiguration } from "./support/nginx.ts";
import type { Ask } from "./support/request.ts";
import { APT, PKG, Siege, type Who } from "./support/siege.ts";

type Sent = Partial<Ask> & { readonly client?: Who | null };
type Refusal = readonly [sentence: string, sent: Sent, status: number, reason: string | RegExp, page: string];

const OF_DEBIAN = { client: "bob", target: "/debian/file.txt" } as const;

const CERTIFICATES: readonly Refusal[] = [
  ["no certificate", { client: null }, 400, "no certificate", "No client certificate."],
  ["a revoked certificate", { client: "erin" }, 400, /^not verified: .*revoked/, "was revoked or is suspended"],
  [
    "a certificate that the CRL does not know yet, but that is off the list",
    { client: "frank" },
    403,
    "not listed",
    "no longer admitted",
  ],
  ["an expired certificate", { client: "late" }, 400, /^not verified: .*expired/, "has expired"],
  ["a certificate that is not valid yet", { client: "early" }, 400, /^not verified: .*not yet valid/, "not valid yet"],
  [
    "a stranger's CA of the same name, with a listed subject and serial",
    { client: "double" },
    400,
    /^not verified/,
    "not one that this server accepts",
  ],
  [
    "a chain through somebody else's intermediate",
    { client: "middleman" },
    400,
    /^not verified/,
    "not one that this server accepts",
  ],
  ["a server's certificate", { client: "box" }, 400, /^not verified: .*purpose/, "not one that this server accepts"],
  [
    "a signer's certificate",
    { client: "build01" },
    400,
    /^not verified: .*purpose/,
    "not one that this server accepts",
  ],
];

const NAMES: readonly Refusal[] = [
  [
    "Host of another server on the socket",
    { host: APT, target: "/debian/file.txt" },
    421,
    "wrong server name",
    "another server name",
  ],
  ["an unknown Host", { host: "unknown.example.com" }, 421, "wrong server name", "another server name"],
  [
    "a target that names another server",
    { target: `https://${APT}/debian/file.txt` },
    421,
    "wrong server name",
    "another server name",
  ],
  ["Host that is an address", { host: "127.0.0.1" }, 421, "wrong server name", "another server name"],
];

const PATHS: readonly Refusal[] = [
  [
    "another repository",
    { client: "bob", target: "/packages/file.txt" },
    403,
    "not permitted: packages",
    "not open to you",
  ],
  [
    "a file that is not there in another repository",
    { client: "bob", target: "/packages/none" },
    403,
    "not permitted: packages",
    "not open to you",
  ],
  ["a repository of no group", { target: "/orphan/file.txt" }, 403, "not permitted: orphan", "not open to you"],
  [
    "a client in no group",
    { client: "carol", target: "/debian/file.txt" },
    403,
    "not permitted: debian",
    "not open to you",
  ],
  [
    "a client in no group, at home",
    { client: "carol", target: "/home/file.txt" },
    403,
    "no home",
    "no repository is set",
  ],
  ["a client without a home", { client: "alice", target: "/home/file.txt" }, 403, "no home", "no repository is set"],
  [
    "a path beside home's repository",
    { client: "bob", target: "/home/../packages/file.txt" },
    403,
    "not permitted: packages",
    "not open",
  ],
  ["..", { client: "bob", target: "/debian/../packages/file.txt" }, 403, "not permitted: packages", "not open to you"],
  [
    "%2e%2e",
    { client: "bob", target: "/debian/%2e%2e/packages/file.txt" },
    403,
    "not permitted: packages",
    "not open to you",
  ],
  [
    "..%2f",
    { client: "bob", target: "/debian/..%2fpackages/file.txt" },
    403,
    "not permitted: packages",
    "not open to you",
  ],
  [
    "%252e%252e",
    { client: "bob", target: "/debian/%252e%252e/packages/file.txt" },
    404,
    "not found",
    "nothing at this address",
  ],
  [".. above the repositories", { target: "/debian/../secret.txt" }, 404, "not found", "nothing at this address"],
  ["//", { client: "bob", target: "//packages//file.txt" }, 403, "not permitted: packages", "not open to you"],
  ["/./", { client: "bob", target: "/./packages/./file.txt" }, 403, "not permitted: packages", "not open to you"],
  [
    "%2f for a slash",
    { client: "bob", target: "/packages%2ffile.txt" },
    403,
    "not permitted: packages",
    "not open to you",
  ],
  ["upper case", { target: "/DEBIAN/file.txt" }, 404, "not found", "nothing at this address"],
  ["the path without its last slash", { target: "/packages" }, 404, "not found", "nothing at this address"],
  [
    "a sibling, by the missing slash",
    { target: "/packages-secret/file.txt" },
    404,
    "not found",
    "nothing at this address",
  ],
  [
    "a sibling, by the missing slash and dots",
    { target: "/packages../packages-secret/file.txt" },
    404,
    "not found",
    "nothing at this address",
  ],
  ["a dotfile", { target: "/debian/.htpasswd" }, 403, "hidden file", "begin with a dot"],
  ["a dotfile, encoded", { target: "/debian/%2ehtpasswd" }, 403, "hidden file", "begin with a dot"],
  ["a file in a dot directory", { target: "/debian/.git/config" }, 403, "hidden file", "begin with a dot"],
  ["a dotfile at home", { client: "bob", target: "/home/.htpasswd" }, 403, "hidden file", "begin with a dot"],
  ["the reserved path", { target: "/.gatehouse/x" }, 404, "not found", "nothing at this address"],
  ["a link to another owner's file", { target: "/debian/passwd" }, 403, "not readable", "somebody else's file"],
  ["a directory's list", { target: "/debian/" }, 403, "not readable", "Directories are not listed"],
  ["the root of everything", { target: "/" }, 404, "not found", "nothing at this address"],
  [
    "a line break in a path",
    { client: "bob", target: "/home/%0a/../../packages/file.txt" },
    403,
    "not permitted: packages",
    "not open",
  ],
  ["a line break at home", { client: "bob", target: "/home/a%0ab" }, 404, "not found", "nothing at this address"],
  [
    "a repository that another server serves, under this one's name",
    { sni: APT, target: "/packages/file.txt" },
    404,
    "not found",
    "nothing at this address",
  ],
];

const METHODS: readonly Refusal[] = ["POST", "PUT", "DELETE", "OPTIONS", "PROPFIND", "PATCH"].map(
  (method): Refusal => [`method ${method}`, { ...OF_DEBIAN, method }, 405, "method not allowed", "for reading only"],
);

describe("the gate refuses", () => {
  let siege: Siege;
  beforeAll(async () => {
    siege = await Siege.start();
    siege.list(["alice", "bob", "carol", "erin"]);
    await siege.reload();
  });
  afterAll(() => siege?.[Symbol.asyncDispose]());

  test("with a configuration about which nginx has nothing to say", () => {
    expect(testConfiguration(siege.scratch.at("trial"), siege.site.conf)).toEqual({ code: 0, said: "" });
  });

  test.for([...CERTIFICATES, ...NAMES, ...PATHS, ...METHODS])("%s", async ([sentence, sent, status, reason, page]) => {
    const mark = `?${encodeURIComponent(sentence)}`;
    const answer = await siege.ask({ ...sent, target: `${sent.target ?? "/packages/file.txt"}${mark}` });
    expect({ status: answer.status, body: answer.body }).toEqual({ status, body: expect.stringContaining(page) });
    expect(answer.body).not.toContain("secret");
    expect(answer.headers.get("content-type")).toBe("text/plain");
    expect((await siege.record(mark))["reason"]).toMatch(reason);
  });

  test.each(["TLSv1.2", "TLSv1.3"] as const)("a missing certificate over %s", async (tls) => {
    expect((await siege.ask({ client: null, tls })).status).toBe(400);
    expect((await siege.ask({ tls, target: "/packages/file.txt" })).status).toBe(200);
  });

  test.each([
    ["no server name", null],
    ["an unknown server name", "unknown.example.com"],
    ["a name under a known one", `x.${PKG}`],
    ["the name of the block that rejects", `${PKG}.invalid`],
  ])("a handshake with %s", async (_, sni) => {
    await expect(siege.ask({ sni, target: "/packages/file.txt" })).rejects.toThrow(/unrecognized.name/i);
    expect(siege.errorLog()).toContain("handshake rejected");
  });

  test("a method with the methods that it takes", async () => {
    expect((await siege.ask({ ...OF_DEBIAN, method: "POST" })).headers.get("allow")).toBe("GET, HEAD");
  });

  test.each(["TRACE", "CONNECT"])("method %s, which nginx itself does not take", async (method) => {
    expect((await siege.ask({ ...OF_DEBIAN, method })).status).toBe(405);
  });

  test("nothing that is made to break the log", async () => {
    const agent = 'x","client":"alice"} \\ \x01\xff';
    const answer = await siege.ask({ ...OF_DEBIAN, target: "/debian/file.txt?log", headers: [`User-Agent: ${agent}`] });
    expect(answer.status).toBe(200);
    expect(await siege.record("?log")).toMatchObject({ client: "bob", agent: expect.stringContaining('x","client"') });
  });

  test("huge headers", async () => {
    const answer = await siege.ask({ ...OF_DEBIAN, headers: [`X-Huge: ${"x".repeat(40_000)}`] });
    expect(answer.status).toBe(400);
    expect(answer.body).not.toContain("nginx/");
  });

  test("plain HTTP on the TLS port, with a page", async () => {
    for (const host of [PKG, "unknown.example.com"]) {
      const answer = await siege.askPlain(siege.tls, host, "/packages/file.txt");
      expect(answer).toMatchObject({ status: 400, body: expect.stringContaining("speaks HTTPS only") });
    }
  });

  test("an unknown name on the redirect port", async () => {
    expect((await siege.askPlain(siege.plain, "unknown.example.com", "/")).status).toBe(421);
  });
});

describe("the gate lets through", () => {
  let siege: Siege;
  beforeAll(async () => {
    siege = await Siege.start();
  });
  afterAll(() => siege?.[Symbol.asyncDispose]());

  test.for<readonly [string, Sent, number, string]>([
    ["what the registry gives", { target: "/packages/file.txt" }, 200, "packages\n"],
    [
      "what the registry gives, by another of the server's names",
      { sni: "www.example.com", target: "/packages/file.txt" },
      200,
      "packages\n",
    ],
    ["the server's name in upper case", { host: "PKG.Example.com", target: "/packages/file.txt" }, 200, "packages\n"],
    ["the same repository on another server", { sni: APT, ...OF_DEBIAN }, 200, "debian\n"],
    ["a client's own repository at home", { client: "bob", target: "/home/file.txt" }, 200, "debian\n"],
    ["a root that is a link and begins with a dot", { target: "/packages-dev/All/a.pkg" }, 200, "a package\n"],
    ["a link to a file inside the repository", { target: "/packages-dev/latest.pkg" }, 200, "a package\n"],
    ["a link to a directory inside the repository", { target: "/packages-dev/Hashed/All/a.pkg" }, 200, "a package\n"],
    ["HEAD", { ...OF_DEBIAN, method: "HEAD" }, 200, ""],
    ["a range", { ...OF_DEBIAN, headers: ["Range: bytes=1-3"] }, 206, "ebi"],
    [
      "a path with dots that stays inside",
      { client: "bob", target: "/packages/../debian/./file.txt" },
      200,
      "debian\n",
    ],
    [
      "nothing where there is nothing",
      { target: "/debian/none" },
      404,
      "There is nothing at this address.\n\nWhat to do: check the URL; upper and lower case differ.\n",
    ],
  ])("%s", async ([, sent, status, body]) => {
    const answer = await siege.ask(sent);
    expect({ status: answer.status, body: answer.body }).toEqual({ status, body });
  });

  test("a conditional request, which is answered without the file", async () => {
    const etag = (await siege.ask(OF_DEBIAN)).headers.get("etag");
    expect((await siege.ask({ ...OF_DEBIAN, headers: [`If-None-Match: ${etag}`] })).status).toBe(304);
  });

  test("plain HTTP to the server's URL", async () => {
    const answer = await siege.askPlain(siege.plain, PKG, "/packages/file.txt?a=b");
    expect(answer.status).toBe(301);
    expect(answer.headers.get("location")).toBe(`https://${PKG}:${siege.tls}/packages/file.txt?a=b`);
  });
});

const withSessions = (conf: string) => conf.replace("ssl_session_cache off;", "ssl_session_cache shared:x:1m;");

describe.each([
  ["TLSv1.2", "as rendered", (conf: string) => conf, false],
  ["TLSv1.3", "as rendered", (conf: string) => conf, false],
  ["TLSv1.2", "where the server keeps sessions", withSessions, true],
  ["TLSv1.3", "where the server keeps sessions", withSessions, true],
] as const)("a session from before, over %s, %s", (tls, _, edit, resumed) => {
  let siege: Siege;
  beforeAll(async () => {
    siege = await Siege.start(edit);
  });
  afterAll(() => siege?.[Symbol.asyncDispose]());

  test("opens nothing to who is off the list since, while the CRL is the old one", async () => {
    const sent = { client: "frank", tls, target: "/packages/file.txt" } as const;
    const before = await siege.ask(sent);
    expect(before.status).toBe(200);
    siege.list(["alice", "bob"]);
    await siege.reload();
    const after = await siege.ask({ ...sent, ...(before.session ? { session: before.session } : {}) });
    expect(after).toMatchObject({ status: 403, resumed, body: expect.stringContaining("no longer admitted") });
  });

  test("is taken up by nobody, because none is handed out", async () => {
    const sent = { tls, target: "/packages/file.txt" } as const;
    const { session } = await siege.ask(sent);
    const again = await siege.ask({ ...sent, ...(session ? { session } : {}) });
    expect({ status: again.status, resumed: again.resumed }).toEqual({ status: resumed ? 421 : 200, resumed });
  });
});
