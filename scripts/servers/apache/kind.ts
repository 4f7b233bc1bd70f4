import type { ServerKind } from "../kind.ts";
import { renderApache } from "./files.ts";

export const apache: ServerKind = {
  readsRoots: true,
  render: renderApache,
  ending: ".conf",
  keysOf: null,
  followsTime: /^(?:[^/]+\.map|renewals\/.+)$/,
};
