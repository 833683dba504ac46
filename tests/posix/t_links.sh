#!/bin/bash
# SPDX-License-Identifier: ISC
# The most links that a file and a directory may have: EMLINK reaches the
# guest, and nothing is left of what could not be made.  On an ext4 image whose
# counts were set to one below the limit, as 65000 links would take long; first
# without a daemon, which shows that the host says the same.
# Needs root, /dev/fuse and a loop device.
set -eu
export LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin

daemon=${VIOFSD:-./viofsd}
hostmount=${top_builddir:-.}/tests/hostmount/viofsd-hostmount
links_max=65000		# EXT4_LINK_MAX of Linux
count=0
failed=0

skip_all() {
	echo "1..0 # SKIP $*"
	exit 0
}

[ "$(id -u)" = 0 ] || skip_all "needs root"
(exec 3<>/dev/fuse) 2>/dev/null || skip_all "/dev/fuse cannot be opened"
if grep -q 'define VIOFSD_INSTRUMENTED' "${top_builddir:-.}/config.h"; then
	skip_all "a build for tests does not serve"
fi
for tool in mkfs.ext4 debugfs; do
	command -v "$tool" >/dev/null || skip_all "no $tool"
done

umask 022
top=$(mktemp -d "${TMPDIR:-/tmp}/viofsd-links.XXXXXX")
chmod 0711 "$top"
mkdir "$top/share" "$top/mnt"
daemon_pid=
hm_pid=

cleanup() {
	local dir pid

	for dir in mnt share; do
		! mountpoint -q "$top/$dir" || umount -l "$top/$dir" || :
	done
	for pid in $hm_pid $daemon_pid; do
		kill -KILL "$pid" 2>/dev/null || :
	done
	wait
	rm -rf --one-file-system "$top"
}
trap cleanup EXIT
trap 'exit 1' HUP INT TERM

# ok NAME COMMAND...
ok() {
	local name=$1

	shift
	count=$((count + 1))
	if "$@" >"$top/out" 2>&1 </dev/null; then
		echo "ok $count - $flavour: $name"
	else
		failed=$((failed + 1))
		echo "not ok $count - $flavour: $name"
		sed 's/^/# /' "$top/out"
	fi
}

# refused COMMAND...: it fails, and for that reason.
refused() {
	if "$@" 2>"$top/why"; then
		return 1
	fi
	cat "$top/why"
	grep -q 'Too many links$' "$top/why"
}

# nlink FILE COUNT, on the host whoever says so.
nlink() {
	stat -c %h "$1" "$top/share/${1##*/}"
	[ "$(stat -c %h "$1")" = "$2" ] &&
	    [ "$(stat -c %h "$top/share/${1##*/}")" = "$2" ]
}

absent() {
	[ ! -e "$1" ] && [ ! -L "$1" ]
}

make_image() {
	local name

	truncate -s 4M "$top/img"
	mkfs.ext4 -q -F -O ^dir_nlink,^has_journal "$top/img"
	mount -o loop "$top/img" "$top/share" 2>/dev/null || return 1
	touch "$top/share/file"
	mkdir "$top/share/dir" "$top/share/other"
	chown 1000:1000 "$top/share" "$top/share"/*
	umount "$top/share"
	for name in file dir; do
		debugfs -w -R "set_inode_field /$name links_count $((links_max - 1))" \
		    "$top/img" 2>/dev/null
	done
	mount -o loop "$top/img" "$top/share"
}

# on FLAVOUR DIRECTORY COMMAND...: as whoever runs commands by COMMAND.
on() {
	local d=$2

	flavour=$1
	shift 2
	ok "the last link of a file" "$@" ln "$d/file" "$d/last"
	ok "one more is EMLINK" refused "$@" ln "$d/file" "$d/more"
	ok "and is not there" absent "$d/more"
	ok "the file has as many as may be" nlink "$d/file" "$links_max"
	ok "with one less" "$@" rm "$d/last"
	ok "another can be made" "$@" ln "$d/file" "$d/more"
	ok "and removed" "$@" rm "$d/more"
	ok "the last directory in one" "$@" mkdir "$d/dir/last"
	ok "mkdir of one more is EMLINK" refused "$@" mkdir "$d/dir/more"
	ok "and it is not there" absent "$d/dir/more"
	ok "rename of one into it is EMLINK" refused \
	    "$@" mv -T "$d/other" "$d/dir/other"
	ok "and it is where it was" test -d "$d/other"
	ok "other files can be made in it" "$@" touch "$d/dir/file"
	ok "and removed" "$@" rm "$d/dir/file"
	ok "the directory has as many as may be" nlink "$d/dir" "$links_max"
	ok "with one less" "$@" rmdir "$d/dir/last"
	ok "the other can be moved into it" "$@" mv -T "$d/other" "$d/dir/other"
	ok "and back" "$@" mv -T "$d/dir/other" "$d/other"
}

# serve DAEMON-OPTION...
serve() {
	local tenths=100

	rm -f "$top/sock"
	"$daemon" --socket-path "$top/sock" --shared-dir "$top/share" "$@" \
	    2>"$top/log" </dev/null >/dev/null &
	daemon_pid=$!
	"$hostmount" "$top/sock" "$top/mnt" >/dev/null 2>"$top/hm.err" \
	    </dev/null &
	hm_pid=$!
	until mountpoint -q "$top/mnt"; do
		tenths=$((tenths - 1))
		if [ "$tenths" = 0 ]; then
			echo "Bail out! no mount"
			sed 's/^/# /' "$top/log" "$top/hm.err"
			exit 1
		fi
		sleep 0.1
	done
}

served() {
	local status=0

	umount "$top/mnt"
	wait "$hm_pid" || status=$?
	hm_pid=
	wait "$daemon_pid" || status=$?
	daemon_pid=
	ok "it all ends well" test "$status" = 0
}

make_image || skip_all "no image can be mounted here"
on host "$top/share" env
serve --cache auto
on "auto, root" "$top/mnt" env
on "auto, a user" "$top/mnt" setpriv --reuid 1000 --regid 1000 --clear-groups
served
serve --cache never
on never "$top/mnt" env
served
echo "1..$count"
[ "$failed" = 0 ]
