#!/bin/sh
# Starts git's filter for protected files, and points git's configuration at it. It runs as a copy, gatehouse/filter/
# under git's common directory (install.ts), so that no branch that is checked out has a say in it.
#   filter.sh process|clean|smudge DRIVER   what git calls
#   filter.sh configure                     sets the configuration where it is not so; prints the drivers it mended
# git calls it through `git rev-parse --git-common-dir`: right in linked worktrees and after the clone was moved.
set -u

unset CDPATH
here=$(cd "${0%/*}" && pwd)
common=${here%/gatehouse/filter}
# shellcheck source=scripts/foreign.sh
. "$here/foreign.sh"
own_path
# Whatever a shell was told for its own programs is nothing for the one that sees private keys.
unset NODE_OPTIONS

start() {
	git_directory=$common
	# The top of a linked worktree has a file here, and git-crypt puts such a worktree's key into its own directory.
	[ ! -f .git ] || git_directory=$(git rev-parse --git-dir) || exit 1
	NODE_COMPILE_CACHE=$here/cache
	export NODE_COMPILE_CACHE
	[ ! -x "$here/node" ] || exec "$here/node" "$here/vault/filter.ts" "$1" "$2" "$common" "$git_directory"
	# shellcheck source=scripts/recent-node.sh
	. "$here/recent-node.sh"
	if find_node "$here/node"; then exec "$node" "$here/vault/filter.ts" "$1" "$2" "$common" "$git_directory"; fi
	echo "gatehouse: git's filter for private keys finds no Node; run: sh scripts/setup.sh, then the same again" >&2
	exit 1
}

# Every driver that has a key here or that attributes name; a name with other characters is none of git-crypt's.
drivers() {
	echo git-crypt
	for key in "$common"/git-crypt/keys/*; do
		name=${key##*/}
		case $name in default | *[!A-Za-z0-9_-]*) ;; *) echo "git-crypt-$name" ;; esac
	done
	named --cached -- .gitattributes '*/.gitattributes' && named --no-index -- .gitattributes
}

# GIT-GREP-ARGUMENT...: the drivers with a name of their own in these files. Exit code 1 of git's is that there are none.
named() {
	place=$1
	shift
	matches=$(git grep "$place" -h -o -E 'filter=git-crypt-[A-Za-z0-9_-]+' "$@")
	[ $? -le 1 ] || return 1
	for match in $matches; do echo "${match#filter=}"; done
}

configure() {
	seen=' ' all=
	wanted=$(drivers) || return 1
	ask || return 1
	for driver in $wanted; do
		case $seen in *" $driver "*) continue ;; esac
		seen="$seen$driver "
		# shellcheck disable=SC2016 # git's shell expands it
		command='/bin/sh "$(git rev-parse --git-common-dir)/gatehouse/filter/filter.sh"'
		mended=no
		put process "$command process $driver" && put required true || return 1
		# For programs that do not know of `process`; git-crypt's own do as well.
		for one in clean smudge; do
			setting "$one"
			[ -n "$is" ] || put "$one" "$command $one $driver" || return 1
		done
		[ "$mended" = no ] || all="$all $driver"
	done
	[ -z "$all" ] || backdate
	for driver in $all; do echo "$driver"; done
}

# git tells changed files by whole seconds. git-crypt's unlock touches what it wants to be checked out again; in the
# second in which that was written git would look into it, find what it holds, and leave the ciphertext there.
backdate() {
	[ ! -e "$common/git-crypt/keys/default" ] && [ -d pki/private ] && [ ! -L pki/private ] || return 0
	find pki/private -type f -exec touch -t 200001010000 {} + || return 0
	git update-index -q --refresh
} >/dev/null 2>&1

# Sets `settings`: a line of git's for each of all drivers. Exit code 1 of git's is that there are none.
ask() {
	settings=$(git config --local --get-regexp '^filter\.git-crypt(-[A-Za-z0-9_-]+)?\.(process|required|clean|smudge)$')
	[ $? -le 1 ]
}

# NAME: sets `is` as the driver has it, or empty. What is said last counts.
setting() {
	is=
	while IFS= read -r line; do
		case $line in
		"filter.$driver.$1 "*) is=${line#* } ;;
		"filter.$driver.$1") is= ;;
		esac
	done <<-LINES
		$settings
	LINES
}

put() {
	setting "$1"
	[ "$is" != "$2" ] || return 0
	git config --local --replace-all "filter.$driver.$1" "$2" && mended=yes
}

case ${1-} in
process | clean | smudge) start "$1" "$2" ;;
configure) configure ;;
*)
	echo "usage: filter.sh process|clean|smudge DRIVER, or filter.sh configure" >&2
	exit 1
	;;
esac
