#!/bin/bash
# SPDX-License-Identifier: ISC
# A guest that looks at everything: 300000 nodes under 4096 descriptors, and
# find and ls over 200000 files, half of them in one directory, by the host's
# own client and in a guest.
# Bound: 60 min
set -eu
. "${top_srcdir:-.}/tests/torture/lib.sh"
. "${top_srcdir:-.}/tests/guest/lib.sh"

scale_nodes=300000
scale_flat=100000
scale_deep=200		# directories of 500 files each
scale_lines=$((scale_flat + scale_deep * 501 + 3 + scale_deep / 10))

# What guests say is not TAP of ours.
guest_line() {
	diag "guest: $1"
}

guest_ask() {
	scale_fds
}

# Descriptors of the transport.
scale_fds() {
	local p

	for p in $(cat /proc/"$daemon_pid"/task/*/children); do
		if [ "$(cat "/proc/$p/comm")" = viofsd-transpor ]; then
			find "/proc/$p/fd" -mindepth 1 | wc -l
		fi
	done
}

scale_tree() {
	local d

	mkdir -p "$top/share/flat" "$top/share/deep"
	(cd "$top/share/flat" && seq "$scale_flat" | xargs touch)
	for ((d = 0; d < scale_deep; d++)); do
		mkdir -p "$top/share/deep/a$((d / 10))/b$d"
		(cd "$top/share/deep/a$((d / 10))/b$d" && seq 500 | xargs touch)
	done
}

# scale_walk NAME COMMAND...: all files, no error.
scale_walk() {
	local name=$1 before=$SECONDS

	shift
	"$@" >"$top/out" 2>"$top/err" || true
	diag "$name: $((SECONDS - before)) s"
	is "$name: no error" [ ! -s "$top/err" ]
	head -n 5 "$top/err" | sed 's/^/# /'
	is "$name: every file" \
	    [ "$(grep -c '[^:]$' "$top/out")" -ge "$scale_lines" ]
}

# The descriptors come back with what the client forgets.
scale_forgotten() {
	local tries

	for ((tries = 0; tries < 60; tries++)); do
		sync
		echo 2 >/proc/sys/vm/drop_caches
		if [ "$(scale_fds)" -lt 60 ]; then
			return 0
		fi
		sleep 1
	done
	diag "$(scale_fds) descriptors are left"
	return 1
}

scale_host() {
	local mnt=$top/mnt hm

	mkdir "$mnt"
	torture_daemon "$top/sock" --shared-dir "$top/share"
	"$torture_build/tests/hostmount/viofsd-hostmount" "$top/sock" "$mnt" \
	    >"$top/hostmount.log" 2>&1 &
	hm=$!
	pids+=("$hm")
	mounts+=("$mnt")
	for _ in {1..100}; do
		mountpoint -q "$mnt" && break
		sleep 0.1
	done
	is "the host mounts it" mountpoint -q "$mnt"
	scale_walk "find on the host" find "$mnt"
	scale_walk "ls -lR on the host" ls -lR "$mnt"
	scale_walk "ls -lR on the host, again" ls -lR "$mnt"
	is "everything is forgotten" scale_forgotten
	umount "$mnt"
	is "the mount ends in order" wait "$hm"
	is "the daemon ends in order" wait "$daemon_pid"
}

# The guest's ls is busybox, which tells less, but looks at every file.
scale_guest_script() {
	cat <<-EOF
	. /guest/prelude.sh
	for what in "find /mnt" "ls -lR /mnt" "ls -lR /mnt"; do
		start=\$(date +%s)
		\$what >/tmp/out 2>/tmp/err
		say "\$what: \$(grep -c '[^:]\$' /tmp/out) lines," \
		    "\$(wc -l </tmp/err) errors, \$((\$(date +%s) - start)) s"
		[ ! -s /tmp/err ] || failures=1
		[ \$(grep -c '[^:]\$' /tmp/out) -ge $scale_lines ] || failures=1
	done
	sync
	for try in 1 2 3 4 5 6 7 8 9 10; do
		echo 2 >/proc/sys/vm/drop_caches
		sleep 2
		left=\$(ask fds)
		[ "\$left" -ge 60 ] || break
	done
	say "\$left descriptors are left"
	[ "\$left" -lt 60 ] && [ \$failures -eq 0 ]
	EOF
}

scale_guest() {
	guest_image >"$top/image.log" 2>&1 || {
		not_ok "a guest"
		tail -n 5 "$top/image.log" | sed 's/^/# /'
		return 0
	}
	scale_guest_script >"$top/walk.sh"
	torture_daemon "$top/sock2" --shared-dir "$top/share"
	is "find and ls -lR in a guest" scale_guest_boot
	is "the daemon ends in order" wait "$daemon_pid"
}

scale_guest_boot() {
	GUEST_MEM=1024 GUEST_TIMEOUT=2400 guest_boot "$top/sock2" \
	    "$top/walk.sh"
}

torture_begin
trap 'guest_cleanup; torture_cleanup' EXIT
if SCALE_NODES=$scale_nodes "$torture_build/tests/device/t_scale" \
    >"$top/nodes.log" 2>&1; then
	ok "$scale_nodes nodes, and many open files"
else
	not_ok "$scale_nodes nodes, and many open files"
fi
sed 's/^/# /' "$top/nodes.log"
scale_tree
scale_host
scale_guest
is "nothing but the start and the end is in the log" \
    [ "$(grep -cvE 'limit of open files|no user _viofsd|set-uid files|serving |front-end (connected|gone)|transport is done' "$top/daemon.log")" -eq 0 ]
torture_end
