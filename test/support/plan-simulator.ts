import { createHash } from "node:crypto";
import { parseCarriedOut } from "../../scripts/model/canonical.ts";
import { formatHold, formatRevocation, parseHold, parseRevocation } from "../../scripts/model/facts.ts";
import * as paths from "../../scripts/model/layout.ts";
import type { Issue, Renew } from "../../scripts/model/plan.ts";
import type { Registry } from "../../scripts/model/registry.ts";
import type { Certificate, State } from "../../scripts/model/state.ts";
import type { Instant } from "../../scripts/model/time.ts";
import { planCrl } from "../../scripts/plan/crl.ts";
import { compareFiles, derivedFiles, strayFiles } from "../../scripts/plan/files.ts";
import type { Identity } from "../../scripts/plan/identity.ts";
import { type ApplicablePlan, makePlan, NO_POLICY, type Planned, type Policy } from "../../scripts/plan/index.ts";
import { endOfSuccessor } from "../../scripts/plan/issue-reasons.ts";
import { VERSION } from "./plan-builders.ts";
import { stored, textOf } from "./plan-texts.ts";

/** `plan` as the commands call it. */
export function planFor(registry: Registry | null, state: State, now: Instant, policy: Partial<Policy> = {}): Planned {
  const problem = { file: "clients.yaml", line: 1, column: 1, message: "is not YAML", hint: null };
  const problems = registry === null ? [problem] : [];
  return makePlan({ registry, problems, state, now, version: VERSION, policy: { ...NO_POLICY, ...policy } });
}

/** Plans and carries out what may be; the state as the next run reads it. */
export function reconcile(
  registry: Registry | null,
  state: State,
  now: Instant,
  policy: Partial<Policy> = {},
  killedAfter: Stage | null = null,
): State {
  const { applicable } = planFor(registry, state, now, policy);
  return applicable === null || applicable.plan.changes.length === 0
    ? state
    : carryOut(state, applicable, now, killedAfter);
}

/** How far a run gets that is killed. */
export const STAGES = ["one certificate", "certificates", "revocations", "CRL"] as const;
export type Stage = (typeof STAGES)[number];

/**
 * What reconcile does with an applicable, step by step and in its order, without files and without keys: certificates are
 * stand-ins with serial numbers out of what they are for. Facts and pki/registry.yaml go through their text, as they do on disk.
 */
function carryOut(start: State, applicable: ApplicablePlan, now: Instant, killedAfter: Stage | null = null): State {
  const issued = issue(start, applicable, now, killedAfter === "one certificate" ? 1 : Number.POSITIVE_INFINITY);
  if (killedAfter === "one certificate" || killedAfter === "certificates") return issued;
  const facts = revoke(issued, applicable, now);
  if (killedAfter === "revocations") return facts;
  const order = planCrl(facts, applicable.registry.crl, now, "registry");
  const state = order === null ? facts : { ...facts, crl: signed(order, facts) };
  if (killedAfter === "CRL" || applicable.plan.changes.every(({ kind }) => kind === "crl")) return state;
  return derive(state, applicable.registry, now);
}

function issue(state: State, { decisions }: ApplicablePlan, now: Instant, atMost: number): State {
  const certificates = new Map(state.certificates);
  const keys = new Set(state.keys);
  const files = new Map(state.files);
  for (const decision of decisions.list) {
    if (decision.kind !== "issue" && decision.kind !== "renew") continue;
    if (certificates.size - state.certificates.size >= atMost) break;
    const identity = decisions.identities.get(decision.identity);
    if (identity === undefined) throw new Error(`a decision about ${decision.identity}, whom nobody knows`);
    const certificate = make(decision, identity, state, now);
    if (certificate.notAfter < certificate.notBefore) throw new Error("a certificate cannot end before it begins");
    certificates.set(certificate.serial, certificate);
    if (decision.key === "request") continue;
    keys.add(certificate.serial);
    files.set(paths.path.keyBySerial(certificate.serial), stored(`key of ${certificate.serial}`));
  }
  return { ...state, certificates, keys, files };
}

