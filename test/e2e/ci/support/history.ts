import type { Forge } from "./forge.ts";

/** The newest commits of main: `subject | author`. */
export function subjects(forge: Forge, count: number): string[] {
  return forge.git("log", "--first-parent", `-${count}`, "--format=%s | %an", "main").split("\n");
}

/** How many certificates main has for a name. */
export function issuedTo(forge: Forge, name: string): number {
  const found = forge.git("grep", "--files-with-matches", `^identity: ${name}$`, "main", "--", "pki/certs_by_serial");
  return found.split("\n").length;
}
