/**
 * What the runners of forges obey in a job's log, wherever it came from (a file's name, a commit's message, a server's
 * answer): a line that begins with `::`, blanks before it or not; `##[` anywhere (actions/runner, ActionCommand.cs; the
 * runners of Forgejo and Gitea take both from a line's beginning); GitLab's markers of sections. All are shown broken,
 * so that a JSON string has the same value still. In JSON none of them stands outside of a string.
 */
export function inert(text: string): string {
  return text.replaceAll("##[", "##\\u005b").replace(LEADING, "$1\\u003a:").replace(SECTION, "$1\\u003a");
}

/** `^` is the beginning of what any of them takes for a line; C#'s blanks are ours, and NEL. */
const LEADING = /^([^\S\r\n\u2028\u2029]*(?:\u0085[^\S\r\n\u2028\u2029]*)*)::/gm;
const SECTION = /(section_(?:start|end)):(?=\d)/g;
