# Read by setup.sh: what git starts by itself, its filter and its hooks.
# shellcheck shell=sh
# shellcheck disable=SC2154 # directory, common, own and record are setup.sh's

# What git starts by itself is never a file of the working tree: a stranger's branch that is checked out would bring
# its own. So both are copies under git's common directory, and both use a Node that no branch can replace.
in_git() {
	[ -n "$directory" ] || return 1
	node=$PWD/$own
	[ -x "$node" ] || node=node
}

# STAMP FILE...: is any of them newer? What cannot be told counts as newer.
newer() {
	[ -e "$1" ] || return 0
	stamp_file=$1
	shift
	found=$(find "$@" -newer "$stamp_file") || return 0
	[ -n "$found" ]
}

filter() {
	in_git || return 0
	copy=$common/gatehouse/filter
	if newer "$copy/stamp" scripts/vault scripts/model scripts/system/if-there.ts scripts/recent-node.sh scripts/foreign.sh; then
		mkdir -p "$copy"
		: >"$copy/stamp.new"
		"$node" scripts/vault/copy-filter.ts "$PWD" || fail "git's filter could not be copied: see above"
		mv -f "$copy/stamp.new" "$copy/stamp"
	fi
	mended=$(/bin/sh "$copy/filter.sh" configure) || fail "git's filter could not be set up: see above"
	[ -z "$mended" ] || say "installed git's filter: private keys are encrypted on their way into git"
}

# git's own hooks directory, for it is right in linked worktrees and after a clone was moved, where a path in
# core.hooksPath is not. .husky/ holds the hooks as husky wants them, but not by husky: its own `.husky/_` is part of
# the working tree, and puts the branch's node_modules/.bin before everything else in PATH.
hooks() {
	in_git && [ "${HUSKY-}" != 0 ] || return 0
	asked=0
	now=$(git config core.hooksPath) || asked=$?
	# 1: it is not set.
	[ "$asked" -le 1 ] || fail "git cannot read its settings: see above"
	case $now in
	'' | "$common/hooks") ;;
	*.husky/_) git config --local --unset-all core.hooksPath || fail "core.hooksPath is $now, not in this clone's own settings; where is it? git config --show-origin core.hooksPath" ;;
	*)
		say "git's core.hooksPath is $now: the guard is not called; call .husky/pre-commit from there, or type:"
		printf '  %s\n' "git config --local core.hooksPath '$common/hooks' && sh scripts/setup.sh" >&2
		return 0
		;;
	esac
	copy=$common/gatehouse/code
	if newer "$copy/stamp" scripts .husky package.json "$record"; then copy_code; fi
	stubs=no
	for hook in .husky/*; do
		[ ! -f "$hook" ] || stub "$common/hooks/${hook##*/}"
	done
	[ "$stubs" = no ] || say "installed git's hooks: commits are checked for private keys"
}

# FILE: a hook of git's that calls its namesake in the copy. Somebody else's is left alone.
stub() {
	# shellcheck disable=SC2016 # for the hook's own shell
	text='#!/bin/sh
# Written by scripts/setup.sh of Gatehouse: what it runs is the copy made there, not what a branch brings.
[ "${HUSKY-}" != 0 ] || exit 0
exec /bin/sh "${0%/*}/../gatehouse/code/.husky/${0##*/}" "$@"'
	if [ -e "$1" ]; then
		there=$(cat "$1") || fail "$1 cannot be read: see above"
		[ "$there" != "$text" ] || [ ! -x "$1" ] || return 0
		case $there in *'of Gatehouse'*) ;; *)
			say "$1 is somebody else's hook: the guard is not called there; call this from it:"
			printf '  %s\n' "sh '$common/gatehouse/code/.husky/${1##*/}' \"\$@\"" >&2
			return 0
			;;
		esac
	fi
	mkdir -p "$common/hooks"
	printf '%s\n' "$text" >"$1.new"
	chmod 755 "$1.new"
	mv -f "$1.new" "$1"
	stubs=yes
}

# The stamp is as old as the start: what changes meanwhile is copied next time.
copy_code() {
	rm -rf "$copy.new" "$copy.old"
	mkdir -p "$copy.new/node_modules/.bin"
	: >"$copy.new/stamp"
	cp -R scripts .husky package.json "$copy.new/"
	rm -rf "$copy.new/.husky/_"
	# shellcheck disable=SC2016 # JavaScript
	packages=$("$node" -e 'const { packages = {} } = JSON.parse(fs.readFileSync("package-lock.json", "utf8"));
		for (const [path, { dev }] of Object.entries(packages)) if (path && !dev) console.log(path)')
	for package in $packages; do
		# What only `bundle` needs, thousands of lines, is not for hooks.
		case $package in */@noble/* | */@scure/* | */age-encryption | */husky) continue ;; esac
		# A package inside another came with it.
		if [ -d "$package" ] && [ ! -d "$copy.new/$package" ]; then
			mkdir -p "$copy.new/${package%/*}"
			cp -R "$package/" "$copy.new/$package"
		fi
	done
	own_node "$copy.new/$own"
	[ ! -d "$copy" ] || mv "$copy" "$copy.old"
	mv "$copy.new" "$copy"
	rm -rf "$copy.old"
}

# FILE: the Node of this clone, if it has one. A hard link stays what it is when a branch replaces the other one.
own_node() {
	[ -x "$own" ] || return 0
	target=$("$node" -p process.execPath)
	case $target in
	"$(pwd -P)"/*) ln "$target" "$1" 2>/dev/null || cp "$target" "$1" ;;
	*) ln -s "$target" "$1" ;;
	esac
}
