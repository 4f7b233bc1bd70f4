import type { Change, CrlChange, Definition, FileChange, HoldChange, Issue, Renew, Revoke } from "../../model/plan.ts";

export type ChangeKind = Change["kind"];

/** What each kind of change looks like as data. */
export interface ByKind {
  readonly issue: Issue;
  readonly renew: Renew;
  readonly revoke: Revoke;
  readonly hold: HoldChange;
  readonly release: HoldChange;
  readonly definition: Definition;
  readonly crl: CrlChange;
  readonly file: FileChange;
}

/** A view: one function for every kind. A new kind does not compile until every view can show it. */
export type View<R> = { readonly [K in ChangeKind]: (change: ByKind[K]) => R };

/** The change as a view shows it. */
export function show<R>(change: Change, view: View<R>): R {
  switch (change.kind) {
    case "issue":
      return view.issue(change);
    case "renew":
      return view.renew(change);
    case "revoke":
      return view.revoke(change);
    case "hold":
      return view.hold(change);
    case "release":
      return view.release(change);
    case "definition":
      return view.definition(change);
    case "crl":
      return view.crl(change);
    case "file":
      return view.file(change);
  }
}
