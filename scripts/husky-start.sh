# Read by husky.sh: husky's launcher, and around it what it does not care for. It puts the working tree's
# node_modules/.bin before everything else in PATH, and looks for `sh` there: a branch could bring one.
# shellcheck shell=sh
# shellcheck source=scripts/foreign.sh
. "$1/foreign.sh"
gatehouse=$1
gatehouse_xdg=${XDG_CONFIG_HOME-}
[ "$2" = yes ] || XDG_CONFIG_HOME=/dev/null
gatehouse_script=$1/$3
gatehouse_hook=$4
shift 4
# The user's file is given nothing to read: git's list of what is pushed is for the hook.
exec 3<&0 </dev/null

# A function comes before PATH. What the user's file has set could be anything: the hook has a shell of its own, which
# knows nothing of functions and options, and what Node is told for other programs could name a file of the tree.
sh() {
	if [ "$1 $2" != "-e $gatehouse/../.husky/$gatehouse_hook" ]; then
		command sh "$@"
		return
	fi
	{ set +x; } 2>/dev/null
	shift 2
	own_path
	drop_secrets || return
	unset NODE_OPTIONS NODE_PATH
	[ "${XDG_CONFIG_HOME-}" != /dev/null ] || XDG_CONFIG_HOME=$gatehouse_xdg
	[ "${HUSKY-}" != 2 ] || set -- -x "$gatehouse_script" "$gatehouse_hook" "$@"
	[ "${HUSKY-}" = 2 ] || set -- "$gatehouse_script" "$gatehouse_hook" "$@"
	/bin/sh "$@" <&3 3<&-
}

# shellcheck source=/dev/null
. "$gatehouse/../node_modules/husky/husky"
