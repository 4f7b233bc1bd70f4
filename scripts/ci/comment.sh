#!/bin/sh
# Posts or updates the comment: sh scripts/ci/comment.sh FORGE COMMIT FILE [FAILED [LOG]]
# CI_COMMENT_TOKEN may write comments. FAILED: what failed, in words; LOG: where to read it.
set -eu
unset CDPATH
case $0 in */*) cd -- "${0%/*}/../.." ;; *) cd ../.. ;; esac
. scripts/ci/settings.sh

main=$(git rev-parse HEAD)
node scripts/ci/comment.ts "$1" post --head "$2" --main "$main" --body "$3" ${4:+--failed "$4"} ${5:+--log "$5"}
