import type { ServerKind } from "../kind.ts";
import { renderNginx } from "./files.ts";

export const nginx: ServerKind = {
  readsRoots: true,
  render: renderNginx,
  ending: ".conf",
  keysOf: null,
  // The sizes of the maps stand in nginx.conf and in what a foreign one includes.
  followsTime: /^(?:[^/]+\.map|nginx\.conf|include\/.+)$/,
};
