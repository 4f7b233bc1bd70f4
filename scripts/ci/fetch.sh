#!/bin/sh
# Fetches a stranger's commit as data: sh scripts/ci/fetch.sh REF COMMIT
# REF is where the forge keeps the head of a change (refs/pull/7/head), or the commit itself. Nothing is checked out.
# CI_TOKEN, where it is set, is good for reading. Fails when COMMIT did not come (exit code 3): then a newer run decides.
set -eu
unset CDPATH
case $0 in */*) cd -- "${0%/*}/../.." ;; *) cd ../.. ;; esac
. scripts/ci/settings.sh

ref=$1
commit=$2
printf '%s\n' "$commit" | grep -Eqx '[0-9a-f]{40}([0-9a-f]{24})?' || {
	echo "fetch.sh: not a commit" >&2
	exit 1
}
case $ref in
-* | +* | *:*)
	echo "fetch.sh: not a ref" >&2
	exit 1
	;;
esac
url=$(git config remote.origin.url)
[ -z "${CI_TOKEN-}" ] || sign_in "$url" x-access-token "$CI_TOKEN"
unset CI_TOKEN
git fetch --quiet --no-tags --no-recurse-submodules --no-write-fetch-head -- origin "$ref"
found=$(printf '%s\n' "$commit^{commit}" | git cat-file --batch-check='%(objecttype)')
case $found in
commit) ;;
*' missing')
	echo "fetch.sh: the branch has moved on from $commit: the run of its new head decides" >&2
	exit 3
	;;
*)
	echo "fetch.sh: git does not say whether $commit is here: $found" >&2
	exit 1
	;;
esac
