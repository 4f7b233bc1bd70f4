import { ALLOW_FILE } from "../model/layout.ts";
import { gitMove, meantPlace } from "../model/misplaced.ts";
import type { Instant } from "../model/time.ts";
import { isSealed } from "../vault/seal.ts";
import { derKind } from "../x509/der-kind.ts";
import { X509Error } from "../x509/error.ts";
import { requestDer } from "../x509/request-file.ts";
import { type Allow, parseAllow } from "./allow.ts";
import type { Detection } from "./detect/detection.ts";
import { scan } from "./detect/scan.ts";
import { RunWork } from "./detect/work.ts";
import { block, type GuardFinding, type Item } from "./finding.ts";
import { checkPlace, isState } from "./places.ts";
import { checkProtected, isProtected, Nonces, type Secrets } from "./protected.ts";

export interface Circumstances {
  readonly secrets: Secrets;
  readonly allow: Allow;
  /** What is found has left this clone, or is about to. */
  readonly published: boolean;
  readonly now: Instant;
}

/** Judges entries one after the other; each blob is searched once, under however many names it stands. */
export class Judge {
  readonly findings: GuardFinding[] = [];
  /** Entries outside of pki/, where it has no place at all, that git-crypt encrypted. */
  readonly ciphertext: Item[] = [];
  readonly #circumstances: Circumstances;
  readonly #nonces = new Nonces();
  readonly #texts = new Set<string>();
  readonly #run = new RunWork();

  constructor(circumstances: Circumstances) {
    this.#circumstances = circumstances;
  }

  /** All entries with these bytes; null for a submodule, and `tooLarge` for what was not read. */
  async judge(items: readonly Item[], bytes: Buffer | null, tooLarge = false): Promise<void> {
    const elsewhere: Item[] = [];
    for (const item of items) {
      if (tooLarge) this.findings.push(block(item, "TooLarge", "is larger than 128 MiB, and is not searched"));
      else if (isProtected(item.path)) await this.#protected(item, bytes);
      else elsewhere.push(item);
    }
    if (tooLarge || elsewhere.length === 0) return;
    const names = elsewhere.map(({ path }) => path);
    const detections = bytes === null ? [] : await scan(bytes, names, this.#run);
    if (bytes !== null && isSealed(bytes))
      this.ciphertext.push(...elsewhere.filter(({ mode, path }) => mode !== "" && !isState(path)));
    for (const item of elsewhere) await this.#elsewhere(item, bytes, detections);
  }

  /** A message, a name or another text that is no file. */
  async text(item: Item, bytes: Buffer): Promise<void> {
    for (const detection of await scan(bytes, [], this.#run)) this.#detected(item, detection);
  }

  /** Names of files can hold a key too; then they must not be shown. Whether this one does. */
  async name(item: Item): Promise<boolean> {
    if (!/[A-Za-z0-9+/_=-]{40}/.test(item.path) || this.#texts.has(item.path)) return false;
    const detections = await scan(Buffer.from(item.path), [], this.#run);
    if (detections.length === 0) this.#texts.add(item.path);
    const hidden = { ...item, path: "(a file's name)", remove: "git status --short" };
    for (const detection of detections) this.#detected(hidden, detection);
    return detections.length > 0;
  }

  async #protected(item: Item, bytes: Buffer | null): Promise<void> {
    const finding = await checkProtected(item, bytes, this.#circumstances.secrets, this.#run);
    const clash = bytes === null ? null : this.#nonces.clash(item, bytes);
    if (finding !== null) this.findings.push(this.#told(finding));
    else if (clash !== null) {
      const message = `has the nonce of ${clash.path} over other bytes: one of the two was changed since it was sealed`;
      this.findings.push(block(item, "NonceReused", message));
    }
  }

  async #elsewhere(item: Item, bytes: Buffer | null, detections: readonly Detection[]): Promise<void> {
    for (const detection of detections) this.#detected(item, detection);
    if (item.mode === "") return;
    const stray = detections.length > 0 ? null : strayRequest(item, bytes);
    if (stray !== null) this.findings.push(stray);
    if (stray !== null || !isState(item.path)) return;
    const problem = checkPlace(item.path, item.mode, bytes) ?? (await this.#allowFile(item, bytes));
    if (problem !== null && detections.length === 0) this.findings.push(block(item, "Place", problem));
  }

  async #allowFile(item: Item, bytes: Buffer | null): Promise<string | null> {
    if (item.path !== ALLOW_FILE || bytes === null) return null;
    return parseAllow(bytes, this.#circumstances.now).then(
      () => null,
      (error: unknown) => (error instanceof Error ? error.message : "is not understood"),
    );
  }

  #detected(item: Item, { code, level: usual, kind, publicKey, via, line }: Detection): void {
    const { allow } = this.#circumstances;
    // Nothing that is packed belongs there.
    const level = code === "NotLookedInto" && isState(item.path) ? "block" : usual;
    if (allow.blobs.has(item.id) || (publicKey !== null && allow.publicKeys.has(publicKey))) return;
    const isKey = code === "PrivateKey" || code === "EncryptedKey";
    const around = isKey && via.length > 0 && via.join() !== "base64" ? ` in ${via.toReversed().join(" in ")}` : "";
    const place = isKey && line !== null ? `, line ${line}` : "";
    const what = { PrivateKey: "a private key in the clear: ", EncryptedKey: "a private key: " }[code as string] ?? "";
    const named = publicKey === null ? "" : `; its public key is ${publicKey}`;
    const message = `${what}${kind}${around}${place}${named}`;
    const { path, commit, remove } = item;
    this.findings.push(this.#told({ code, level, path, message, fix: remove, commit }));
  }

  #told(finding: GuardFinding): GuardFinding {
    if (!this.#circumstances.published || !PUBLISHED.has(finding.code)) return finding;
    const message = `${finding.message}; it is published with this commit: replace the key, whatever becomes of the commit`;
    return { ...finding, message };
  }
}

const PUBLISHED = new Set(["PrivateKey", "EncryptedKey", "Plaintext"]);

/**
 * A request that lies where none is read, with the command that takes it to its place. Under pki/ it may not be; beside
 * it, it is somebody's file that Gatehouse has no say in.
 */
function strayRequest(item: Item, bytes: Buffer | null): GuardFinding | null {
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
