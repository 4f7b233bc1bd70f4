# Read by setup.sh: what git starts by itself, its filter and the code of its hooks (setup-hooks.sh).
# shellcheck shell=sh
# shellcheck disable=SC2154 # directory, common, own and record are setup.sh's

# What git starts by itself is never a file of the working tree: a stranger's branch that is checked out would bring
# its own. So both are copies under git's common directory, and both use a Node that no branch can replace.
in_git() {
	[ -n "$directory" ] || return 1
	node=$PWD/$own
	[ -x "$node" ] || node=node
}

# STAMP FILE...: is any of them newer? What cannot be told counts as newer.
newer() {
	[ -e "$1" ] || return 0
	stamp_file=$1
	shift
	found=$(find "$@" -newer "$stamp_file") || return 0
	[ -n "$found" ]
}

filter() {
	in_git || return 0
	copy=$common/gatehouse/filter
	if newer "$copy/stamp" scripts/vault scripts/model scripts/system/if-there.ts scripts/recent-node.sh scripts/foreign.sh; then
		mkdir -p "$copy"
		: >"$copy/stamp.new"
		"$node" scripts/vault/copy-filter.ts "$PWD" || fail "git's filter could not be copied: see above"
		mv -f "$copy/stamp.new" "$copy/stamp"
	fi
	mended=$(/bin/sh "$copy/filter.sh" configure) || fail "git's filter could not be set up: see above"
	[ -z "$mended" ] || say "installed git's filter: private keys are encrypted on their way into git"
}

# The stamp is as old as the start: what changes meanwhile is copied next time.
copy_code() {
	rm -rf "$copy.new" "$copy.old"
	mkdir -p "$copy.new/node_modules/.bin"
	: >"$copy.new/stamp"
	cp -R scripts .husky package.json "$copy.new/"
	rm -rf "$copy.new/.husky/_"
	# shellcheck disable=SC2016 # JavaScript
	packages=$("$node" -e 'const { packages = {} } = JSON.parse(fs.readFileSync("package-lock.json", "utf8"));
		for (const [path, { dev }] of Object.entries(packages)) if (path && !dev) console.log(path)')
	for package in $packages; do
		# What only `bundle` needs, thousands of lines, is not for hooks.
		case $package in */@noble/* | */@scure/* | */age-encryption) continue ;; esac
		# A package inside another came with it.
		if [ -d "$package" ] && [ ! -d "$copy.new/$package" ]; then
			mkdir -p "$copy.new/${package%/*}"
			cp -R "$package/" "$copy.new/$package"
		fi
	done
	own_node "$copy.new/$own"
	[ ! -d "$copy" ] || mv "$copy" "$copy.old"
	mv "$copy.new" "$copy"
	rm -rf "$copy.old"
}

# FILE: the Node of this clone, if it has one. A hard link stays what it is when a branch replaces the other one.
own_node() {
	[ -x "$own" ] || return 0
	target=$("$node" -p process.execPath)
	case $target in
	"$(pwd -P)"/*) ln "$target" "$1" 2>/dev/null || cp "$target" "$1" ;;
	*) ln -s "$target" "$1" ;;
	esac
}
