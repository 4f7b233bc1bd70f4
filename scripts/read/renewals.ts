import { contentDigest } from "../model/content.ts";
import * as paths from "../model/paths.ts";
import { X509Error } from "../x509/error.ts";
import { readRenewalFile } from "../x509/renewal-file.ts";
import { text } from "./draft.ts";
import { COMPARED, type Shelf } from "./shelves.ts";

/**
 * A file of pki/renewals. What cannot be read is no doubt: reconcile makes another, or takes it away. Its digest is
 * then that of no file, so that nothing compares equal to it.
 */
export const absorbRenewal: Shelf["absorb"] = (draft, path, content) => {
  const serial = path.slice(paths.DIR.renewals.length + 1).replace(/\.p7m$/, "");
  draft.renewals.delete(serial);
  COMPARED.absorb(draft, path, content);
  if (content === null || path.endsWith("/.gitkeep")) return;
  try {
    draft.renewals.set(serial, readRenewalFile(text(content), serial));
  } catch (error) {
    if (!(error instanceof X509Error)) throw error;
    draft.files.set(path, contentDigest(`unreadable\n${text(content)}`));
  }
};
