export interface Standing {
  readonly exportConfirmed: boolean;
  /** The sample's name, where the authority has it and it is not too late for another; or null. */
  readonly sample: string | null;
}

/** What to do next, most urgent first, as lines to paste. */
export function nextSteps({ exportConfirmed, sample }: Standing): string {
  const first = [...(sample === null ? [] : [nameYourOwn(sample)]), ...(exportConfirmed ? [] : [SAVE_THE_KEY])];
  const steps = [...first, POINT_ORIGIN, COMMIT, ADD_A_CLIENT, SERVE, DEPLOY];
  return `Next:\n${steps.map((step, index) => `${index + 1}. ${step}`).join("\n")}\n`;
}

/** A locked clone's: `ways` as the vault knows them. */
export function unlockSteps(ways: readonly string[]): string {
  const what = "This clone is locked: private keys are ciphertext here, and nothing can be signed. To unlock it,";
  return [what, ...ways.map((way) => `  ${way}`), ""].join("\n");
}

function nameYourOwn(sample: string): string {
  return `This authority has the sample's name: ${sample}.
   Good for a try; it cannot be renamed later. For your own, write its name into
   clients.yaml under authority:, and begin anew:
     npm start -- --anew`;
}

export const SAVE_THE_KEY = `Save git-crypt's key outside this machine. It is the only way back to the
   authority; without it the keys in git are lost. Then confirm:
     git-crypt export-key ../gatehouse.key
     npm start -- --exported ../gatehouse.key`;

const POINT_ORIGIN = `Point origin at a private repository of your own:
     git remote set-url origin git@git.example.com:you/gatehouse.git`;

const COMMIT = `Commit what was made (private keys go into git encrypted):
     git add --all && git commit -m "Make the authority" && git push -u origin HEAD`;

const ADD_A_CLIENT = `Add a client: a line under clients: in clients.yaml, then
     npm run plan
     npm run reconcile -- --commit`;

const SERVE = `Try it with nginx on this machine alone:
     npm run serve`;

const DEPLOY = `Put it onto your servers (docs/deploy.md; docs/ci.md lets CI do it), and give
   a client its certificate and configuration (docs/bundles.md):
     npm run deploy
     npm run bundle -- NAME`;
