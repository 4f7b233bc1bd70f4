import { servesRepositories } from "../servers/all-kinds.ts";
import type { ClientRenderer } from "./files.ts";

/** The file itself needs a passphrase and is made beside the archive; here is how it is used. */
export const p12: ClientRenderer = ({ name, homes, servers }) => {
  const first = homes[0] ?? servers.find(servesRepositories)?.repositories[0]?.url;
  return {
    files: [],
    notes: [
      `${name}.p12 holds the key and the certificate, for browsers and whatever else imports PKCS#12.`,
      `Firefox, Chromium on Linux: pk12util -d sql:$HOME/.pki/nssdb -i ${name}.p12`,
      ...(first === undefined ? [] : [`Then open ${first}`]),
    ],
  };
};
