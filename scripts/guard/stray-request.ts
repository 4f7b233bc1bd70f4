import { gitMove, meantPlace } from "../model/misplaced.ts";
import { derKind } from "../x509/der-kind.ts";
import { X509Error } from "../x509/error.ts";
import { requestDer } from "../x509/request-file.ts";
import { block, type GuardFinding, type Item } from "./finding.ts";
import { isState } from "./places.ts";

/**
 * A request that lies where none is read, with the command that takes it to its place. Under pki/ it may not be; beside
 * it, it is somebody's file that Gatehouse has no say in.
 */
export function strayRequest(item: Item, bytes: Buffer | null): GuardFinding | null {
  const meant = item.mode.startsWith("100") ? meantPlace(item.path) : null;
  if (meant === null || bytes === null || !isRequest(bytes)) return null;
  const message = `is a request where none is read: its place is ${meant}`;
  // In a commit the file is there whatever a later one does: the commit is to be made anew.
  const fix = item.commit === null ? gitMove(item.path, meant) : item.remove;
  const finding = block(item, "Place", message, fix);
  return isState(item.path) ? finding : { ...finding, level: "warn" };
}

function isRequest(bytes: Buffer): boolean {
  try {
    return derKind(requestDer(bytes)) === "request";
  } catch (error) {
    if (error instanceof X509Error) return false;
    throw error;
  }
}
