import type { ServerKind } from "../kind.ts";
import { renderStunnel } from "./files.ts";

export const stunnel: ServerKind = {
  offers: "services",
  addresses: true,
  fields: [],
  readsRoots: false,
  render: renderStunnel,
  // Certificates that are let in are pinned there.
  followsTime: /^gates\//,
};
