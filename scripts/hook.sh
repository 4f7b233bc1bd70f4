#!/bin/sh
# Runs the guard for git's hooks, over what is staged in the checkout that git calls them from. What it cannot
# check it blocks, and says what to type.
#
# git's hooks call a copy of this, gatehouse/code under git's common directory, which setup.sh made: the code is that
# of the last set-up, never of the branch that happens to be checked out, and the data that of the worktree git
# stands in.
set -eu

home=$(cd "$(dirname "$0")/.." && pwd)

# Keys in the environment are for the command that was given them, not for what a commit starts.
for name in $(env | sed -n 's/^\(GATEHOUSE_[A-Z0-9_]*\)=.*/\1/p'); do unset "$name"; done

# git-crypt's lock takes git's filter away, and nothing else would say so.
# shellcheck source=scripts/mend-filter.sh
. "$home/scripts/mend-filter.sh"

# shellcheck source=scripts/recent-node.sh
. "$home/scripts/recent-node.sh"

# Compiled once, the guard takes half the time.
NODE_COMPILE_CACHE=$home/node_modules/.cache
export NODE_COMPILE_CACHE

# A graphical git client often has a bare PATH, and the system's Node may be too old.
for node in "$home/node_modules/.bin/node" node /usr/local/bin/node /opt/homebrew/bin/node; do
	[ -d "$home/node_modules/simple-git" ] || break
	if recent "$node"; then exec "$node" "$home/scripts/guard.ts"; fi
done

echo "guard: cannot look for private keys: Node or its packages are missing; nothing was committed" >&2
echo "  run at the top of the repository: sh scripts/setup.sh, then commit again" >&2
exit 2
