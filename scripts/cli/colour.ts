import { COLOUR, PLAIN, type Style } from "../views/style.ts";
import type { Environment } from "./swallowed.ts";

/**
 * Colour for one stream. FORCE_COLOR decides where it is set (0 and false: off); else NO_COLOR (non-empty,
 * https://no-color.org) and TERM=dumb switch it off; else it is for terminals.
 */
export function styleFor(stream: { readonly isTTY?: boolean }, env: Environment): Style {
  return wantsColour(stream.isTTY === true, env) ? COLOUR : PLAIN;
}

function wantsColour(terminal: boolean, env: Environment): boolean {
  const forced = env["FORCE_COLOR"];
  if (forced !== undefined) return forced !== "0" && forced !== "false";
  if ((env["NO_COLOR"] ?? "") !== "" || env["TERM"] === "dumb") return false;
  return terminal;
}
