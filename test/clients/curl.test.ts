import { describe, expect, test } from "vitest";
import { renderKind } from "../../scripts/clients/index.ts";
import { sampleContext } from "./samples.ts";

/** The lines of a file but the comment, by the client's path. */
async function linesOf(kind: "curl" | "wget", client: string): Promise<Record<string, string[]>> {
  const { files } = renderKind(kind, await sampleContext(client));
  const texts = files.map(({ path, content }) => [path, "text" in content ? content.text : ""] as const);
  for (const [, text] of texts) expect(text).toMatch(/^# Made by Gatehouse from clients.yaml/);
  return Object.fromEntries(texts.map(([path, text]) => [path, text.trimEnd().split("\n").slice(1)]));
}

describe("curl", () => {
  test("has a file for each web server, with its CA where the system knows none", async () => {
    const common = ['cert = "@ETC@/fullchain.pem"', 'key = "@ETC@/key.pem"'];
    const ours = [...common, 'cacert = "@ETC@/server-ca.pem"', 'proto = "=https"', "fail-with-body"];
    expect(await linesOf("curl", "alice")).toEqual({
      "@ETC@/curl/pkg.example.com.conf": ours,
      "@ETC@/curl/apt.example.com.conf": [...common, 'proto = "=https"', "fail-with-body"],
      "@ETC@/curl/own.example.com.conf": ours,
    });
  });

  test("says what to type, the client's home too", async () => {
    const { notes } = renderKind("curl", await sampleContext("alice"));
    expect(notes).toContain("curl -K @ETC@/curl/apt.example.com.conf -O https://apt.example.com:8443/debian/FILE");
    expect(notes).toContain("curl -K @ETC@/curl/pkg.example.com.conf -O https://pkg.example.com/home/FILE");
  });
});

test("wget has the same, by its own names", async () => {
  expect(await linesOf("wget", "bob")).toMatchObject({
    "@ETC@/wget/pkg.example.com.conf": [
      "certificate = @ETC@/fullchain.pem",
      "private_key = @ETC@/key.pem",
      "ca_certificate = @ETC@/server-ca.pem",
      "https_only = on",
    ],
  });
});

test("a client that reaches nothing has no configuration, and p12 is a file of its own", async () => {
  expect(renderKind("curl", await sampleContext("carol"))).toEqual({ files: [], notes: [] });
  const { files, notes } = renderKind("p12", await sampleContext("alice"));
  expect(files).toEqual([]);
  expect(notes.join("\n")).toContain("pk12util -d sql:$HOME/.pki/nssdb -i alice.p12");
});
