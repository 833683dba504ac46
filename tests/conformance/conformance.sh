#!/bin/bash
# SPDX-License-Identifier: ISC
# conformance.sh [FLAVOUR...]: real programs and our own POSIX programs on
# mounts of viofsd's: by the host's kernel with --cache auto, never, always and
# write-back, and in a guest.  Ends with "N passed, N failed, N skipped".
set -eu
export LC_ALL=C
umask 022

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
build=${VIOFSD_BUILD:-$top/build}
GUEST_TIMEOUT=5400
. "$top/tests/guest/lib.sh"

daemon=
hostmount=
work=
log=
started=0

cleanup() {
	guest_cleanup
	if [ -n "$work" ]; then
		! mountpoint -q "$work/mnt" || umount -l "$work/mnt" || true
		for p in $hostmount $daemon; do
			kill "$p" 2>/dev/null || true
		done
		wait
		rm -rf --one-file-system "$work"
	fi
}

# One line of results, to be counted and shown if it is not plain success.
take() {
	echo "$1" >>"$log"
	case $1 in
	ok*SKIP* | 'not ok'* | '#'* | Bail*)	echo "$1" ;;
	esac
}

# The daemon's own word on all of it, after those on its start: nothing.
quiet() {
	tail -c "+$((started + 1))" "$work/log" >"$work/late"
	if [ -s "$work/late" ]; then
		take "not ok - $1: nothing in the daemon's log"
		sed 's/^/# /' "$work/late" | head -n 20
	else
		take "ok - $1: nothing in the daemon's log"
	fi
}

serve() {
	: >"$work/log"
	rm -f "$work/sock"
	VIOFSD_LIBEXECDIR=$build "$build/viofsd" --socket-path "$work/sock" \
	    --shared-dir "$work/share" --xattr --posix-acl --log-level warn \
	    "$@" 2>"$work/log" </dev/null &
	daemon=$!
	guest_until 10 test -S "$work/sock"
	started=$(stat -c %s "$work/log")
}

host() {
	local flavour=$1 line

	shift
	echo "== on the host, $flavour: $*"
	serve "$@"
	"$build/tests/hostmount/viofsd-hostmount" -o suid,dev "$work/sock" \
	    "$work/mnt" >/dev/null 2>"$work/hm" &
	hostmount=$!
	guest_until 10 mountpoint -q "$work/mnt"
	mkdir "$work/mnt/work"
	while IFS= read -r line; do
		take "$line"
	done < <(CONFORMANCE_TOP=$top CONFORMANCE_BUILD=$build \
	    CONFORMANCE_TMP=$work/tmp CONFORMANCE_LACKS=$lacks \
	    "$here/work.sh" "$flavour" "$work/mnt/work" 2>&1)
	rm -rf "$work/mnt/work"
	umount "$work/mnt"
	wait "$hostmount" || true
	hostmount=
	wait "$daemon" || true
	daemon=
	quiet "$flavour"
}

guest() {
	local tools=$work/tools.sock

	echo "== in a guest ($guest_accel)"
	serve --cache auto
	daemon_start "$work/tools.log" "$tools" env \
	    VIOFSD_LIBEXECDIR="$build" "$build/viofsd" --socket-path "$tools" \
	    --shared-dir / --readonly --cache always
	guest_line() { take "$1"; }
	GUEST_MEM=1024 GUEST_MORE=tools=$tools \
	    GUEST_PARTS="CONFORMANCE_BUILD=$build CONFORMANCE_LACKS=$lacks CONFORMANCE_TOP=$top" \
	    guest_boot "$work/sock" "$here/guest.sh" ||
	    take "not ok - guest: ended with status $?"
	daemon_end 10 || true
	wait "$daemon" || true
	daemon=
	quiet guest
}

# guest_until SECONDS COMMAND...
guest_until() {
	local n=$(($1 * 10))

	shift
	until "$@"; do
		n=$((n - 1))
		if [ "$n" -le 0 ]; then
			echo "not in time: $*" >&2
			cat "$work/log" >&2
			exit 1
		fi
		sleep 0.1
	done
}

trap cleanup EXIT
trap 'exit 143' INT TERM HUP
work=$(mktemp -d "${CONFORMANCE_DIR:-/tmp}/viofsd-conformance.XXXXXX")
chmod 755 "$work"
mkdir "$work/share" "$work/mnt" "$work/tmp"
log=$build/conformance.log
: >"$log"
if [ $# -eq 0 ]; then
	set -- auto never always writeback guest
fi
for flavour; do
	lacks=no-cached-atime,no-collapse,no-trusted
	case $flavour in
	auto)	host auto --cache auto --posix-lock --flock ;;
	never)	lacks=no-collapse,no-trusted
		host never --cache never --killpriv-v2 --posix-lock --flock ;;
	always)	host always --cache always ;;
	writeback) lacks=$lacks,no-seek-hole,no-size-known
		host writeback --cache auto --writeback ;;
	guest)	lacks=$lacks,no-one-clock
		guest_image
		guest_tmpdir
		guest ;;
	*)	echo "no flavour '$flavour': auto never always writeback guest" >&2
		exit 2 ;;
	esac
done
passed=$(grep -c '^ok' "$log" || true)
skipped=$(grep -c '^ok.*# SKIP' "$log" || true)
failed=$(grep -c '^not ok' "$log" || true)
echo "$((passed - skipped)) passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
