# Read by setup.sh and hook.sh.
# shellcheck shell=sh

# NODE: does it run TypeScript as it is? From 22.18 on; 23 and 25 are past their end of life, and vitest refuses them.
recent() {
	version=$("$1" --version 2>/dev/null) || return 1
	case $version in
	v23.* | v25.*) return 1 ;;
	v22.*) minor=${version#v22.} && [ "${minor%%.*}" -ge 18 ] ;;
	v2[4-9].* | v[3-9][0-9].* | v[1-9][0-9][0-9].*) return 0 ;;
	*) return 1 ;;
	esac
}
