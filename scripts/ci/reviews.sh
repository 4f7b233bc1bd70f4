#!/bin/sh
# A comment under every open merge request, by main's scripts, with the branches as data: sh scripts/ci/reviews.sh
# For GitLab, which gives a fork's pipeline to the fork. CI_COMMENT_TOKEN may read the project and write notes.
set -eu
unset CDPATH
case $0 in */*) cd -- "${0%/*}/../.." ;; *) cd ../.. ;; esac
. scripts/ci/settings.sh

# For the comments alone: what reads a stranger's files has no use for it.
token=$CI_COMMENT_TOKEN
unset CI_COMMENT_TOKEN GATEHOUSE_COMMENT_TOKEN

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
trap 'exit 130' HUP INT TERM

# COMMIT DIRECTORY
comment() {
	sh scripts/ci/review.sh "$1" "$2" </dev/null || :
	npm run -s plan -- --from "$2/plan.json" --markdown </dev/null >"$2/comment.md" && failed=$(cat "$2/failed") &&
		CI_COMMENT_TOKEN=$token sh scripts/ci/comment.sh gitlab "$1" "$2/comment.md" "$failed" "$CI_JOB_URL" </dev/null
}

CI_COMMENT_TOKEN=$token node scripts/ci/comment.ts gitlab list >"$directory/open"
wrong=0
while read -r number head; do
	echo "== merge request $number, $head"
	one=$directory/$number
	mkdir "$one"
	# One that cannot be read must not keep the others waiting; one that has moved on has a run of its own.
	code=0
	sh scripts/ci/fetch.sh "refs/merge-requests/$number/head" "$head" </dev/null || code=$?
	case $code in
	0) comment "$head" "$one" || wrong=1 ;;
	3) ;;
	*) wrong=1 ;;
	esac
done <"$directory/open"
exit "$wrong"
