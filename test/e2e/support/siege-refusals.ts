import type { Ask } from "./request.ts";
import type { Who } from "./siege.ts";
import { APT, PKG } from "./siege-registry.ts";

export type Sent = Partial<Ask> & { readonly client?: Who | null };
export type Refusal = readonly [sentence: string, sent: Sent, status: number, reason: string | RegExp, page: string];

export const OF_DEBIAN = { client: "bob", target: "/debian/file.txt" } as const;

const NOT_OURS = "not one that this server accepts";

export const CERTIFICATES: readonly Refusal[] = [
  ["no certificate", { client: null }, 400, "no certificate", "No client certificate."],
  [
    "a certificate whose client is suspended",
    { client: "dave" },
    400,
    /^not verified: .*revoked/,
    "was revoked or is suspended",
  ],
  [
    "a certificate whose client is revoked",
    { client: "erin" },
    400,
    /^not verified: .*revoked/,
    "was revoked or is suspended",
  ],
  [
    "a certificate whose client was removed",
    { client: "gina" },
    400,
    /^not verified: .*revoked/,
    "was revoked or is suspended",
  ],
  [
    "a certificate that was lost, and issued anew",
    { client: "lotte" },
    400,
    /^not verified: .*revoked/,
    "was revoked or is suspended",
  ],
  ["an expired certificate", { client: "late" }, 400, /^not verified: .*expired/, "has expired"],
  [
    "a stranger's CA of the same name, with a listed subject and serial",
    { client: "double" },
    400,
    /^not verified/,
    NOT_OURS,
  ],
  ["a stranger's CA of the same name and key identifier", { client: "twin" }, 400, /^not verified/, NOT_OURS],
  [
    "a chain through somebody else's intermediate",
    { client: "middleman" },
    400,
    /^not verified/,
    "the certificate made for this server",
  ],
  ["a chain through a client's own certificate", { client: "daughter" }, 400, /^not verified/, NOT_OURS],
  ["a server's certificate", { client: PKG }, 400, /^not verified: .*purpose/, NOT_OURS],
  ["a signer's certificate", { client: "build01" }, 400, /^not verified: .*purpose/, NOT_OURS],
];

export const NAMES: readonly Refusal[] = [
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

export const PATHS: readonly Refusal[] = [
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
  [
    "a repository of others whose root is missing",
    { client: "bob", target: "/missing/file.txt" },
    403,
    "not permitted: missing",
    "not open to you",
  ],
  ["a repository whose root is missing", { target: "/missing/file.txt" }, 404, "not found", "nothing at this address"],
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
  [
    "a client in no group, at the server's home",
    { client: "carol", sni: APT, target: "/home/file.txt" },
    403,
    "not permitted: debian",
    "not open to you",
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
  ...(
    [
      ["%2e%2e%2f", "/debian/%2e%2e%2fpackages/file.txt"],
      ["%2E%2E%2F", "/debian/%2E%2E%2Fpackages/file.txt"],
      ["%2f and dots in the repository's own part", "/debian%2f..%2fpackages%2ffile.txt"],
      ["%2f and dots at home", "/home%2f..%2fpackages%2ffile.txt"],
      ["%2f for the first slash again", "/%2fpackages%2f%2ffile.txt"],
      ["%2f beside dots that go nowhere", "/debian%2f.%2f..%2f.%2fpackages/file.txt"],
    ] as const
  ).map(
    ([sentence, target]): Refusal => [
      sentence,
      { client: "bob", target },
      403,
      "not permitted: packages",
      "not open to you",
    ],
  ),
  [
    "%2f, encoded twice",
    { client: "bob", target: "/debian%252f..%252fpackages/file.txt" },
    404,
    "not found",
    "nothing at this address",
  ],
  ...[
    "/debian%2f.htpasswd",
    "/debian%2f%2ehtpasswd",
    "/debian/.git%2fconfig",
    "/%2f.env",
    "/debian/..%252fpackages/file.txt",
    "/debian/..%5cpackages/file.txt",
  ].map((target): Refusal => [target, { target }, 403, "hidden file", "begin with a dot"]),
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
  ["a dotfile at the top", { target: "/.env" }, 403, "hidden file", "begin with a dot"],
  ["a dotfile that begins like the reserved path", { target: "/.gatehouse" }, 403, "hidden file", "begin with a dot"],
  ["a dotfile under the reserved path", { target: "/.gatehouse/.env" }, 403, "hidden file", "begin with a dot"],
  [
    "a directory named like the reserved path",
    { target: "/debian/.gatehouse/x" },
    403,
    "hidden file",
    "begin with a dot",
  ],
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

export const METHODS: readonly Refusal[] = ["POST", "PUT", "DELETE", "OPTIONS", "PROPFIND", "PATCH"].map(
  (method): Refusal => [
    `method ${method}`,
    { method, target: "/nowhere" },
    405,
    "method not allowed",
    "for reading only",
  ],
);
