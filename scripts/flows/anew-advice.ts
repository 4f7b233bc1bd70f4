import type { Plan } from "../model/plan.ts";
import type { State } from "../model/state.ts";
import { UNKNOWN, whyNotAnew } from "./anew-reasons.ts";

const ADVICE = ` Or, if nobody has this authority yet (${UNKNOWN}), begin anew under the new name: npm start -- --anew`;

/** The plan, whose refusal of another authority says how to begin anew, as long as that is possible. */
export async function withAnewAdvice(plan: Plan, root: string, state: State): Promise<Plan> {
  const { refusals } = plan;
  if (!refusals.some(({ code }) => code === "AuthorityChanged")) return plan;
  if ((await whyNotAnew(root, state)) !== null) return plan;
  const advised = refusals.map((one) =>
    one.code === "AuthorityChanged" ? { ...one, message: one.message + ADVICE } : one,
  );
  return { ...plan, refusals: advised };
}
