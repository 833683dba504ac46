#!/bin/sh
# SPDX-License-Identifier: ISC
# "make filters" writes what the tables say, and README tells how much it is.
set -eu

filters=${top_builddir:-.}/tests/sandbox/filters
run=${top_builddir:-.}/tests/sandbox/program
readme=${top_srcdir:-.}/README.md
count=0
failed=0

if grep -q 'define VIOFSD_INSTRUMENTED' "${top_builddir:-.}/config.h"; then
	echo "1..0 # SKIP a build for tests has no filter"
	exit 0
fi

# check NAME COMMAND...
check() {
	what=$1
	shift
	count=$((count + 1))
	if "$@"; then
		echo "ok $count - $what"
	else
		echo "not ok $count - $what"
		failed=1
	fi
}

top=$(mktemp -d "${TMPDIR:-/tmp}/viofsd-filters.XXXXXX")
trap 'rm -rf "$top"' EXIT
trap 'exit 1' HUP INT TERM

"$filters" "$top" >"$top/summary"
sed 's/^/# /' "$top/summary"

# names FILE CALLS: the text has exactly this many calls, and kills others.
names() {
	[ "$(grep -oE '# filter for syscall "[A-Za-z0-9_]+" \([0-9]+\)' "$1" | sort -u |
	    wc -l)" = "$2" ] && grep -q 'action KILL_PROCESS;' "$1" &&
	    ! grep -q 'action LOG;' "$1"
}

# Eight bytes an instruction, and not more of them than a kernel takes.
program() {
	size=$(wc -c <"$1")
	[ "$size" -gt 80 ] && [ $((size % 8)) = 0 ] &&
	    [ $((size / 8)) -lt 4096 ]
}

while read -r name calls _ rows _; do
	check "$name: $calls calls in the text" names "$top/$name.pfc" "$calls"
	check "$name: a program for the kernel" program "$top/$name.bpf"
	check "$name: it decides as the tables do, at every edge" \
	    "$run" "$name" "$top/$name.bpf"
	check "$name: README says $calls calls, $rows rows" \
	    grep -qE "^\| $name \|.*\| $calls \| $rows \|" "$readme"
done <"$top/summary"

# differs: a program with one number changed is told apart.
differs() {
	cp "$top/transport.bpf" "$top/changed"
	printf '\001' | dd of="$top/changed" bs=1 seek="$1" conv=notrunc \
	    2>/dev/null
	! "$run" transport "$top/changed" >/dev/null 2>&1
}
check "another process's program is told apart" \
    sh -c '! "$1" transport "$2" >/dev/null' sh "$run" "$top/broker.bpf"
# The last instruction but one gives an answer: its lowest byte.
check "a changed program is told apart" differs \
    $(($(wc -c <"$top/transport.bpf") - 12))
echo "1..$count"
[ "$failed" = 0 ]
