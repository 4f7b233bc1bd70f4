#!/bin/sh
# setup.sh on a runner: where sudo asks nobody, it may install.
set -eu
cd -- "$(dirname -- "$0")/../.."
. scripts/ci/settings.sh
umask 022

missing=
for program in git-crypt nginx openssl; do
	[ -x "/usr/sbin/$program" ] || command -v "$program" >/dev/null || missing="$missing $program"
done
if [ -n "$missing" ] && [ "$(id -u)" != 0 ] && command -v apt-get >/dev/null && sudo -n true 2>/dev/null; then
	sudo -n apt-get -q update >/dev/null
	# shellcheck disable=SC2086 # names of packages, split on purpose
	sudo -n DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends $missing >/dev/null
fi
exec sh scripts/setup.sh --quiet
