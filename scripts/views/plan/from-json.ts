import { DIGEST, OBJECT_ID } from "../../model/content.ts";
import { Fields } from "../../model/json-fields.ts";
import { NAME } from "../../model/layout.ts";
import {
  type AccessChange,
  type ByTime,
  type Change,
  type Compromised,
  type Decision,
  type Edit,
  type OldName,
  type Plan,
  REFUSAL_CODES,
  type Summary,
  WARNING_CODES,
} from "../../model/plan.ts";
import { type Problem, UserError } from "../../model/problem.ts";
import { REASONS } from "../../model/registry.ts";
import { SECTION_NAMES } from "../../model/schema/sections.ts";
import { type Instant, parseInstant } from "../../model/time.ts";
import type { ChangeKind } from "./by-kind.ts";
import { changeOf, FIELD } from "./change-from-json.ts";

/**
 * What planJson wrote, read back and checked: whoever renders it for reviewers need not trust who made it. Unknown
 * fields are dropped. Messages may still hold anything; views escape them. Throws UserError.
 */
export function planFromJson(text: string): Plan {
  const root = Fields.parse(text, "plan", "Make it with: npm run -s plan -- --json");
  const changes = root.objects("changes", changeOf);
  return {
    asOf: instant(root, "asOf"),
    digest: root.text("digest", DIGEST),
    summary: root.object("summary", (fields) => summaryOf(fields, changes)),
    changes,
    access: root.objects("access", accessOf),
    edits: root.objects("edits", editOf),
    compromised: root.objects("compromised", compromisedOf),
    byTime: root.object("byTime", byTimeOf),
    base: root.orNull("base", () => root.text("base", OBJECT_ID)),
    warnings: root.objects("warnings", (fields) => coded(fields, WARNING_CODES)),
    refusals: root.objects("refusals", (fields) => coded(fields, REFUSAL_CODES)),
  };
}

function instant(fields: Fields, key: string): Instant {
  const value = parseInstant(fields.text(key));
  if (value === null) throw new UserError(`${fields.at}.${key} is not an instant`);
  return value;
}

const instantOrNull = (fields: Fields, key: string) => fields.orNull(key, () => instant(fields, key));
const textOrNull = (fields: Fields, key: string) => fields.orNull(key, () => fields.text(key));

function byTimeOf(fields: Fields): ByTime {
  const changes = fields.objects("changes", changeOf).map((change) => {
    if (isDecision(change)) return change;
    throw new UserError(`${fields.at}.changes holds what is no decision about a certificate: ${change.kind}`);
  });
  return { until: instant(fields, "until"), changes };
}

function isDecision(change: Change): change is Decision {
  return change.kind !== "definition" && change.kind !== "crl" && change.kind !== "file";
}

/** The counts are what a reviewer reads first: they must be those of the changes. */
function summaryOf(fields: Fields, changes: readonly Change[]): Summary {
  const counted = (kind: ChangeKind): number => {
    const count = fields.count(kind);
    if (count === changes.filter((change) => change.kind === kind).length) return count;
    throw new UserError(`${fields.at}.${kind} is not how many there are`);
  };
  return {
    issue: counted("issue"),
    renew: counted("renew"),
    revoke: counted("revoke"),
    hold: counted("hold"),
    release: counted("release"),
    definition: counted("definition"),
    crl: counted("crl"),
    file: counted("file"),
    lose: fields.count("lose"),
  };
}

function accessOf(fields: Fields): AccessChange {
  return {
    client: fields.text("client", NAME),
    previously: fields.orNull("previously", () => fields.text("previously", NAME)),
    gains: fields.names("gains", NAME),
    loses: fields.names("loses", NAME),
    because: fields.object("because", (why) => ({ entry: why.flag("entry"), groups: why.names("groups", NAME) })),
    until: instantOrNull(fields, "until"),
    contact: textOrNull(fields, "contact"),
    lossIs: fields.orNull("lossIs", () => fields.oneOf("lossIs", ["forever", "held"])),
    reissued: fields.orNull("reissued", () => fields.oneOf("reissued", REASONS)),
    oldName: fields.orNull("oldName", () => fields.object("oldName", oldNameOf)),
  };
}

function oldNameOf(fields: Fields): OldName {
  return { until: instantOrNull(fields, "until"), sameKey: fields.flag("sameKey") };
}

function editOf(fields: Fields): Edit {
  return {
    section: fields.oneOf("section", SECTION_NAMES),
    name: fields.text("name", NAME),
    field: fields.text("field", FIELD),
    from: fields.value("from"),
    to: fields.value("to"),
  };
}

function compromisedOf(fields: Fields): Compromised {
  return {
    client: fields.text("client", NAME),
    contact: textOrNull(fields, "contact"),
    before: instantOrNull(fields, "before"),
    lockedOut: fields.flag("lockedOut"),
  };
}

function coded<C extends string>(fields: Fields, codes: readonly C[]): { code: C; message: string } {
  return { code: fields.oneOf("code", codes), message: fields.text("message") };
}

/**
 * What problemsJson wrote, read back and checked; null for anything that does not begin so, such as a plan. Messages
 * may hold anything. Throws UserError.
 */
export function problemsFromJson(text: string): Problem[] | null {
  const root = Fields.parse(text, "plan", "Make it with: npm run -s plan -- --json");
  if (!root.has("errors")) return null;
  return root.objects("errors", (fields) => ({
    file: fields.text("file"),
    line: fields.count("line"),
    column: fields.count("column"),
    message: fields.text("message"),
    hint: fields.orNull("hint", () => fields.text("hint")),
  }));
}
