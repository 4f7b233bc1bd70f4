# Which Node runs Gatehouse: read by setup.sh, hook.sh and the filter.
# shellcheck shell=sh

# As package.json has it: the first that runs TypeScript as it is. 23 and 25 are past their end of life, and vitest
# refuses them.
oldest_node=22.18

# NODE: is it one of those?
recent() {
	version=$("$1" --version 2>/dev/null) || return 1
	case $version in
	v23.* | v25.*) return 1 ;;
	"v${oldest_node%.*}".*) minor=${version#*.} && [ "${minor%%.*}" -ge "${oldest_node#*.}" ] ;;
	v2[4-9].* | v[3-9][0-9].* | v[1-9][0-9][0-9].*) return 0 ;;
	*) return 1 ;;
	esac
}

# NODE...: `node` is the first of them that is, or else the system's; a graphical git client often has a bare PATH.
find_node() {
	for node in "$@" node /usr/local/bin/node /opt/homebrew/bin/node; do
		if recent "$node"; then return 0; fi
	done
	return 1
}
