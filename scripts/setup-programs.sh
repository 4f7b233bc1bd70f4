# Read by setup.sh: the system's programs, and how a person would type what installs them.
# shellcheck shell=sh
# shellcheck disable=SC2154,SC2034 # manager, user and failed are setup.sh's

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
	*) judge_names "$1" ;;
	esac
}

# PROGRAM: the same of what only tests run.
judge_names() {
	case $manager-$1 in
	apt-get-certtool) echo "gnutls-bin" ;;
	dnf-certtool | apk-certtool) echo "gnutls-utils" ;;
	*-certtool) echo "gnutls" ;;
	*-easyrsa) echo "easy-rsa" ;;
	apt-get-ssh-keygen) echo "openssh-client" ;;
	apk-ssh-keygen) echo "openssh-keygen" ;;
	dnf-gpg) echo "gnupg2" ;;
	*-gpg) echo "gnupg" ;;
	apt-get-apache2) echo "apache2-bin" ;;
	dnf-apache2) echo "httpd mod_ssl" ;;
	apk-apache2) echo "apache2 apache2-ssl" ;;
	pkg-apache2) echo "apache24" ;;
	brew-apache2) echo "httpd" ;;
	apt-get-sshd) echo "openssh-server" ;;
	*-ssh-keygen | *-sshd) echo "openssh" ;;
	apt-get-stunnel) echo "stunnel4" ;;
	pkg-ansible-playbook) echo "py311-ansible-core" ;;
	brew-ansible-playbook) echo "ansible" ;;
	*-ansible-playbook) echo "ansible-core" ;;
	dnf-bsdtar) echo "bsdtar" ;;
	*-bsdtar) echo "libarchive-tools" ;;
	apt-get-pk12util) echo "libnss3-tools" ;;
	dnf-pk12util | apk-pk12util) echo "nss-tools" ;;
	*-pk12util) echo "nss" ;;
	apt-get-script) echo "bsdutils" ;;
	*-script) echo "util-linux" ;;
	dnf-faketime | apk-faketime | pkg-faketime | brew-faketime) echo "libfaketime" ;;
	dnf-shellcheck) echo "ShellCheck" ;;
	pkg-shellcheck) echo "hs-ShellCheck" ;;
	*) debian_names "$1" ;;
	esac
}

# PROGRAM: the same of what tests run on Debian alone.
debian_names() {
	case $1 in
	apt-ftparchive) echo "apt-utils" ;;
	dpkg-deb) echo "dpkg" ;;
	createrepo_c) echo "createrepo-c" ;;
	rpmbuild) echo "rpm" ;;
	pip3) echo "python3-pip" ;;
	pg_ctlcluster) echo "postgresql" ;;
	softhsm2-util) echo "softhsm2" ;;
	pkcs11-tool) echo "opensc" ;;
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
	for pair in nginx:nginx sshd:ssh stunnel:stunnel4 haproxy:haproxy redis-server:redis-server pg_ctlcluster:postgresql; do
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
