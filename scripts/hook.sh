#!/bin/sh
# Runs the guard for git's hooks. What it cannot check it blocks, and says what to type.
#   sh husky.sh hook.sh HOOK [the hook's own arguments]
#
# git's hooks call a copy of this, gatehouse/code under git's common directory, which setup.sh made: the code is that
# of the last set-up, never of the branch that happens to be checked out, and the data that of the worktree git
# stands in.
set -eu

unset CDPATH
case $0 in */*) here=${0%/*} ;; *) here=. ;; esac
home=$(cd "$here/.." && pwd)
hook=${1-pre-commit}
[ $# = 0 ] || shift

# What exactly would be committed, onto what: the index as a tree, and HEAD. Empty where there is no telling.
state() {
	tree=$(git write-tree 2>/dev/null) || return 0
	echo "$tree $(git rev-parse --quiet --verify HEAD || :)"
}

# A commit calls pre-commit, then prepare-commit-msg, which also runs where the first does not (--no-verify,
# cherry-pick, revert, rebase): it need not look again at what has just passed.
stamp=
case $hook in
pre-commit | pre-merge-commit | prepare-commit-msg)
	stamp=$(git rev-parse --git-path gatehouse-guarded)
	;;
esac
if [ "$hook" = prepare-commit-msg ] && [ -f "$stamp" ]; then
	passed=$(cat "$stamp")
	rm -f "$stamp"
	now=$(state)
	[ -z "$now" ] || [ "$now" != "$passed" ] || exit 0
fi

# git-crypt's lock takes git's filter away, and nothing else would say so.
# shellcheck source=scripts/mend-filter.sh
. "$home/scripts/mend-filter.sh"

# shellcheck source=scripts/recent-node.sh
. "$home/scripts/recent-node.sh"

# Compiled once, the guard takes half the time.
NODE_COMPILE_CACHE=$home/node_modules/.cache
export NODE_COMPILE_CACHE

if [ ! -d "$home/node_modules/simple-git" ] || ! find_node "$home/node_modules/.bin/node"; then
	echo "guard: cannot look for private keys: Node or its packages are missing; nothing was committed or pushed" >&2
	echo "  run at the top of the repository: sh scripts/setup.sh, then try again" >&2
	exit 2
fi

# git gives one line for each branch: LOCAL-REF LOCAL-ID REMOTE-REF REMOTE-ID. What the remote has is not new.
push() {
	remote=$1
	git remote get-url "$remote" >/dev/null 2>&1 || remote=
	worst=0
	while read -r _ new _ old; do
		"$node" "$home/scripts/guard.ts" --range "$old..$new" ${remote:+--remote "$remote"} </dev/null >&2 || worst=$?
	done
	return "$worst"
}

if [ "$hook" = pre-push ]; then
	push "${1-}"
	exit
fi

[ -z "$stamp" ] || rm -f "$stamp"
"$node" "$home/scripts/guard.ts"
case $hook in
pre-commit | pre-merge-commit) state >"$stamp" ;;
esac
