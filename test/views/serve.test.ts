import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { handshakeLine, logLine } from "../../scripts/views/serve-log.ts";
import { curlLine, type ServeTrial, type ServeView, serveText } from "../../scripts/views/serve-text.ts";
import { PLAIN } from "../../scripts/views/style.ts";

const entry = (fields: object) =>
  JSON.stringify({
    time: "2026-11-21T13:00:00+01:00",
    client: "alice",
    method: "GET",
    uri: "/pkg/a",
    status: "200",
    reason: "",
    ...fields,
  });

describe("a line of the access log", () => {
  test.each<[string, string, string]>([
    ["time, client, request, status", entry({}), "2026-11-21T12:00:00Z  alice  GET /pkg/a  200"],
    [
      "a dash for nobody, and the reason",
      entry({ client: "", status: "400", reason: "no certificate" }),
      "2026-11-21T12:00:00Z  -  GET /pkg/a  400  no certificate",
    ],
    [
      "nothing that acts on a terminal",
      entry({ uri: "/\u001b[2J" }),
      "2026-11-21T12:00:00Z  alice  GET /\\u{1b}[2J  200",
    ],
    [
      "a cut where it is long",
      entry({ uri: `/${"x".repeat(999)}` }),
      `2026-11-21T12:00:00Z  alice  GET /${"x".repeat(199)}…  200`,
    ],
    ["itself where it is no such line", "{ \u0007", "{ \\u{7}"],
  ])("shows %s", (_, text, expected) => {
    expect(logLine(text, PLAIN)).toBe(expected);
  });
});

describe("a line of the error log", () => {
  const at = "2026/11/21 22:48:01 [info] 25048#25048: *3";
  const end = "while SSL handshaking, client: 127.0.0.1, server: 127.0.0.1:8443";
  test.each<[string, string, string | null]>([
    ["a name that is not the server's", "handshake rejected", "another server name was asked for, or none"],
    [
      "a client that does not know the authority",
      "SSL_do_handshake() failed (SSL: error:0A000418:SSL routines::tlsv1 alert unknown ca:SSL alert number 48)",
      "the client does not trust the server's certificate",
    ],
    [
      "the same by OpenSSL 1.1",
      "SSL_do_handshake() failed (SSL: error:14094418:SSL routines:ssl3_read_bytes:tlsv1 alert unknown ca:SSL alert number 48)",
      "the client does not trust the server's certificate",
    ],
    [
      "anything else in OpenSSL's words",
      "SSL_do_handshake() failed (SSL: error:0A000102:SSL routines::unsupported protocol)",
      "unsupported protocol",
    ],
    ["nothing that is no handshake", "client closed connection", null],
  ])("tells of %s", (_, words, expected) => {
    const line = handshakeLine(`${at} ${words} ${end}`, 0, PLAIN);
    expect(line).toBe(expected === null ? null : `1970-01-01T00:00:00Z  -  no handshake  ${expected}`);
  });
});

const trial: ServeTrial = {
  client: "alice",
  credentials: { certificate: "pki/issued/alice.crt", key: "pki/private/alice.key" },
  repository: "pkg",
  target: "/pkg/meta.conf",
  status: 200,
  headOnly: false,
};
const view: ServeView = {
  server: "box",
  host: "pkg.example.com",
  port: 8443,
  plainPort: null,
  root: "/home/me/clone",
  ca: "pki/ca.crt",
  repositories: [{ name: "pkg", path: "/pkg/", root: "/srv/pkg", sampled: true }],
  trials: [trial],
  proxied: false,
  notes: ["Mind the gap."],
};

describe("what serve shows when it has begun", () => {
  test("fits 80 columns, but for the lines to paste", () => {
    const lines = serveText(view, { style: PLAIN, width: 80 }).split("\n");
    expect(lines.filter((line) => line.length > 80 && !line.startsWith("  curl "))).toEqual([]);
    expect(lines).toContain("- Mind the gap.");
    expect(lines).toContain("alice, who reaches pkg (200):");
  });

  test("names the line for curl in full", () => {
    expect(curlLine(view, trial)).toBe(
      "curl -i --resolve pkg.example.com:8443:127.0.0.1 --cacert pki/ca.crt --cert pki/issued/alice.crt " +
        "--key pki/private/alice.key https://pkg.example.com:8443/pkg/meta.conf",
    );
  });

  test("asks for the head of what may be a package, past a proxy, trusting what curl trusts", () => {
    const line = curlLine({ ...view, ca: null, proxied: true }, { ...trial, credentials: null, headOnly: true });
    expect(line).toBe(
      "curl -I --noproxy '*' --resolve pkg.example.com:8443:127.0.0.1 https://pkg.example.com:8443/pkg/meta.conf",
    );
  });

  test("quotes for sh what sh would take apart", () => {
    const ca = "/tmp/it's $(here) & `there`/ca.crt";
    const line = curlLine({ ...view, ca }, trial).replace(/^curl /, "printf '%s\\n' ");
    expect(spawnSync("sh", ["-c", line], { encoding: "utf8" }).stdout.split("\n")).toContain(ca);
  });
});
