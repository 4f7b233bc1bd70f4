import { Actions } from "./actions.ts";
import { Forge } from "./forge.ts";
import { Branch, type House } from "./house.ts";

/** A forge with the house's main branch, its workflows, and a contributor's clone. */
export async function github(from: House) {
  const forge = await Forge.open(from.root);
  const actions = new Actions(forge, from, ".github");
  const branch = new Branch(from.root);
  const dispose = () => {
    for (const one of [actions, forge, branch]) one[Symbol.dispose]();
  };
  return { forge, actions, branch, [Symbol.dispose]: dispose };
}
