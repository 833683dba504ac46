#!/bin/bash
# SPDX-License-Identifier: ISC
# bench.sh [-n ROUNDS] [-o DIR] [-l LOAD[,LOAD...]] [-s] [--peer COMMAND]...
# The same loads on viofsd and on each virtiofsd found, all mounted by the
# host's kernel at once and taken in turn; medians and ratios.
# -o: where results.tsv, report.tsv and ratios.svg go.  -s: the others without
# a pool of threads only.  --peer: a further daemon, which takes the options
# --socket-path= and -o source=,cache= of virtiofsd.
set -eu
export LC_ALL=C
umask 022

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
build=${VIOFSD_BUILD:-$top/build}
bench_program=$build/tests/bench/viofsd-bench
rounds=5
out=.
only=
pools=yes
names=(viofsd)
commands=("")
bench_tmp=
bench_throttle=
bench_loop=
pids=()
. "$here/loads.sh"

usage() {
	echo "usage: bench.sh [-n rounds] [-o dir] [-l load,...] [-s]" \
	    "[--peer command]..." >&2
	exit 2
}

# peer_add NAME COMMAND: with and without threads, whichever is faster.
peer_add() {
	names+=("$1")
	commands+=("$2")
	if [ "$pools" = yes ]; then
		names+=("$1+pool")
		commands+=("$2 --thread-pool-size=4")
	fi
}

peers_find() {
	local p

	for p in /usr/lib/qemu/virtiofsd /usr/libexec/virtiofsd \
	    /usr/lib/virtiofsd "$(command -v virtiofsd || true)"; do
		if [ -n "$p" ] && [ -x "$p" ]; then
			peer_add "$(basename "$(dirname "$p")")" "$p"
		fi
	done
}

cleanup() {
	local p

	for p in ${bench_tmp:+"$bench_tmp"/mnt.*}; do
		if mountpoint -q "$p"; then
			umount -l "$p" || true
		fi
	done
	for p in ${pids[@]+"${pids[@]}"}; do
		kill "$p" 2>/dev/null || true
	done
	wait
	for p in ${bench_tmp:+"$bench_tmp"/share.*/slow}; do
		umount "$p" 2>/dev/null || true
	done
	if [ -n "$bench_loop" ]; then
		losetup -d "$bench_loop" || true
	fi
	if [ -n "$bench_throttle" ]; then
		rmdir "$bench_throttle" || true
	fi
	if [ -n "$bench_tmp" ]; then
		rm -rf --one-file-system "$bench_tmp"
	fi
}

# A disk of its own, which the daemons read slowly: by a control group of
# either version.
slow_disk() {
	local group dev

	truncate -s 256M "$bench_tmp/disk"
	mkfs.ext4 -q "$bench_tmp/disk" || return 0
	bench_loop=$(losetup --show -f "$bench_tmp/disk") || {
		bench_loop=
		return 0
	}
	dev=$(cat "/sys/class/block/${bench_loop#/dev/}/dev")
	for group in /sys/fs/cgroup/blkio /sys/fs/cgroup; do
		mkdir "$group/viofsd-bench.$$" 2>/dev/null || continue
		group=$group/viofsd-bench.$$
		if echo "$dev 50" \
		    >"$group/blkio.throttle.read_iops_device" ||
		    echo "$dev riops=50" >"$group/io.max"; then
			bench_throttle=$group
			return 0
		fi 2>/dev/null
		rmdir "$group"
	done
}

# daemon_start NUMBER CACHE: both as one process tree and mounted.
daemon_start() {
	local sock=$bench_tmp/$1.$2.sock i
	local share=$bench_tmp/share.$1 mnt=$bench_tmp/mnt.$1.$2

	mkdir -p "$share/slow" "$mnt"
	if [ -n "$bench_throttle" ] && ! mountpoint -q "$share/slow"; then
		mount "$bench_loop" "$share/slow"
	fi
	(
		if [ -n "$bench_throttle" ]; then
			echo "$BASHPID" >"$bench_throttle/cgroup.procs"
		fi
		# Each in a session of its own: the scheduler may share
		# processors between sessions.
		if [ -z "${commands[$1]}" ]; then
			export VIOFSD_LIBEXECDIR=$build
			exec setsid "$build/viofsd" --socket-path="$sock" \
			    --shared-dir="$share" --cache="${2/none/never}"
		fi
		# A command may have arguments of its own.
		# shellcheck disable=SC2086
		exec setsid ${commands[$1]} --socket-path="$sock" \
		    -o source="$share" -o cache="$2"
	) >"$bench_tmp/$1.$2.log" 2>&1 &
	daemon_pid[$1.$2]=$!
	pids+=($!)
	for ((i = 0; i < 100; i++)); do
		[ ! -S "$sock" ] || break
		sleep 0.1
	done
	"$build/tests/hostmount/viofsd-hostmount" "$sock" "$mnt" \
	    >"$bench_tmp/$1.$2.hm" 2>&1 &
	pids+=($!)
	for ((i = 0; i < 100; i++)); do
		if mountpoint -q "$mnt"; then
			return 0
		fi
		sleep 0.1
	done
	echo "${names[$1]} does not mount:" >&2
	cat "$bench_tmp/$1.$2.log" "$bench_tmp/$1.$2.hm" >&2
	exit 1
}

