# Read by setup.sh: git's hooks, and where git looks for them.
# shellcheck shell=sh
# shellcheck disable=SC2154 # common and record are setup.sh's

# What a hook has in it that calls ours, wherever it stands; a test holds scripts/check/hooks.ts to it.
CALLS_OURS='gatehouse/code/.husky/'

hooks() {
	in_git && [ "${HUSKY-}" != 0 ] || return 0
	copy=$common/gatehouse/code
	if newer "$copy/stamp" scripts .husky package.json "$record"; then copy_code; fi
	lead_here
	case $scope in
	'' | ours) install_stubs ;;
	command)
		install_stubs
		tell_environment
		;;
	*) tell_wrapper ;;
	esac
}

# --- where git looks -----------------------------------------------------------------------------------------------

# Sets `told`, core.hooksPath as it counts here, `scope` and `origin`, who says so, and `looks_in`, the directory that it
# names. `scope` is empty where nobody says anything, `ours` where it names git's own hooks directory.
ask_hooks_path() {
	told='' scope='' origin='' asked=0
	line=$(git -c core.quotePath=false config --show-scope --show-origin --get core.hooksPath) || asked=$?
	# 1: it is not set.
	[ "$asked" != 1 ] || return 0
	[ "$asked" = 0 ] || fail "git cannot read its settings: see above"
	tab=$(printf '\t')
	scope=${line%%"$tab"*}
	line=${line#*"$tab"}
	origin=${line%%"$tab"*}
	told=${line#*"$tab"}
	looks_in=$(git rev-parse --path-format=absolute --git-path hooks) || fail "git cannot read its settings: see above"
	mkdir -p "$common/hooks"
	own_hooks=$(cd -- "$common/hooks" && pwd -P) || fail "$common/hooks cannot be entered: see above"
	[ "$looks_in" != "$own_hooks" ] || scope=ours
}

# git's own hooks directory is right in linked worktrees and after a clone was moved, where a path in core.hooksPath is
# not: nothing is set without need. .husky/ holds the hooks, and husky starts them (husky.sh), but it does not install
# them: its own `.husky/_` is part of the working tree, and not there in a linked one.
lead_here() {
	kept=$common/gatehouse/hooks-path
	before=
	[ ! -f "$kept" ] || before=$(cat "$kept") || fail "$kept cannot be read: see above"
	ask_hooks_path
	case $scope-$told in
	local-*.husky/_ | worktree-*.husky/_) ! git config "--$scope" --unset-all core.hooksPath || ask_hooks_path ;;
	esac
	case $scope in
	global | system)
		take_place
		tell_skipped
		ask_hooks_path
		;;
	# It was ours, and this clone was elsewhere.
	local) if [ "$told" = "$before" ]; then take_place && ask_hooks_path; fi ;;
	esac
}

# For this clone, whatever is said for others. What was set is kept in mind: it has to follow where the clone goes.
take_place() {
	git config --local --replace-all core.hooksPath "$common/hooks" || fail "git's settings cannot be written: see above"
	printf '%s\n' "$common/hooks" >"$kept.new"
	mv -f "$kept.new" "$kept"
}

# --- what is said --------------------------------------------------------------------------------------------------

command_line() { printf '  %s\n' "$1" >&2; }

# TEXT: as a shell reads it back.
quoted() {
	rest=$1 text=
	while :; do
		case $rest in *\'*) ;; *) break ;; esac
		text="$text${rest%%\'*}'\\''"
		rest=${rest#*\'}
	done
	printf "'%s'" "$text$rest"
}

names_of_hooks() {
	set -- .husky/*
	names=
	for hook; do [ ! -f "$hook" ] || names=$names${names:+, }${hook##*/}; done
	printf '%s' "$names"
}

