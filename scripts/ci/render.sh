#!/bin/sh
# The comment's text, from a plan that a stranger's run has made: sh scripts/ci/render.sh COMMIT PLAN.json
# The workflow of a pull request is the branch's own file. Where the branch changes it, its run can say anything, and
# what it says is not shown.
set -eu
cd -- "$(dirname -- "$0")/../.."
. scripts/ci/settings.sh

base=$(git merge-base HEAD "$1")
if git diff --quiet --no-ext-diff --no-textconv "$base" "$1" -- .github; then
	npm run -s plan -- --from "$2" --markdown
else
	cat <<-NOTE
		**This branch changes \`.github/\`: what its own run says is not shown here.** Read that change first. Then ask main's scripts, on your machine:

		\`\`\`sh
		git fetch origin $1
		npm run plan -- --base origin/main --head $1
		\`\`\`
	NOTE
fi
