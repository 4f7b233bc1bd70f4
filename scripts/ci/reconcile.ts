/**
 * Carries out what is on main, as the bot, and pushes: sh scripts/ci/run.sh reconcile
 *
 * GATEHOUSE_KEY   git-crypt's key, base64
 * CI_BOT_*, CI_SIGNING_KEY, CI_PUSH_*: see bot.ts
 */
import { asBot, codeOf, job, withDirectory } from "./jobs.ts";

await job(($) =>
  withDirectory(async (directory) => {
    asBot(directory);
    return codeOf(await $`npm run -s reconcile -- --push`);
  }),
);