tell_skipped() {
	say "git looked for hooks in $(plain "$told") ($scope settings, $(plain "$origin")); in this clone it now calls Gatehouse's"
	# A relative one would be the working tree's: whatever branch is checked out would bring hooks.
	case $told in /* | '~'*) [ -d "$looks_in" ] || return 0 ;; *) return 0 ;; esac
	say "your own hooks there are not called here; to keep them, give each of these this line and type the command:"
	say "$(names_of_hooks), each a program of #!/bin/sh"
	# shellcheck disable=SC2016 # for the hook's own shell; in other repositories it does nothing
	command_line 'code=$(git rev-parse --git-common-dir)/gatehouse/code/.husky/${0##*/}; [ ! -f "$code" ] || /bin/sh "$code" "$@" || exit'
	command_line "git config --local core.hooksPath $(quoted "$told") && sh scripts/setup.sh"
}

# git's settings in the environment win over every file.
tell_environment() {
	found='' at=0
	while [ "$at" -lt "${GIT_CONFIG_COUNT:-0}" ]; do
		eval "key=\${GIT_CONFIG_KEY_$at-} value=\${GIT_CONFIG_VALUE_$at-}"
		case $key in [Cc][Oo][Rr][Ee].[Hh][Oo][Oo][Kk][Ss][Pp][Aa][Tt][Hh]) [ "$value" != "$told" ] || found=$at ;; esac
		at=$((at + 1))
	done
	say "the environment has git look for hooks in $(plain "$told"): commits made with it are not checked for keys; type:"
	if [ -n "$found" ]; then
		command_line "export GIT_CONFIG_VALUE_$found=$(quoted "$common/hooks")"
	else
		command_line "unset GIT_CONFIG_PARAMETERS"
	fi
}

# Somebody has said so for this clone alone, and may mean it: those hooks stay, and call ours.
tell_wrapper() {
	missing=
	for hook in .husky/*; do
		[ ! -f "$hook" ] || calls_ours "$looks_in/${hook##*/}" || missing=$missing${missing:+, }${hook##*/}
	done
	[ -n "$missing" ] || return 0
	say "git's core.hooksPath is $(plain "$told") ($(plain "$origin")): what is there does not call Gatehouse's hooks"
	if [ -d "$looks_in" ]; then
		say "in $(plain "$looks_in"), have each of these begin with this line below its #!/bin/sh: $missing"
		# shellcheck disable=SC2016 # for the hook's own shell
		command_line "/bin/sh $(quoted "$common/gatehouse/code/.husky/")\"\${0##*/}\" \"\$@\" || exit"
		say "or have git look in its own directory again:"
	else
		say "that is no directory, so git runs no hook; have it look in its own directory again:"
	fi
	command_line "$(unset_line) && sh scripts/setup.sh"
}

unset_line() {
	case $scope in
	local | worktree)
		if git config "--$scope" --no-includes --get core.hooksPath >/dev/null; then
			printf 'git config --%s --unset-all core.hooksPath' "$scope"
			return
		fi
		;;
	esac
	# An included file. git quotes a name that needs it as C does, which no shell reads back.
	printf 'git config --file %s --unset-all core.hooksPath' "$(quoted "${origin#file:}")"
}

# FILE: a hook of somebody else's. pre-commit (the program) keeps what it found under another name, and calls it; it and
# lefthook have their steps in files at the top.
calls_ours() {
	for file in "$1" "$1.legacy" lefthook-local.yml lefthook.yml .pre-commit-config.yaml; do
		[ -f "$file" ] || continue
		there=$(cat "$file") || fail "$file cannot be read: see above"
		case $there in *"$CALLS_OURS"*) return 0 ;; esac
	done
	return 1
}

# --- the hooks -----------------------------------------------------------------------------------------------------

install_stubs() {
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
name=${0##*/}
exec /bin/sh "${0%/*}/../gatehouse/code/.husky/${name%.legacy}" "$@"'
	if [ -e "$1" ]; then
		there=$(cat "$1") || fail "$1 cannot be read: see above"
		[ "$there" != "$text" ] || [ ! -x "$1" ] || return 0
		case $there in *'of Gatehouse'*) ;; *)
			! calls_ours "$1" || return 0
			say "$1 is somebody else's hook: the guard is not called there; have it begin with this line below its #!/bin/sh:"
			command_line "/bin/sh $(quoted "$common/gatehouse/code/.husky/${1##*/}") \"\$@\" || exit"
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
