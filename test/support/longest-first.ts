import { BaseSequencer, type TestSpecification } from "vitest/node";
import { weightOf } from "./imports.ts";

/**
 * The longest files first, so that none runs alone at the end: by what they took the last time, as ever, and by what
 * they import where that is not known, which on a fresh machine is everywhere. By their own size it would be wrong:
 * the longest are short stories told with much machinery.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const usual = await super.sort(files);
    if (files.every((one) => this.ctx.cache.getTestSpecificationResult(one) !== undefined)) return usual;
    const projects = [...new Set(usual.map(({ project }) => project.name))];
    const rank = ({ project }: TestSpecification) => projects.indexOf(project.name);
    return usual.toSorted((a, b) => rank(a) - rank(b) || weightOf(b.moduleId) - weightOf(a.moduleId));
  }
}
