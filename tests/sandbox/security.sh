#!/bin/bash
# SPDX-License-Identifier: ISC
# viofsd --print-security tells what is, also on a kernel that has less.
# Needs root.
set -eu

daemon=${VIOFSD:-./viofsd}
lacks=${top_builddir:-.}/tests/sandbox/lacks
count=0
failed=0

# is GOT WANT NAME...
is() {
	local got=$1 want=$2

	shift 2
	count=$((count + 1))
	if [ "$got" = "$want" ]; then
		echo "ok $count - $*"
	else
		echo "not ok $count - $*"
		echo "# got '$got', wanted '$want'"
		failed=1
	fi
}

if [ "$(id -u)" != 0 ]; then
	echo "1..0 # SKIP needs root"
	exit 0
fi
if grep -q 'define VIOFSD_INSTRUMENTED' "${top_builddir:-.}/config.h"; then
	echo "1..0 # SKIP a build for tests does not serve"
	exit 0
fi
top=$(mktemp -d "${TMPDIR:-/tmp}/viofsd-security.XXXXXX")
trap 'rm -rf "$top"' EXIT
trap 'exit 1' HUP INT TERM

# cells FILE ROW: the four columns behind the row that begins so.
cells() {
	awk -v row="$2" 'index($0, row) == 1 {
		print $(NF - 3), $(NF - 2), $(NF - 1), $NF
	}' "$1"
}

status=0
"$daemon" --print-security >"$top/is" 2>"$top/err" || status=$?
sed 's/^/# /' "$top/is" "$top/err"
is "$status" 0 "nothing that is needed is missing here"
is "$(head -n 1 "$top/is" | cut -d' ' -f3-)" "on Linux $(uname -r) $(uname -m)" \
    "the kernel's version is told"
is "$(cells "$top/is" "system call filter")" "yes yes yes yes" "filters"
is "$(cells "$top/is" "user namespace")" "- option option option" \
    "what an option asks for"
is "$(cells "$top/is" "root of a pool")" "- option - option" \
    "what an attribute of one does"
is "$(cells "$top/is" "share by an idmapped")" "- - - -" "what is not used"
is "$(awk 'NR > 3 && NF && !/^[a-z]*:|^lacking|^same|^service/ &&
    $NF !~ /^(yes|option|lacking|MISSING|-)$/' "$top/is")" "" \
    "every row has a word for each process"

# Kernels that have less: calls that answer ENOSYS.
"$lacks" mseal,landlock_create_ruleset "$daemon" --print-security \
    >"$top/less" || status=$?
is "$status" 0 "what is missing is not needed"
is "$(cells "$top/less" "settings sealed")" "lacking lacking - lacking" \
    "no mseal(2)"
is "$(cells "$top/less" "Landlock: files")" "lacking - lacking lacking" \
    "no Landlock"
is "$(cells "$top/less" "no_new_privs")" "yes yes yes yes" "the rest is there"
"$lacks" openat2 "$daemon" --print-security >"$top/old" || status=$?
is "$status" 1 "what is missing is needed"
is "$(cells "$top/old" "openat2")" "- - - MISSING" "no openat2(2)"

# And it serves there: the rest of the walls stands alone.
cat >"$top/viofsd" <<END
#!/bin/sh
exec "$lacks" mseal,landlock_create_ruleset,fchmodat2,inotify_init1 "$daemon" "\$@"
END
chmod 755 "$top/viofsd"
got=0
VIOFSD=$top/viofsd "${top_builddir:-.}/tests/sandbox/seldom" >"$top/seldom" ||
    got=$?
is "$got" 0 "it serves without mseal(2), fchmodat2(2), inotify(7), Landlock"
[ "$got" = 0 ] || sed 's/^/# /' "$top/seldom"
echo "1..$count"
exit "$failed"
