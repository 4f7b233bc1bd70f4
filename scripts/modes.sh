#!/bin/sh
# git keeps no modes but the executable bit: what it checks out of pki/private is closed again to everybody else.
# Runs after checkout and merge, at the top of the working tree; a failure here must not look like one of git's.
set -u

unset CDPATH
home=$(cd "${0%/*}/.." && pwd)
# shellcheck source=scripts/foreign.sh
. "$home/scripts/foreign.sh"
[ ! -L pki/private ] && [ -d pki/private ] && chmod -R go= pki/private

# git-crypt's unlock and lock end with a checkout, and leave git's filter as they like it.
# shellcheck source=scripts/mend-filter.sh
. "$home/scripts/mend-filter.sh"

if ! foreign=$(foreign_code); then
	echo "gatehouse: git cannot tell what this checkout holds: see above" >&2
elif [ -n "$foreign" ]; then
	echo "gatehouse: git tracks files here that npm or Node would run in place of ours, and that no reviewer reads." >&2
	echo "  start nothing here, not npm either; go back: git checkout -" >&2
	echo "  what they are: git ls-files | grep -i -e node_modules/ -e npm-shrinkwrap.json -e /package.json" >&2
fi
exit 0