# bench_time ARGUMENT...: the program, with the costs of this daemon.
bench_time() {
	"$bench_program" -c "$payer" "$@" >"$bench_tmp/said" 2>&1
}

# measure LOAD CACHE KIND ARGUMENT...: on each daemon in turn, in each round
# another one first, which has the disk when others have just used it.
measure() {
	local i d dir mnt share payer status cache=$2

	if [ "$cache" = never ]; then
		cache=none
	fi
	for i in "${!names[@]}"; do
		d=$(((i + round) % ${#names[@]}))
		share=$bench_tmp/share.$d
		mnt=$bench_tmp/mnt.$d.$cache
		payer=${daemon_pid[$d.$cache]}
		dir=$mnt/work
		# What is below the mount would be measured instead.
		if ! kill -0 "$payer" 2>/dev/null || ! mountpoint -q "$mnt"
		then
			echo "$1 on ${names[$d]}: the daemon has ended" >&2
			continue
		fi
		# One that ended may have left something.
		if ! mkdir "$dir"; then
			rm -rf "$share/work"
			sleep 1.2
			mkdir "$dir" || continue
		fi
		status=0
		"bench_$3" "${@:4}" || status=$?
		# Not every daemon lists a directory that shrinks to its end.
		# What its guest believes is out of date after a second.
		rm -rf "$dir" 2>"$bench_tmp/rm" || {
			rm -rf "$share/work"
			sleep 1.2
		}
		if [ "$status" -eq 77 ]; then
			echo "$1: not measured, no disk can be slowed here" >&2
			return 0
		fi
		if [ "$status" -ne 0 ]; then
			echo "$1 on ${names[$d]}: $(tail -n 1 "$bench_tmp/said")" >&2
			continue
		fi
		echo "$1 ${names[$d]} $round $(tail -n 1 "$bench_tmp/said")" |
		    tr ' ' '\t' >>"$out/results.tsv"
	done
}

# 5000 files in 50 directories, of the sizes that sources have.
make_tree() {
	local i j

	mkdir "$bench_tmp/tree"
	for ((i = 0; i < 50; i++)); do
		mkdir "$bench_tmp/tree/d$i"
		for ((j = 0; j < 100; j++)); do
			head -c $(((i * 100 + j) * 7919 % 12000)) /dev/zero \
			    >"$bench_tmp/tree/d$i/file$j.c"
		done
	done
	tar -C "$bench_tmp" -cf "$bench_tmp/tree.tar" tree
	rm -r "$bench_tmp/tree"
}

while [ $# -gt 0 ]; do
	case $1 in
	-n)	rounds=${2:-} ;;
	-o)	out=${2:-} ;;
	-l)	only=${2:-} ;;
	-s)	pools=no; shift; continue ;;
	--peer)	extra+=("${2:-}") ;;
	*)	usage ;;
	esac
	[ $# -ge 2 ] || usage
	shift 2
done
case $rounds in
'' | *[!0-9]* | 0)	usage ;;
esac

declare -A daemon_pid=()
peers_find
for p in ${extra[@]+"${extra[@]}"}; do
	peer_add "$(basename "${p%% *}")" "$p"
done
if [ "${#names[@]}" -eq 1 ]; then
	echo "no other daemon is here to compare with" >&2
	exit 1
fi
mkdir -p "$out"
trap cleanup EXIT
trap 'exit 143' INT TERM HUP
bench_tmp=$(mktemp -d "${BENCH_DIR:-/tmp}/viofsd-bench.XXXXXX")
chmod 755 "$bench_tmp"
make_tree
slow_disk
for d in "${!names[@]}"; do
	daemon_start "$d" auto
	daemon_start "$d" none
done
printf '# load\tdaemon\tround\toperations\tseconds\tp50 us\tp99 us\tcpu us\tswitches\n' \
    >"$out/results.tsv"
for ((round = 1; round <= rounds; round++)); do
	while IFS='|' read -r name cache call; do
		case ,$only, in
		,, | *,"$name",*) ;;
		*)	continue ;;
		esac
		echo "round $round of $rounds: $name" >&2
		# The words of the table are the arguments.
		# shellcheck disable=SC2086
		measure "$name" "$cache" $call </dev/null
	done < <(bench_table)
done
awk -F '\t' -f "$here/report.awk" "$out/results.tsv" >"$out/report.tsv"
awk -f "$here/plot.awk" "$out/report.tsv" >"$out/ratios.svg"
column -t -s "$(printf '\t')" "$out/report.tsv"
