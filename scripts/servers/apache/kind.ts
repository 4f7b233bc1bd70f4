import type { ServerKind } from "../kind.ts";
import { renderApache } from "./files.ts";

export const apache: ServerKind = {
  offers: "repositories",
  addresses: true,
  fields: [],
  needs: [],
  readsRoots: true,
  render: renderApache,
  ending: ".conf",
  keysOf: null,
  followsTime: /^(?:[^/]+\.map|renewals\/.+)$/,
};
