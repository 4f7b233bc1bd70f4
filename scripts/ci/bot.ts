import { secretFile, setting, signIn, take } from "./jobs.ts";

/**
 * Who commits and pushes, from here on. The secrets leave the environment; a key lies in `directory` until that is
 * removed.
 *
 * CI_BOT_NAME, CI_BOT_EMAIL
 * CI_SIGNING_KEY               optional, an ssh private key that signs commits
 * CI_PUSH_TOKEN, CI_PUSH_URL   where the checkout left nothing that may push
 * CI_PUSH_OPTION               ci.skip, where a push with a token would start a pipeline
 */
export function asBot(directory: string): void {
  const { CI_BOT_NAME, CI_BOT_EMAIL, CI_PUSH_URL, CI_PUSH_OPTION } = process.env;
  for (const who of ["AUTHOR", "COMMITTER"]) {
    process.env[`GIT_${who}_NAME`] = CI_BOT_NAME || "Gatehouse";
    process.env[`GIT_${who}_EMAIL`] = CI_BOT_EMAIL || "gatehouse@localhost";
  }
  const key = take("CI_SIGNING_KEY");
  if (key !== undefined) {
    setting("gpg.format", "ssh");
    setting("user.signingKey", secretFile(directory, "signing-key", key));
    setting("commit.gpgSign", "true");
  }
  const token = take("CI_PUSH_TOKEN");
  if (token !== undefined && CI_PUSH_URL !== undefined) {
    setting("remote.origin.pushUrl", CI_PUSH_URL);
    signIn(CI_PUSH_URL, "oauth2", token);
  } else if (token !== undefined) throw new Error("CI_PUSH_TOKEN is set, and CI_PUSH_URL is not");
  if (CI_PUSH_OPTION) setting("push.pushOption", CI_PUSH_OPTION);
  for (const name of ["CI_COMMENT_TOKEN", "GATEHOUSE_COMMENT_TOKEN"]) take(name);
}
