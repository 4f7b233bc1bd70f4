import { describe, expect, test } from "vitest";
import { reach } from "../../scripts/model/access.ts";
import type { PinInput } from "../../scripts/servers/kind.ts";
import { renderStunnel } from "../../scripts/servers/stunnel/files.ts";
import { address, option, section } from "../../scripts/servers/stunnel/text.ts";
import { certificateOf, clientOf, groupOf, NOW, registryOf, serialOf, serverOf } from "../support/plan-builders.ts";

const block = (text: string) => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`;
const CA = block("QXV0aG9yaXR5");

const REGISTRY = registryOf({
  repositories: {},
  services: {
    db: { sni: "db.example.com", connect: "127.0.0.1:5432" },
    log: { sni: "log.example.com", connect: "[2001:db8::5]:514" },
    idle: { sni: "idle.example.com", connect: "idle.internal:1" },
  },
  groups: { staff: groupOf([], { services: ["db", "log"] }), ops: groupOf([], { services: ["log"] }) },
  clients: {
    alice: clientOf({ groups: ["staff", "ops"] }),
    bob: clientOf({ groups: ["ops"] }),
    ended: clientOf({ groups: ["staff"], expires: NOW }),
    held: clientOf({ groups: ["staff"], suspended: true }),
    gone: clientOf({ revoked: "keyCompromise" }),
  },
  servers: {
    "tun.example.com": serverOf({ software: "stunnel", services: ["log", "db"], listen: ["443", "[::]:443", "443"] }),
    "new.example.com": serverOf({ software: "stunnel", services: ["idle"] }),
    "own.example.com": serverOf({
      software: "stunnel",
      services: ["db"],
      listen: ["192.0.2.1:8443"],
      certificate: { file: "/etc/ssl/own.crt", key: "/etc/ssl/own.key", ca: null },
    }),
    "pkg.example.com": serverOf(),
  },
});

const valid = ["bob", "alice", "ended", "held", "gone", "nobody", "alice"].map((identity, n) => ({
  identity,
  certificate: certificateOf({
    identity,
    serial: serialOf(n),
    pem: block(Buffer.from(`${identity} ${n}`).toString("base64")),
  }),
}));

const render = (input: Partial<PinInput> = {}) => {
  const files = renderStunnel({
    registry: REGISTRY,
    now: NOW,
    authority: CA,
    valid,
    issuedServers: ["tun.example.com"],
    ...input,
  });
  return new Map(files.map((file) => [file.path.replace("pki/stunnel/", ""), "text" in file ? file.text : ""]));
};
/** The sections of a file, each as its lines without comments. */
const sections = (text = "") =>
  Object.fromEntries(
    text
      .split(/^\[/m)
      .map((part) => part.split("\n").filter((line) => line !== "" && !line.startsWith(";")))
      .map(([head = "", ...lines], n) => (n === 0 ? ["", [head, ...lines]] : [head.replace("]", ""), lines])),
  );

describe("the files", () => {
  test("are one for each stunnel server and each service that one of them offers", () => {
    expect([...render().keys()]).toEqual([
      "gates/db.pem",
      "gates/idle.pem",
      "gates/log.pem",
      "servers/new.example.com.conf",
      "servers/own.example.com.conf",
      "servers/tun.example.com.conf",
      "stunnel.conf",
    ]);
  });

  test("are none without a stunnel server, or without an authority", () => {
    const servers = new Map([["pkg.example.com", serverOf()]]);
    expect(render({ registry: { ...REGISTRY, servers } }).size).toBe(0);
    expect(render({ authority: null }).size).toBe(0);
  });

  test("begin with where to change them", () => {
    for (const text of render().values())
      expect(text).toMatch(/^[#;] Made by Gatehouse from clients\.yaml: [^\n]*\n[\x20-\x7e\n]*[^\n]\n$/);
  });

  test("are the same whatever the order of certificates and of the registry", () => {
    const turned = {
      ...REGISTRY,
      servers: new Map([...REGISTRY.servers].reverse()),
      services: new Map([...REGISTRY.services].reverse()),
    };
    expect(render({ registry: turned, valid: valid.toReversed() })).toEqual(render());
  });
});

describe("a gate", () => {
  const names = (text = "") => [...text.matchAll(/^[0-9A-F]{32} (\S+)$/gm)].map(([, name]) => name);

  test("pins every certificate of the clients whose groups have the service, and no other", () => {
    const files = render();
    expect(names(files.get("gates/db.pem"))).toEqual(["alice", "alice"]);
    expect(names(files.get("gates/log.pem"))).toEqual(["alice", "alice", "bob"]);
    expect(reach(REGISTRY, "ended", NOW).services).toEqual([]);
  });

  test("holds the authority alone where nobody is let in", () => {
    expect(render().get("gates/idle.pem")?.split("\n").slice(1).join("\n")).toBe(CA);
  });

  test("has clients' certificates as blocks whose names stunnel does not send out", () => {
    const text = render().get("gates/db.pem") ?? "";
    expect(text.match(/-----BEGIN CERTIFICATE-----/g)).toHaveLength(1);
    expect(text.match(/-----(?:BEGIN|END) TRUSTED CERTIFICATE-----/g)).toHaveLength(4);
  });
});

describe("a server's file", () => {
  test("has a section for each socket that lets nobody in, and for each service at each", () => {
    const text = render().get("servers/tun.example.com.conf");
    expect(sections(text)).toEqual({
      "": ["cert = current/issued/tun.example.com.crt", "key = current/private/tun.example.com.key"],
      "listen/1": ["accept = 0.0.0.0:443", "CAfile = current/ca.crt", "connect = 127.0.0.1:9"],
      "listen/2": ["accept = :::443", "socket = a:IPV6_V6ONLY=yes", "CAfile = current/ca.crt", "connect = 127.0.0.1:9"],
      ...Object.fromEntries(
        [1, 2].flatMap((n) => [
          [
            `db/${n}`,
            [`sni = listen/${n}:db.example.com`, "CAfile = current/stunnel/gates/db.pem", "connect = 127.0.0.1:5432"],
          ],
          [
            `log/${n}`,
            [
              `sni = listen/${n}:log.example.com`,
              "CAfile = current/stunnel/gates/log.pem",
              "connect = 2001:db8::5:514",
            ],
          ],
        ]),
      ),
    });
  });

  test("names files of the server's own, and offers nothing before there is a certificate", () => {
    const files = render();
    expect(sections(files.get("servers/own.example.com.conf"))[""]).toEqual([
      "cert = /etc/ssl/own.crt",
      "key = /etc/ssl/own.key",
    ]);
    expect(files.get("servers/new.example.com.conf")).not.toMatch(/^[^;]/m);
  });

  test("sets for every section what none may be without", () => {
    for (const line of [
      "verifyChain = yes",
      "verifyPeer = yes",
      "CRLfile = current/crl.pem",
      "sessionResume = no",
      "options = NO_TICKET",
      "sslVersionMin = TLSv1.2",
      "renegotiation = no",
    ])
      expect(render().get("stunnel.conf")).toMatch(new RegExp(`^${line}$`, "m"));
  });
});

test.each(["", "a\nb", " a", "a ", "\u00e9", "a\u0000"])("%j is no value in a configuration", (value) => {
  expect(() => option("connect", value)).toThrow();
});

test.each(["", "a]", "a\nb", "a b"])("%j is no name of a section", (name) => {
  expect(() => section(name, [])).toThrow();
});

test.each([
  ["[::1]:443", "::1:443"],
  ["127.0.0.1:443", "127.0.0.1:443"],
  ["db.internal:5432", "db.internal:5432"],
])("stunnel writes %s as %s", (ours, its) => {
  expect(address(ours)).toBe(its);
});
