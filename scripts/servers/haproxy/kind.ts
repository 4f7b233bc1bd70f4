import type { ServerKind } from "../kind.ts";
import { renderHaproxy } from "./files.ts";

export const haproxy: ServerKind = {
  // A backend does.
  readsRoots: false,
  render: renderHaproxy,
  ending: ".cfg",
  followsTime: /^[^/]+\.map$/,
  // ssl-load-extra-files and -del-ext, in haproxy.cfg.
  keysOf: (certificate) => [certificate, certificate.replace(/[.]crt$/, ".key")],
};
