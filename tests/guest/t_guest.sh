#!/bin/bash
# SPDX-License-Identifier: ISC
# Stock guests in QEMU do real work on shares of viofsd.  Needs root; with
# VIOFSD_GUEST=required a guest that cannot be made is a failure, else a skip.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
build=${top_builddir:-$PWD}
viofsd=${VIOFSD:-$build/viofsd}
export VIOFSD_LIBEXECDIR=${VIOFSD_LIBEXECDIR:-$build}
tap_cnt=0
tap_failed=0
tap_prefix=
GUEST_TIMEOUT=900	# a busy host with an emulated guest is slow

. "$here/lib.sh"
. "$here/host.sh"

# --- TAP -----------------------------------------------------------------

tap() {
	tap_cnt=$((tap_cnt + 1))
	case $1 in
	not\ ok) tap_failed=$((tap_failed + 1)) ;;
	esac
	printf '%s %d - %s%s\n' "$1" "$tap_cnt" "$tap_prefix" "$2" >&"$host_out"
}

# is NAME COMMAND...: the command's status decides.
is() {
	local name=$1

	shift
	if "$@"; then
		tap ok "$name"
	else
		tap "not ok" "$name"
	fi
}

bad() {
	tap "not ok" "$1"
}

# What the guest said becomes TAP.
guest_line() {
	case $1 in
	@@ok\ *)	tap ok "${1#@@ok }" ;;
	@@fail\ *)	tap "not ok" "${1#@@fail }" ;;
	*)		printf '# %s\n' "${1#\# }" >&"$host_out" ;;
	esac
}

host_say() {
	sed 's/^/# /' >&"$host_out"
}

# --- questions that only these tests ask ---------------------------------

family() {
	"$guest_src/../tools/proctable" -p "$daemon_pid"
}

host_killworker() {
	local pid

	pid=$(family | awk '$2 ~ /worker/ { print $1 }' | shuf -n 1)
	if [ -n "$pid" ] && kill -KILL "$pid"; then
		echo killed
	else
		echo "no worker"
	fi
}

# A zombie that nobody fetched does nothing any more.
alive() {
	[ -d "/proc/$1" ] && ! grep -q '^State:.Z' "/proc/$1/status" 2>/dev/null
}

# The broker gets the signal; what of its family is alive five seconds later?
host_endbroker() {
	local pids p tries=100

	mapfile -t pids < <(family | cut -d ' ' -f 1)
	is "several processes serve" [ "${#pids[@]}" -ge 3 ]
	kill -s "$end_signal" "$daemon_pid"
	for p in "${pids[@]}"; do
		while alive "$p" && [ "$tries" -gt 0 ]; do
			tries=$((tries - 1))
			sleep 0.05
		done
		if alive "$p"; then
			bad "process $p is left"
		fi
	done
	is "nothing is left of ${#pids[@]} processes" [ "$tries" -gt 0 ]
	kill -KILL "$guest_qemu_pid"
	echo ended
}

