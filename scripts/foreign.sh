# Read by setup.sh, the hooks and git's filter before they start anything: what a checkout could bring that runs in
# place of ours, and that no reviewer reads.
# shellcheck shell=sh

# npm puts node_modules/.bin first into PATH, where a branch can have a `sh` or a `node`; and what is not absolute is
# looked for in the working tree.
own_path() {
	rest=$PATH: kept=
	while [ -n "$rest" ]; do
		entry=${rest%%:*}
		rest=${rest#*:}
		case $entry in
		*/node_modules/.bin | */node_modules/.bin/) ;;
		/*) kept=$kept${kept:+:}$entry ;;
		esac
	done
	PATH=$kept
}

# Keys are for the command that was given them, not for what it starts.
drop_secrets() {
	all=$(env) || return 1
	names=$(printf '%s\n' "$all" |
		sed -n -e 's/^\(GATEHOUSE_[A-Z0-9_]*\)=.*/\1/p' -e 's/^\(CI_[A-Z0-9_]*TOKEN\)=.*/\1/p' -e 's/^\(CI_[A-Z0-9_]*KEY\)=.*/\1/p') ||
		return 1
	for name in $names; do unset "$name"; done
}

# Paths in git's index that are isForeignCode (scripts/model/code.ts; a test holds the two together), as git quotes
# them. A failure is git's. ſ and the Kelvin sign are s and k to a file system that tells no case; git knows only ASCII.
foreign_code() {
	set --
	for s in s ſ; do
		set -- "$@" "node_module$s" "node_module$s/**"
		for other in s ſ; do set -- "$@" "npm-${s}hrinkwrap.j${other}on"; done
		for k in k K; do set -- "$@" "*/**/pac${k}age.j${s}on"; done
	done
	for name; do
		set -- "$@" ":(top,icase,glob)**/$name"
		shift
	done
	GIT_LITERAL_PATHSPECS=0 git -c core.quotePath=true ls-files -- "$@" ':(top,exclude,literal)scripts/node/package.json'
}
