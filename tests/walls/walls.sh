#!/bin/bash
# SPDX-License-Identifier: ISC
# One wall is removed at a time, and a guest tries to leave its share: nothing
# outside may be touched.  Each removed wall is checked to be really removed.
# Needs root.
set -euo pipefail
. "${top_srcdir:-.}/tests/walls/lib.sh"

if [ "$(id -u)" != 0 ]; then
	echo "1..0 # SKIP needs root"
	exit 0
fi
if grep -q 'define VIOFSD_INSTRUMENTED' "$walls_build/config.h"; then
	echo "1..0 # SKIP a build for tests does not serve"
	exit 0
fi
top=$(mktemp -d "${TMPDIR:-/tmp}/viofsd-walls.XXXXXX")
chmod 755 "$top"
trap 'rm -rf "$top"' EXIT
trap 'exit 1' HUP INT TERM

# bare_copy DIR WALL...: the same, started by root without a capability where
# there can be no user namespace.
bare_copy() {
	walls_copy "$@"
	mv "$1/viofsd" "$1/viofsd.real"
	cat >"$1/viofsd" <<-END
	#!/bin/sh
	exec unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_user_namespaces
	exec setpriv --bounding-set=-all --inh-caps=-all "\$@"' sh \\
	    "$1/viofsd.real" --sandbox none "\$@"
	END
	chmod 755 "$1/viofsd"
}

# Landlock and openat2(2) take the place of root and tree: again one at a time.
bare() {
	local wall

	bare_copy "$top/bare"
	walls_run "$top/bare" bare "$walls_build/tests/walls/escape"
	for wall in names resolve provenance landlock filter; do
		bare_copy "$top/bare-$wall" "$wall"
		walls_run "$top/bare-$wall" "bare,$wall" \
		    "$walls_build/tests/walls/escape" || :
	done
	bare_copy "$top/bare-all" names resolve provenance landlock
	walls_run "$top/bare-all" bare,all \
	    "$walls_build/tests/walls/escape" || :
}

all() {
	local wall

	walls_copy "$top/none"
	walls_run "$top/none" none "$walls_build/tests/walls/escape"
	for wall in names resolve provenance landlock tree filter root; do
		walls_copy "$top/$wall" "$wall"
		walls_run "$top/$wall" "$wall" \
		    "$walls_build/tests/walls/escape" || :
	done
	# And with none of them left it does leave: the watch works.
	walls_copy "$top/all" names resolve landlock tree filter root
	walls_run "$top/all" all "$walls_build/tests/walls/escape" || :
	# The two that no guest can come up against: a transport would.
	for wall in none provenance landlock; do
		walls_run "$top/$wall" "$wall" \
		    "$walls_build/tests/walls/foreign" || :
	done
	walls_copy "$top/both" provenance landlock
	walls_run "$top/both" provenance,landlock \
	    "$walls_build/tests/walls/foreign" || :
}
{
	all
	# Where the kernel has no Landlock, there is no such service.
	if "$top/none/viofsd" --print-security |
	    grep -q "^Landlock: files.*yes$"; then
		bare
	else
		echo "ok 1 - without namespaces # SKIP no Landlock"
	fi
} | walls_tap