# wall NAME AWK-EXPRESSION: no process of the table may make it true.
wall() {
	local found

	found=$(host_process_table | awk 'NF == 0 { exit }
	    NR > 1 && ('"$2"')')
	is "$1" [ -z "$found" ]
	if [ -n "$found" ]; then
		host_say <<<"$found"
	fi
}

# What the process table shows while a guest is served.
host_walls() {
	wall "all have a system call filter" '$11 != 2'
	wall "none can gain privileges" '$12 != 1'
	wall "guest memory is mapped in the transport alone" \
	    '($2 ~ /transport/) != ($13 == "yes")'
	wall "the transport has an own uid and gid" \
	    '$2 ~ /transport/ && ($3 !~ /^[1-9][0-9]*$/ || $4 !~ /^[1-9][0-9]*$/)'
	wall "the transport has no capability" \
	    '$2 ~ /transport/ && ($6 $7 $8 $9 $10) !~ /^0+$/'
	wall "users' workers have no capability, creators DAC_OVERRIDE alone" \
	    '$2 ~ /worker/ && $3 != 0 && ($6 $7 $8 $9 $10) !~ /^0+(2220)?$/'
	wall "one credential for life: ids are all alike" \
	    '$2 ~ /worker/ && ($3 ~ "/" || $4 ~ "/")'
	is "no worker could change ids, mount or trace" host_workers_weak
}

# SETGID 6, SETUID 7, SYS_CHROOT 18, SYS_PTRACE 19, SYS_ADMIN 21 are in no set.
host_workers_weak() {
	local caps mask=$((1 << 6 | 1 << 7 | 1 << 18 | 1 << 19 | 1 << 21))
	local cnt=0

	while read -r caps; do
		cnt=$((cnt + 1))
		if [ $((16#$caps & mask)) -ne 0 ]; then
			return 1
		fi
	done < <(host_process_table | awk 'NF == 0 { exit }
	    $2 ~ /worker/ { print $6; print $7; print $8; print $9; print $10 }')
	[ "$cnt" -gt 0 ]
}

# host_owners DIR: names u<uid>-... and d<uid>-... must belong to that uid.
host_owners() {
	find "$host_work/$1" -mindepth 1 -printf '%U %G %f\n' | awk '
	{
		uid = substr($3, 2)
		sub(/-.*/, "", uid)
		if ($1 == uid && $2 == uid)
			right++
		else
			wrong++
	}
	END { print (wrong ? wrong " wrong" : right " right") }'
}

# Both guests have to be at this point before one may go on.
host_meet() {
	local tries=600

	: >"$guest_tmp/met.$meet_name"
	while [ ! -e "$guest_tmp/met.$meet_other" ]; do
		tries=$((tries - 1))
		if [ "$tries" -eq 0 ]; then
			echo "waited in vain"
			return
		fi
		sleep 0.1
	done
	echo met
}

# Attributes and locks as the host has them; the same tool as in the guest.
host_meta() {
	"$guest_tmp/guestmeta" "$1" "$host_work/$2" "${@:3}" 2>/dev/null
}

# host_lock KIND try|wait FILE
host_lock() {
	local status=0

	timeout 60 "$guest_tmp/guestmeta" lock "$1" "$2" "$host_work/$3" true \
	    2>/dev/null || status=$?
	case $status in
	0)	echo free ;;
	3)	echo locked ;;
	*)	echo "status $status" ;;
	esac
}

# host_hold KIND FILE: until host_letgo.
host_hold() {
	rm -f "$guest_tmp/held"
	mkfifo "$guest_tmp/held"
	"$guest_tmp/guestmeta" lock "$1" try "$host_work/$2" sh -c \
	    'echo held >"$0"; exec sleep 1000' "$guest_tmp/held" \
	    >/dev/null &
	hold_pid=$!
	guest_pids+=("$hold_pid")
	timeout 60 cat "$guest_tmp/held"
}

host_letgo() {
	guest_kill "$hold_pid"
	echo gone
}

guest_ask() {
	case $1 in
	getacl|getxattr) host_meta "$@" ;;
	setxattr)	host_meta "$@" && echo set ;;
	chown)		chown "$3:$3" "$host_work/$2" && echo "done" ;;
	lock)		host_lock "${@:2}" ;;
	hold)		host_hold "${@:2}" ;;
	letgo)		host_letgo ;;
	killworker)	host_killworker ;;
	endbroker)	host_endbroker ;;
	meet)		host_meet ;;
	owners)		host_owners "$2" ;;
	table)		host_walls; host_answer table ;;
	*)		host_answer "$@" ;;
	esac
}

# --- shares and daemons --------------------------------------------------

# share NAME: a fresh share with a work directory.
share() {
	share=$guest_tmp/$1
	mkdir -p "$share/work"
	host_work=$share/work
	GUEST_WORK=work
}

serve() {
	log=$guest_tmp/$1.log
	sock=$guest_tmp/$1.sock
	shift
	if ! daemon_start "$log" "$sock" "$viofsd" --socket-path "$sock" \
	    --shared-dir "$share" "$@"; then
		bad "the daemon starts"
		return 1
	fi
}

# Log lines of levels 0 to 3 (error and worse).
log_clean() {
	if grep -E '^<[0-3]>|[Ss]anitizer|panic' "$log"; then
		return 1
	fi >&"$host_out"
}

boot() {
	local status=0

	guest_boot "$sock" "$@" || status=$?
	is "the guest's script ends well" [ "$status" -eq 0 ]
}

served() {
	local status=0

	daemon_end 10 || status=$?
	is "the daemon ends with 0 after the guest" [ "$status" -eq 0 ]
	is "no error in the daemon's log" log_clean
}

# --- the tests -----------------------------------------------------------

test_work() {
	tap_prefix="work: "
	share work
	host_tree "$host_work"
	serve work || return 0
	boot "$here/work.sh"
	served
}

# test_cache POLICY PART...
test_cache() {
	tap_prefix="cache $1: "
	share "cache-$1"
	host_tree "$host_work"
	serve "cache-$1" --cache "$1" || return 0
	GUEST_PARTS=${*:2} boot "$here/work.sh"
	served
}

