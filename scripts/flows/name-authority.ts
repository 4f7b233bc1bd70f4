import { REGISTRY_FILE } from "../model/layout.ts";
import { isSample } from "../model/sample.ts";
import { readText } from "../model/text.ts";
import { formatDuration, type Instant } from "../model/time.ts";
import { nameProblem, withAuthorityName } from "../read/registry/authority-name.ts";
import { writeFiles } from "../system/files.ts";
import { readRegularFile } from "../system/read-file.ts";
import { insistOnNone } from "./create.ts";
import { loadWorkingTree } from "./load.ts";

/** Asks a person; see cli/ask.ts. */
export type Ask = (questions: readonly Question[]) => Promise<string[]>;

interface Question {
  readonly label: string;
  readonly preset: string;
  readonly problem: (answer: string) => string | null;
}

/**
 * Before an authority is made: asks for its name and organization where clients.yaml still has the sample's, and
 * writes the answers there, comments and all else kept. Does nothing where the names are somebody's own.
 */
export async function nameAuthority(root: string, now: Instant, ask: Ask, say: (text: string) => void): Promise<void> {
  const { registry, state } = await loadWorkingTree(root, now);
  insistOnNone(state);
  // create says what is wrong with it.
  if (registry === null || !isSample(registry.authority)) return;
  const { commonName, organization, lifetime } = registry.authority;
  say(`This makes your certificate authority. It lasts ${formatDuration(lifetime)}, under one name. Enter takes`);
  say(`what ${REGISTRY_FILE} has.`);
  const [name = commonName, owner = organization] = await ask([
    { label: "Name of the authority", preset: commonName, problem: (text) => nameProblem("commonName", text) },
    { label: "Organization", preset: organization, problem: (text) => nameProblem("organization", text) },
  ]);
  if (name === commonName && owner === organization) return;
  // As the file is now: somebody may have edited it while the question stood there.
  const text = readText(readRegularFile(root, REGISTRY_FILE) ?? new Uint8Array())?.text ?? "";
  const data = withAuthorityName(text, { commonName: name, organization: owner });
  await writeFiles(root, [{ path: REGISTRY_FILE, data }]);
  say(`Wrote that into ${REGISTRY_FILE}.`);
}
