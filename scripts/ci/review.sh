#!/bin/sh
# What main's scripts say of a commit that was fetched as data: sh scripts/ci/review.sh COMMIT DIRECTORY
# Leaves the plan in DIRECTORY/plan.json and the names of what failed in DIRECTORY/failed, and exits 1 when anything did.
set -eu
unset CDPATH
case $0 in */*) cd -- "${0%/*}/../.." ;; *) cd ../.. ;; esac
. scripts/ci/settings.sh

failed=
npm run -s plan -- --base HEAD --head "$1" --json >"$2/plan.json" || failed="$failed, plan"
npm run -s plan -- --from "$2/plan.json" || :
npm run -s guard -- --range "$(git rev-parse HEAD)..$1" || failed="$failed, guard"
npm run -s check -- --base HEAD --head "$1" || failed="$failed, check"
printf '%s' "${failed#, }" >"$2/failed"
[ -z "$failed" ]
