import { bundleFiles } from "../../scripts/clients/bundle.ts";
import type { BundleInput } from "../../scripts/clients/bundle-input.ts";
import type { ClientKind } from "../../scripts/clients/index.ts";
import { NOW, sampleContext } from "./samples.ts";

/** What a bundle of the sample registry is made of; `key` null: the client has its own. */
export async function input(
  name: string,
  kinds: readonly ClientKind[],
  key: string | null = "KEY\n",
): Promise<BundleInput> {
  return {
    context: await sampleContext(name, key === null ? "request" : "managed"),
    kinds,
    facts: {
      serial: "5F00",
      subject: `CN=${name}, O=Test Ltd`,
      notBefore: NOW,
      notAfter: NOW + 86_400,
      renewBefore: 3600,
      fingerprints: { certificate: "sha256:aa", key: "sha256:bb", authority: "sha256:cc" },
    },
    credentials: {
      key: key === null ? null : Buffer.from(key),
      fullchain: "CHAIN\n",
      ca: "CA\n",
      serverCa: "SERVERS\n",
    },
    scripts: { install: "#!/bin/sh\n", renew: "#!/bin/sh\n" },
  };
}

/** A file of a bundle, by its path below the client's name; empty where there is none. */
export async function textOf(path: string, ...args: Parameters<typeof input>): Promise<string> {
  const file = bundleFiles(await input(...args)).find((one) => one.path === `${args[0]}/${path}`);
  return Buffer.from(file?.data ?? []).toString();
}
