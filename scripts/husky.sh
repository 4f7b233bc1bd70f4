#!/bin/sh
# Starts a hook by husky's own launcher, out of the copy in which this lies: its users know which file of theirs is read
# first, in which PATH is set where a graphical client has none, that HUSKY=0 skips a hook, and HUSKY=2 traces it.
#   sh husky.sh SCRIPT HOOK [the hook's own arguments]
# husky-start.sh keeps the working tree out of it.
unset CDPATH
case $0 in */*) here=${0%/*} ;; *) here=. ;; esac
# shellcheck source=scripts/foreign.sh
. "$here/foreign.sh"

# FILE: does it lie in the working tree, at whose top git starts hooks? A branch that is checked out could bring it.
in_tree() {
	directory=$(cd -- "${1%/*}" && pwd -P) || return 0
	top=$(pwd -P) || return 0
	case $directory/ in "$top"/*) return 0 ;; esac
	return 1
}

# Whether husky may read the user's own file, where there is one.
may_read() {
	init=${XDG_CONFIG_HOME:-${HOME-}/.config}/husky/init.sh
	case $init in /*) ;; *) return 1 ;; esac
	[ -f "$init" ] && in_tree "$init" || return 0
	echo "gatehouse: $init is not read: it lies in this working tree, and a branch could bring it" >&2
	return 1
}

[ "${HUSKY-}" != 0 ] || exit 0
own_path
drop_secrets || exit
read_init=yes
may_read || read_init=no
# To husky a hook that it does not find is none, and skipped.
if [ ! -f "$here/../.husky/$2" ] || [ ! -f "$here/../node_modules/husky/husky" ] ||
	[ "$(basename /a/b)" != b ] || [ "$(dirname /a/b)" != /a ]; then
	echo "gatehouse: husky, or what it starts hooks with, is missing; run at the top of the repository: sh scripts/setup.sh" >&2
	exit 2
fi
# By the name that husky would have given to it.
exec /bin/sh -c '. "$1/husky-start.sh"' "$here/../.husky/_/$2" "$here" "$read_init" "$@"
