#!/bin/sh
# Starts a hook's script as husky 9 starts one, for that is what its users know: their own file is read first, in which
# PATH is set where a graphical client has none; HUSKY=0 skips the hook without a word, HUSKY=2 traces it.
#   sh husky.sh SCRIPT [its arguments]
# Otherwise than husky it puts nothing of the working tree into PATH.
unset CDPATH
case $0 in */*) here=${0%/*} ;; *) here=. ;; esac
# shellcheck source=scripts/foreign.sh
. "$here/foreign.sh"
# One copy has it all, so this cannot be missing where that was not.
script=$here/$1
shift

# FILE: does it lie in the working tree, at whose top git starts hooks? A branch that is checked out could bring it.
in_tree() {
	directory=$(cd -- "${1%/*}" && pwd -P) || return 0
	top=$(pwd -P) || return 0
	case $directory/ in "$top"/*) return 0 ;; esac
	return 1
}

# Sets `init`, the user's own file; empty where there is none to be read.
find_init() {
	if [ -f "${HOME-}/.huskyrc" ]; then
		echo "gatehouse: ~/.huskyrc is not read, husky has given it up; what it does belongs into ~/.config/husky/init.sh" >&2
	fi
	init=${XDG_CONFIG_HOME:-${HOME-}/.config}/husky/init.sh
	case $init in /*) ;; *) init= ;; esac
	[ -f "$init" ] || init=
	[ -n "$init" ] && in_tree "$init" || return 0
	echo "gatehouse: $init is not read: it lies in this working tree, and a branch could bring it" >&2
	init=
}

[ "${HUSKY-}" != 0 ] || exit 0
own_path
drop_secrets || exit
find_init
traced=
if [ "${HUSKY-}" = 2 ]; then
	traced=-x
	set -x
fi
# It is given no key, and not git's list of what is pushed.
# shellcheck disable=SC1090 # the user's
[ -z "$init" ] || . "$init" </dev/null
{ set +x; } 2>/dev/null
[ "${HUSKY-}" != 0 ] || exit 0
# What it has set could be anything. A shell of its own knows nothing of its functions and options, and what Node is
# told for other programs could name a file of the working tree.
own_path
drop_secrets || exit
unset NODE_OPTIONS NODE_PATH
exec /bin/sh ${traced:+"$traced"} "$script" "$@"
