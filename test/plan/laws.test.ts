import { describe, expect, test } from "vitest";
import { reach } from "../../scripts/model/access.ts";
import { canonicalRegistry } from "../../scripts/model/canonical.ts";
import { decide } from "../../scripts/plan/decide.ts";
import { derivedFiles } from "../../scripts/plan/files.ts";
import { isLive } from "../../scripts/plan/holdings.ts";
import { planFromJson } from "../../scripts/views/plan/from-json.ts";
import { planJson } from "../../scripts/views/plan/json.ts";
import { Rendered } from "../servers/nginx-reader.ts";
import { VERSION } from "../support/plan-builders.ts";
import { planFor } from "../support/plan-simulator.ts";
import { always, areApart, backwards, burnt, holders, renames, texts, throughout } from "./played.ts";

describe("after a run", () => {
  test("nothing is left to do", () => {
    always(({ registry, after, now }) => {
      const { plan, applicable } = planFor(registry, after, now);
      expect(applicable?.plan.changes ?? []).toEqual([]);
      if (plan.refusals.every(({ code }) => code === "BadRequest")) expect(plan.changes).toEqual([]);
    });
  });

  test("everything that was revoked stays revoked, in the same words", () => {
    throughout(
      () => new Map<string, unknown>(),
      ({ after }, known) => {
        for (const [serial, revocation] of known) expect(after.revocations.get(serial)).toEqual(revocation);
        for (const [serial, revocation] of after.revocations) known.set(serial, revocation);
      },
    );
  });

  test("a revoked serial is on the CRL until a CRL from after its certificate's end has listed it", () => {
    throughout(
      () => new Set<string>(),
      ({ after }, done) => {
        for (const serial of after.revocations.keys()) {
          const end = after.certificates.get(serial)?.notAfter ?? Number.POSITIVE_INFINITY;
          const entry = after.crl?.entries.get(serial);
          if (!done.has(serial)) expect(entry).toMatchObject({ serial });
          if (entry !== undefined) expect(entry.reason).not.toBe("certificateHold");
          if (entry !== undefined && end < (after.crl?.thisUpdate ?? 0)) done.add(serial);
        }
      },
    );
  });

  test("CRL numbers and times rise, and it is neither over nor longer than is asked for", () => {
    always(({ before, after, registry, now }) => {
      expect(after.crl?.nextUpdate).toBeGreaterThan(now);
      expect(after.crl?.nextUpdate).toBeLessThanOrEqual(now + registry.crl.lifetime);
      if (before.crl === null || after.crl === before.crl) return;
      expect(after.crl?.number).toBeGreaterThan(before.crl.number);
      expect(after.crl?.thisUpdate).toBeGreaterThan(before.crl.thisUpdate);
    });
  });

  test("nginx admits each serial to what the registry gives its client, and only live ones that are not held", () => {
    always((moment) => {
      const { after, now } = moment;
      const registry = after.carriedOut?.registry ?? moment.registry;
      const rendered = new Rendered(texts(after.files));
      for (const [key, client] of rendered.map("clients.map")) {
        const serial = key.slice(2).toUpperCase();
        const certificate = after.certificates.get(serial);
        expect([client, registry.clients.get(client)?.previously]).toContain(certificate?.identity);
        expect(certificate !== undefined && isLive(certificate, after, now)).toBe(true);
        expect(after.holds.has(serial)).toBe(false);
        expect(rendered.reach("pkg.example.com", serial).paths).toEqual(reach(registry, client, now).repositories);
      }
    });
  });

  test("whoever is admitted and has no bad request has a certificate that fits, and nginx knows it", () => {
    always((moment) => {
      const { after, registry, now } = moment;
      const end = after.authority?.notAfter ?? 0;
      const bad = planFor(registry, after, now).plan.refusals.filter(({ code }) => code === "BadRequest");
      const listed = new Rendered(texts(after.files)).map("clients.map");
      for (const { identity, live } of holders(moment)) {
        const over = identity.revoked !== null || (identity.expires !== null && identity.expires <= now) || end <= now;
        if (identity.suspended || over || bad.some(({ message }) => message.includes(`/${identity.name}.req`)))
          continue;
        const newest = live.at(-1);
        expect(newest).toMatchObject({ subject: identity.subjectText, profile: identity.kind });
        const asked = identity.shorten ? now + identity.lifetime : end;
        expect(newest?.notAfter).toBeLessThanOrEqual(Math.min(end, identity.expires ?? end, asked));
        expect(newest?.key).toBe(identity.csr ? "request" : "managed");
        if (identity.kind === "client") expect(listed.get(`s:${newest?.serial.toLowerCase()}`)).toBe(identity.name);
      }
    });
  });

  test("a tombstone, or somebody whose access is over, holds nothing that lives; the suspended hold what is held", () => {
    always((moment) => {
      for (const { identity, live } of holders(moment)) {
        if (identity.revoked !== null) expect(live).toEqual([]);
        if (identity.suspended) for (const one of live) expect(moment.after.holds.has(one.serial)).toBe(true);
        const { expires } = identity;
        if (expires !== null && expires <= moment.now) for (const one of live) expect(one.notAfter).toBe(expires);
      }
    });
  });

  test("under a reissue nothing older lives, and only what was issued under it", () => {
    always((moment) => {
      for (const { identity, live } of holders(moment))
        if (identity.reissue !== null) for (const one of live) expect(one.reissue).toBe(identity.reissue.before);
    });
  });

  test("no predecessor lives past its overlap", () => {
    always((moment) => {
      for (const { identity, live } of holders(moment)) {
        if (identity.overlap === null) continue;
        for (const [n, one] of live.entries()) {
          const successor = live.slice(n + 1).find((other) => other.issued > one.issued);
          if (successor) expect(successor.issued + identity.overlap).toBeGreaterThan(moment.now);
        }
      }
    });
  });

  test("nobody got more than one certificate, and nobody one of an old key that was given up", () => {
    always(({ before, after }) => {
      const fresh = [...after.certificates.values()].filter((one) => !before.certificates.has(one.serial));
      expect(new Set(fresh.map((one) => `${one.kind} ${one.identity}`)).size).toBe(fresh.length);
      for (const one of fresh) expect(burnt(one, before.certificates.values(), before.revocations)).toEqual([]);
    });
  });

  test("nobody's certificates have a key that somebody else has a certificate for", () => {
    always((moment) => {
      const owner = new Map<string, string>();
      if (!areApart(moment)) return;
      for (const { identity, live } of holders(moment)) {
        for (const { fingerprint } of live) {
          expect(owner.get(fingerprint) ?? identity.name).toBe(identity.name);
          owner.set(fingerprint, identity.name);
        }
      }
    });
  });
});

