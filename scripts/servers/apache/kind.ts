import type { ServerKind } from "../kind.ts";
import { renderApache } from "./files.ts";

export const apache: ServerKind = {
  offers: "repositories",
  addresses: true,
  fields: [],
  readsRoots: true,
  render: renderApache,
  followsTime: /^(?:[^/]+\.map|renewals\/.+)$/,
};
