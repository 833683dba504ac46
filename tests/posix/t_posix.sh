#!/bin/bash
# SPDX-License-Identifier: ISC
# The programs t_posix_* on a directory of this host, which shows that they are
# right, and on mounts of such a directory by the host's own kernel client.
# One line for each program, and one for each thing that a mount is not asked
# for.  Needs root and /dev/fuse.
set -eu
export LC_ALL=C
unset MAKEFLAGS MAKELEVEL MFLAGS

daemon=${VIOFSD:-./viofsd}
build=${top_builddir:-.}
hostmount=$build/tests/hostmount/viofsd-hostmount
count=0
failed=0
checks=0

# All that there are; the one for read-only shares has its own flavour.
programs=()
for source in "${top_srcdir:-.}"/tests/posix/t_posix_*.c; do
	source=${source##*/}
	[ "$source" = t_posix_ro.c ] || programs+=("${source%.c}")
done

skip_all() {
	echo "1..0 # SKIP $*"
	exit 0
}

[ "$(id -u)" = 0 ] || skip_all "needs root"
[ -c /dev/fuse ] || skip_all "no /dev/fuse"
(exec 3<>/dev/fuse) 2>/dev/null || skip_all "/dev/fuse cannot be opened"
if grep -q 'define VIOFSD_INSTRUMENTED' "$build/config.h"; then
	skip_all "a build for tests does not serve"
fi

umask 022
. "$(dirname "$0")/../tools/disk.sh"
top=$(mktemp -d "$(disk_dir)/viofsd-posix.XXXXXX")
chmod 0711 "$top"
mkdir -m 0700 "$top/closed"
mkdir "$top/plain" "$top/closed/share" "$top/mnt"
daemon_pid=
hm_pid=

cleanup() {
	local pid

	! mounted || umount -l "$top/mnt" || :
	for pid in $hm_pid $daemon_pid; do
		kill -KILL "$pid" 2>/dev/null || :
	done
	wait
	rm -rf --one-file-system "$top"
}
trap cleanup EXIT
trap 'exit 1' HUP INT TERM

mounted() {
	grep -qF " $top/mnt " /proc/self/mountinfo
}

line() {
	count=$((count + 1))
	echo "$1 $count - $2"
}

# lacks DIRECTORY: what its kind of file system cannot do, for -x.
lacks() {
	case $(stat -f -c %T "$1") in
	ext2/ext3) ;;
	xfs) ;;
	btrfs) echo ,no-collapse,no-dir-links ;;
	tmpfs) echo ,no-collapse,no-zero ;;
	esac
}

# on FLAVOUR DIRECTORY LACKS: run all programs there.
on() {
	local word program

	for word in ${3//,/ }; do
		line ok "$1: $word # SKIP $(why "$word")"
	done
	for program in "${programs[@]}"; do
		run "$1" "$program" -x "${3#,}" "$2"
	done
}

# run FLAVOUR PROGRAM ARGUMENT...
run() {
	local flavour=$1 program=$2 status=0 n

	shift 2
	timeout -k 1 60 "$build/tests/posix/$program" "$@" >"$top/out" \
	    2>&1 </dev/null || status=$?
	n=$(grep -cE '^(not )?ok ' "$top/out") || :
	checks=$((checks + n))
	if [ "$status" = 0 ]; then
		line ok "$flavour: $program, $n checks"
		return 0
	fi
	failed=$((failed + 1))
	line "not ok" "$flavour: $program, status $status"
	grep -vE '^ok .*' "$top/out" | head -n 60 | sed 's/^/# /'
	[ ! -s "$top/log" ] || tail -n 5 "$top/log" | sed 's/^/# /'
}

# why WORD: the reason, as the programs know it.
why() {
	{ "$build/tests/posix/t_posix_path" 2>&1 || :; } |
	    sed -n "s/^	$1	//p"
}

# mount_share DAEMON-OPTION...
mount_share() {
	local tenths=100

	rm -f "$top/sock"
	"$daemon" --socket-path "$top/sock" --shared-dir "$top/closed/share" \
	    "$@" 2>"$top/log" </dev/null >/dev/null &
	daemon_pid=$!
	"$hostmount" -v -o suid,dev "$top/sock" "$top/mnt" >/dev/null \
	    2>"$top/hm.err" </dev/null &
	hm_pid=$!
	until grep -q '^FUSE ' "$top/hm.err"; do
		tenths=$((tenths - 1))
		if [ "$tenths" = 0 ]; then
			echo "Bail out! no mount"
			sed 's/^/# /' "$top/log" "$top/hm.err"
			exit 1
		fi
		sleep 0.1
	done
}

# unmount FLAVOUR: nothing is left, and nobody had a complaint.
unmount() {
	local status=0

	umount "$top/mnt" || status=$?
	wait "$hm_pid" || status=$?
	hm_pid=
	wait "$daemon_pid" || status=$?
	daemon_pid=
	[ -z "$(ls -A "$top/closed/share")" ] || status="$status, files left"
	if [ "$status" = 0 ]; then
		line ok "$1: umount"
	else
		failed=$((failed + 1))
		line "not ok" "$1: umount, status $status"
		tail -n 5 "$top/log" "$top/hm.err" | sed 's/^/# /'
	fi
}

on host "$top/plain" "$(lacks "$top/plain")"

# What no daemon can do for a guest of Linux, and what ours does without
# CAP_SYS_ADMIN; see docs/CONFORMANCE.md.
fuse=$(lacks "$top/plain")
fuse=${fuse/,no-collapse/},no-collapse,no-trusted

mount_share --xattr --posix-acl --cache auto
on auto "$top/mnt" "$fuse,no-cached-atime"
unmount auto

mount_share --cache never --killpriv-v2 --posix-lock --flock --xattr \
    --posix-acl
on never "$top/mnt" "$fuse"
unmount never

mount_share --cache auto --writeback --xattr --posix-acl
on writeback "$top/mnt" "$fuse,no-cached-atime,no-seek-hole,no-size-known"
unmount writeback

# Requests without ids do not say who asks.
mount_share --allow-idmap --xattr
line ok "idmap: no-root-setid-trunc # SKIP $(why no-root-setid-trunc)"
run idmap t_posix_setid -x no-root-setid-trunc "$top/mnt"
unmount idmap
mount_share --allow-idmap --killpriv-v2 --cache never
line ok "idmap, killpriv: no-root-setid-space # SKIP $(why no-root-setid-space)"
run "idmap, killpriv" t_posix_setid -x no-root-setid-space "$top/mnt"
unmount "idmap, killpriv"

# The guest does not know that the share is read-only: the daemon says no.
mount_share --readonly --xattr --posix-acl
line ok "readonly: no-ro-known # SKIP $(why no-ro-known)"
run readonly t_posix_ro -x no-ro-known "$top/closed/share" "$top/mnt"
unmount readonly

# A read-only mount on the host, which shows that these are right, too.
mount --bind "$top/plain" "$top/mnt"
mount -o remount,bind,ro "$top/mnt"
run "host, read-only" t_posix_ro "$top/plain" "$top/mnt"
umount "$top/mnt"

echo "# $checks checks"
echo "1..$count"
[ "$failed" = 0 ]
