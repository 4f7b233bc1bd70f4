import { NAME, SERIAL } from "../model/layout.ts";
import type { Renewal } from "../model/state.ts";
import { readDer, TAG } from "./der.ts";
import { X509Error } from "./error.ts";
import { decodePem, isWrapped } from "./pem.ts";

/**
 * pki/renewals/SERIAL.p7m, the inverse of formatRenewal, for the file of this predecessor's serial: byte for byte what it writes, with one whole
 * DER element in a PEM block "CMS". What is inside, only the predecessor's key can tell.
 * @throws X509Error
 */
export function readRenewalFile(text: string, predecessor: string): Renewal {
  const start = text.indexOf("-----BEGIN ");
  if (start < 0) throw new X509Error("there is no PEM block in the file");
  const pem = text.slice(start);
  const der = decodePem(pem, "CMS");
  readDer(der, TAG.sequence, "the envelope");
  if (!isWrapped(pem, "CMS", der.length)) throw new X509Error("the PEM block is not in lines of 64 characters");
  const [, identity = "", named = "", certificate = ""] = HEAD.exec(text.slice(0, start)) ?? [];
  if (!NAME.test(identity) || !SERIAL.test(named) || !SERIAL.test(certificate)) {
    throw new X509Error("before the envelope there must be identity, predecessor, certificate, and nothing else");
  }
  if (named !== predecessor) throw new X509Error(`the file is named for ${predecessor}, and says it is for ${named}`);
  return { identity, predecessor, certificate, pem };
}

const HEAD = /^identity: (\S+)\npredecessor: (\S+)\ncertificate: (\S+)\n$/;