test("a certificate passes to another name by a rename only", () => {
  throughout(
    () => new Map<string, string>(),
    (moment, owners) => {
      const apart = areApart(moment);
      for (const { identity, live } of holders(moment)) {
        for (const { serial, identity: first } of live) {
          const owner = owners.get(serial) ?? identity.name;
          // ada became dan, and now cyd, which says that it was ada: that name is the certificate's own.
          if (apart && identity.previously !== first) expect([identity.name, identity.previously]).toContain(owner);
          owners.set(serial, identity.name);
        }
      }
    },
    renames,
  );
});

test("a client that was renamed with its key keeps it, whatever becomes of its former certificates", () => {
  always((moment) => {
    const { after, registry, now } = moment;
    for (const { message, code } of planFor(registry, after, now).plan.refusals) {
      const name = /^pki\/reqs\/(.+)\.req: its key /.exec(message)?.[1] ?? "";
      const request = after.requests.get(name);
      if (code !== "BadRequest" || request?.ok !== true) continue;
      const own = [...after.certificates.values()].filter((one) => one.identity === name && isLive(one, after, now));
      if (registry.clients.get(name)?.reissue) continue;
      expect(own.map((one) => one.fingerprint)).not.toContain(request.fingerprint);
    }
  }, renames);
});

describe("a plan", () => {
  test("is the same bytes for the same input, and touches none of it", () => {
    always(({ registry, before, now }) => {
      const first = JSON.stringify(planFor(registry, before, now).plan);
      expect(JSON.stringify(planFor(registry, before, now).plan)).toBe(first);
    });
  });

  test("is the same whatever the order in clients.yaml and in the directories, and so are the derived files", () => {
    always(({ registry, before, now }) => {
      const [other, state] = backwards(registry, before);
      expect(planFor(other, state, now).plan).toEqual(planFor(registry, before, now).plan);
      const sorted = (files: ReturnType<typeof derivedFiles>) => files.sort((a, b) => (a.path < b.path ? -1 : 1));
      const derived = derivedFiles(other, state, now, VERSION);
      expect(sorted(derived)).toEqual(sorted(derivedFiles(registry, before, now, VERSION)));
    });
  });

  test("counts as losing just those whose access says so: who loses anything, and who is reissued", () => {
    always(({ registry, before, now }) => {
      const { summary, access, changes } = planFor(registry, before, now).plan;
      const losing = access.filter(({ loses, reissued }) => loses.length > 0 || reissued !== null);
      expect(summary.lose).toBe(losing.length);
      const reissued = changes.flatMap((one) =>
        one.kind === "revoke" && one.cause === "Reissued" ? [one.identity] : [],
      );
      expect(access.flatMap(({ client, reissued }) => (reissued === null ? [] : [client]))).toEqual([
        ...new Set(reissued),
      ]);
    });
  });

  test("comes back from its JSON as it was", () => {
    always(({ registry, before, now }) => {
      const { plan } = planFor(registry, before, now);
      expect(planFromJson(planJson(plan))).toEqual(plan);
    });
  });

  test("names every client that differs in any way, and says nothing where nothing does", () => {
    always(({ registry, before, now }) => {
      const last = before.carriedOut?.registry ?? null;
      const { access, edits } = planFor(registry, before, now).plan;
      const differs = last === null || canonicalRegistry(last) !== canonicalRegistry(registry);
      expect(edits.length > 0).toBe(differs);
      const edited = new Set(edits.map(({ section, name }) => `${section} ${name}`));
      for (const { client, reissued } of access) if (reissued === null) expect(edited).toContain(`clients ${client}`);
    });
  });

  test("has a digest that follows from the registry and the decisions about certificates, and from nothing else", () => {
    throughout(
      () => ({ digests: new Map<string, string>() }),
      ({ registry, before, now }, { digests }) => {
        for (const later of [0, 1, 3600, 86_400]) {
          const { digest } = planFor(registry, before, now + later).plan;
          // Not as the plan has them: what they are due by depends on the base there, and the digest does not.
          const { list } = decide(registry, before, now + later);
          const asked = [registry.crl, [...registry.clients].sort()];
          const what = JSON.stringify([list.map(({ message: _, ...rest }) => rest), asked]);
          expect(digests.get(what) ?? digest).toBe(digest);
          digests.set(what, digest);
        }
        expect(new Set(digests.values()).size).toBe(digests.size);
      },
    );
  });
});
