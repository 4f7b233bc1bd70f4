#!/bin/sh
# Says on merged changes where main carried out something else than their comment had: sh scripts/ci/carried.sh FORGE
# CI_COMMENT_TOKEN may read pull requests and write comments.
set -eu
unset CDPATH
case $0 in */*) cd -- "${0%/*}/../.." ;; *) cd ../.. ;; esac
. scripts/ci/settings.sh

if on_main; then
	node scripts/ci/carried.ts "$1"
else
	echo "carried.sh: what is here is not on main: nothing was carried out, nothing to tell"
fi
