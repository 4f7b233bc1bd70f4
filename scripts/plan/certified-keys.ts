import type { Registry } from "../model/registry.ts";
import type { Certificate, Request, State } from "../model/state.ts";
import { byAge } from "./holdings.ts";

/**
 * The state as far as it was carried out: a request counts only with the key that was certified last. Whatever a
 * change that is refused as a whole brings in pki/reqs waits with it, and renewals go on with the key as it was.
 */
export function withCertifiedKeys(state: State, last: Registry): State {
  const certified = newestByRequest(state);
  const requests = new Map<string, Request>();
  for (const [kind, section] of [
    ["client", last.clients],
    ["server", last.servers],
    ["signer", last.signers],
  ] as const) {
    for (const [name, { csr }] of section) {
      if (!csr) continue;
      const former = kind === "client" ? (last.clients.get(name)?.previously ?? null) : null;
      const newest = certified.get(`${kind}:${name}`) ?? certified.get(`${kind}:${former}`);
      if (newest !== undefined) requests.set(name, settledRequest(newest, state.requests.get(name)));
    }
  }
  return { ...state, requests };
}

function settledRequest(newest: Certificate, request: Request | undefined): Request {
  if (request?.ok === true && request.fingerprint === newest.fingerprint) return request;
  const { fingerprint, keyType } = newest;
  return { ok: true, fingerprint, keyType, spki: null, ignored: [] };
}

/** `kind:name` → the newest certificate that was made from a request. */
function newestByRequest({ certificates }: State): Map<string, Certificate> {
  const newest = new Map<string, Certificate>();
  for (const certificate of certificates.values()) {
    if (certificate.key !== "request") continue;
    const holder = `${certificate.kind}:${certificate.identity}`;
    const known = newest.get(holder);
    if (known === undefined || byAge(known, certificate) < 0) newest.set(holder, certificate);
  }
  return newest;
}