/** Another at each call, and the same in each run of a test. */
function serialFor(identity: string, now: Instant, issuedBefore: number): string {
  const bytes = createHash("sha256").update(`${identity} ${now} ${issuedBefore}`).digest().subarray(0, 16);
  bytes[0] = 0x40 | ((bytes[0] ?? 0) & 0x3f);
  return bytes.toString("hex").toUpperCase();
}

function make(decision: Issue | Renew, identity: Identity, state: State, now: Instant): Certificate {
  const serial = serialFor(identity.name, now, state.certificates.size);
  const request = state.requests.get(identity.name);
  if (decision.key === "request" && request?.ok !== true) throw new Error(`no sound request of ${identity.name}`);
  return {
    serial,
    subject: identity.subjectText,
    issuer: state.authority?.subject ?? "",
    notBefore: Math.max(now - 3600, identity.reissue?.before ?? 0, state.authority?.notBefore ?? 0),
    notAfter: endOfSuccessor(identity, state, now),
    fingerprint:
      decision.key === "request" && request?.ok === true ? request.fingerprint : `sha256:${serial.repeat(2)}`,
    keyType: decision.key === "request" && request?.ok === true ? request.keyType : identity.key,
    profile: identity.kind,
    names: identity.names,
    subjectKeyId: serial,
    authorityKeyId: state.authority?.subjectKeyId ?? null,
    identity: identity.name,
    kind: identity.kind,
    issued: now,
    reason: decision.reason,
    key: decision.key,
    reissue: identity.reissue?.before ?? null,
    pem: `-----BEGIN CERTIFICATE-----\n${serial}\n-----END CERTIFICATE-----\n`,
  };
}

function revoke(state: State, { decisions }: ApplicablePlan, now: Instant): State {
  const revocations = new Map(state.revocations);
  const holds = new Map(state.holds);
  for (const decision of decisions.list) {
    if (decision.kind === "revoke") {
      const { serial, reason, cause } = decision;
      revocations.set(serial, parseRevocation(formatRevocation({ serial, at: now, reason, cause }), serial));
      holds.delete(serial);
    } else if (decision.kind === "hold") {
      const { serial } = decision;
      holds.set(serial, parseHold(formatHold({ serial, at: now }), serial));
    } else if (decision.kind === "release") holds.delete(decision.serial);
  }
  return { ...state, revocations, holds };
}

function signed(order: NonNullable<ReturnType<typeof planCrl>>, { authority }: State): State["crl"] {
  const { number, thisUpdate, nextUpdate, entries } = order;
  return {
    issuer: authority?.subject ?? "",
    authorityKeyId: authority?.subjectKeyId ?? null,
    number,
    thisUpdate,
    nextUpdate,
    entries: new Map(entries.map((entry) => [entry.serial, entry])),
  };
}

function derive(state: State, registry: Registry, now: Instant): State {
  const wanted = derivedFiles(registry, state, now, VERSION);
  const changes = compareFiles(wanted, state, strayFiles(registry, state, now), { due: "registry", upgraded: false });
  const texts = new Map(wanted.map((file) => [file.path, file]));
  const files = new Map(state.files);
  const keys = new Set(state.keys);
  const requests = new Map(state.requests);
  for (const { path, reason } of changes) {
    const file = texts.get(path);
    if (reason === "Stray") {
      files.delete(path);
      for (const serial of state.keys) if (paths.path.keyBySerial(serial) === path) keys.delete(serial);
      for (const name of state.requests.keys()) if (paths.path.request(name) === path) requests.delete(name);
    } else if (file !== undefined) {
      const digest = "text" in file ? stored(file.text) : state.files.get(file.copyOf);
      if (digest === undefined) throw new Error(`${path} is to be a copy of what is not there`);
      files.set(path, digest);
    }
  }
  const carriedOut = files.get(paths.CARRIED_OUT);
  return {
    ...state,
    files,
    keys,
    requests,
    carriedOut: carriedOut === undefined ? null : parseCarriedOut(textOf(carriedOut)),
  };
}
