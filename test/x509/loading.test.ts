import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";

/** Files of node-forge in memory after these modules of x509 are, as a command would load them. */
function forgeLoadedBy(modules: readonly string[]): number {
  const imports = modules.map(
    (name) => `await import(${JSON.stringify(new URL(`../../scripts/x509/${name}`, import.meta.url))});`,
  );
  const count = "const { cache } = (await import('node:module')).createRequire('/');";
  const print = "console.log(Object.keys(cache).filter((path) => path.includes('node-forge')).length);";
  const script = [...imports, count, print].join("\n");
  return Number(execFileSync("node", ["--input-type=module", "--eval", script], { encoding: "utf8" }));
}

it("takes no node-forge to read certificates, requests and CRLs, which every command does as it starts", () => {
  expect(forgeLoadedBy(["certificate-file.ts", "request.ts", "crl-reader.ts", "certificate.ts"])).toBe(0);
});

it("takes of node-forge only its ASN.1 to write them", () => {
  const files = forgeLoadedBy(["issue.ts", "crl-writer.ts"]);
  expect(files).toBeGreaterThan(0);
  expect(files).toBeLessThan(8);
});