meet_one() {
	meet_name=$1
	meet_other=$2
	guest_pids=()
	trap guest_end_children EXIT
	share "meet-$1"
	echo "$1" >"$host_work/name"
	serve "meet-$1" || return 0
	GUEST_CPUS=1 boot "$here/meet.sh"
	served
}

# As guest_cleanup, but the directory belongs to the parent.
guest_end_children() {
	guest_tmp=
	guest_cleanup
}

# Two shells, each with its own daemon and guest; their TAP lines are told
# again with our numbers.
test_two() {
	local n line

	tap_prefix=
	for n in "a b" "b a"; do
		# shellcheck disable=SC2086 # two words
		(exec {host_out}>"$guest_tmp/tap.${n% *}"; meet_one $n) &
		guest_pids+=("$!")
	done
	wait "${guest_pids[@]}" || true
	guest_pids=()
	tap_prefix="two guests: "
	while IFS= read -r line; do
		case $line in
		ok*)	tap ok "${line#* - }" ;;
		not*)	tap "not ok" "${line#* - }" ;;
		*)	printf '%s\n' "$line" ;;
		esac
	done < <(cat "$guest_tmp/tap.a" "$guest_tmp/tap.b")
	is "both told something" [ -s "$guest_tmp/tap.a" -a \
	    -s "$guest_tmp/tap.b" ]
}

test_swarm() {
	tap_prefix="64 uids: "
	share swarm
	serve swarm || return 0
	boot "$here/swarm.sh"
	served
}

# Three daemons for one guest.  The shares of two are directories of the
# third's, so that host_work names all files.
test_options() {
	local more=() pids=() logs=() i

	tap_prefix="options: "
	share options
	gcc -D_GNU_SOURCE -std=gnu17 -O2 -o "$guest_tmp/guestmeta" \
	    "$here/guestmeta.c"
	mkdir -m 777 "$host_work/map" "$host_work/ro"
	chown 100000:100000 "$host_work/map"
	echo content >"$host_work/ro/file"
	chmod 666 "$host_work/ro/file"
	share=$host_work/map
	serve map --translate-uid map:0:100000:65536 \
	    --translate-gid map:0:100000:65536 || return 0
	more+=("map=$sock") pids+=("$daemon_pid") logs+=("$log")
	share=$host_work/ro
	serve ro --readonly --xattr || return 0
	more+=("ro=$sock") pids+=("$daemon_pid") logs+=("$log")
	share=$guest_tmp/options
	serve options --xattr --posix-acl --posix-lock --flock \
	    --writeback || return 0
	pids+=("$daemon_pid") logs+=("$log")
	GUEST_MORE=${more[*]} boot "$here/options.sh"
	for i in "${!pids[@]}"; do
		daemon_pid=${pids[i]}
		log=${logs[i]}
		served
	done
}

test_kill_worker() {
	local status=0

	tap_prefix="worker killed: "
	share load
	serve load || return 0
	boot "$here/load.sh"
	daemon_end 10 || status=$?
	is "the daemon ends with 0 after the guest" [ "$status" -eq 0 ]
}

# test_end_broker SIGNAL STATUS: under load; the daemon ends with STATUS.
test_end_broker() {
	local status=0

	tap_prefix="broker gets SIG$1: "
	end_signal=$1
	share "end-$1"
	serve "end-$1" || return 0
	guest_boot "$sock" "$here/orphan.sh" 2>/dev/null || status=$?
	is "the guest came as far as that" [ "$status" -eq 99 ]
	status=0
	daemon_end 5 || status=$?
	is "the broker ends with $2" [ "$status" -eq "$2" ]
}

exec 2>&1	# a TAP driver may lose what comes otherwise
exec {host_out}>&1
if [ "$(id -u)" -ne 0 ]; then
	echo "1..0 # SKIP guests need root"
	exit 0
fi
trap guest_cleanup EXIT
trap 'exit 143' INT TERM HUP
guest_tmpdir
chmod 755 "$guest_tmp"
if ! guest_image >"$guest_tmp/image.log" 2>&1; then
	sed 's/^/# /' "$guest_tmp/image.log"
	if [ "${VIOFSD_GUEST:-}" = required ]; then
		echo "Bail out! no guest can be made"
		exit 1
	fi
	echo "1..0 # SKIP no guest can be made here"
	exit 0
fi
echo "# accelerator: $guest_accel"
test_work
test_cache never mount tree links rename content owners setgid names
test_cache always mount tree links rename content mmap owners setgid names
test_two
test_swarm
test_options
test_kill_worker
test_end_broker KILL 137
test_end_broker TERM 0
echo "1..$tap_cnt"
[ "$tap_failed" -eq 0 ]
