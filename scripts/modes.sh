#!/bin/sh
# git keeps no modes but the executable bit: what it checks out of pki/private is closed again to everybody else.
# Runs after checkout and merge, at the top of the working tree; a failure here must not look like one of git's.
set -u
[ ! -L pki/private ] && [ -d pki/private ] && chmod -R go= pki/private

# git-crypt's unlock and lock end with a checkout, and leave git's filter as they like it.
home=$(cd "${0%/*}/.." && pwd)
# shellcheck source=scripts/mend-filter.sh
. "$home/scripts/mend-filter.sh"
exit 0
