import type { Scope as FieldScope } from "../../model/schema/field.ts";

/** What the check needs to know of the rest of the file and of the world. */
export interface Scope extends FieldScope {
  readonly hasRequest: (name: string) => boolean;
  readonly strays?: ReadonlyMap<string, string> | undefined;
  /** What is wrong with the file for this type of repository; absent where nobody looked into files. */
  readonly signingProblem?: (file: string, type: string) => string | null;
}
