# Read by setup.sh, ci/setup.sh and ci/run.sh, at the top of the clone: what other programs write (git, npm, a server's words)
# may hold what a forge's runner obeys; scripts/model/printable.ts says what that is, and does the same for our commands.
# shellcheck shell=sh

# Standard input, line by line as it comes, so that no line of it is obeyed.
inert() {
	cr=$(printf '\r')
	while IFS= read -r line || [ -n "$line" ]; do
		# A carriage return ends a line for some, and GitLab's markers need theirs.
		while :; do
			case $line in *"$cr"*) ;; *) break ;; esac
			inert_line "${line%%"$cr"*}"
			line=${line#*"$cr"}
		done
		inert_line "$line"
	done
}

# What stands before the `::` may be blanks in more than one alphabet: whatever is neither letter nor digit is one here.
inert_line() {
	shown=$1
	case $shown in *::*)
		before=${shown%%::*}
		case $before in *[0-9A-Za-z]*) ;; *) shown="$before\\u003a:${shown#*::}" ;; esac
		;;
	esac
	case $shown in *'##['*)
		shown=$(printf '%s\n' "$shown" | sed 's/##\[/##\\u005b/g') || shown='(a line that a runner would obey)'
		;;
	esac
	printf '%s\n' "$shown"
}

# Whether this runs in a job of a forge's.
in_job() { [ -n "${CI-}${GITHUB_ACTIONS-}${FORGEJO_ACTIONS-}${GITEA_ACTIONS-}${GITLAB_CI-}" ]; }

# SCRIPT [ARGUMENT...]: in its place, with all that it writes made inert. Comes back where that is done already.
through_log() {
	[ "${CI_LOG_INERT-}" != yes ] || return 0
	CI_LOG_INERT=yes
	export CI_LOG_INERT
	# 3 is its standard output, 4 takes its exit code out of the pipes, 5 is our own standard output.
	exec 5>&1
	ended=$({ { told_end "$@" 2>&1 >&3 3>&- | inert >&2; } 3>&1 | inert >&5; } 4>&1)
	exit "${ended:-1}"
}

told_end() {
	/bin/sh "$@" 4>&- 5>&- && ended=0 || ended=$?
	echo "$ended" >&4
}
