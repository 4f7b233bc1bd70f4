import type { ServerKind } from "../kind.ts";
import { renderStunnel } from "./files.ts";

export const stunnel: ServerKind = {
  readsRoots: false,
  render: renderStunnel,
  ending: ".conf",
  keysOf: null,
  // Certificates that are let in are pinned there.
  followsTime: /^gates\//,
};
