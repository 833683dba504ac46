#!/bin/bash
# SPDX-License-Identifier: ISC
# A daemon that serves a guest, seen from the host: what each of its processes
# is, may do, sees and holds.  Needs root.
set -eu

. "$(dirname "$0")/lib.sh"
sandbox_begin jail

mkdir -m 0777 "$top/share"
# umask and descriptors as a careless parent would leave them.
(umask 0; exec "$daemon" --socket-path "$top/sock" \
    --inode-file-handles=never \
    --shared-dir "$top/share" 2>"$top/log" 7<"$top" >/dev/null </dev/null) &
broker=$!
mkfifo "$top/talk"
"$guest" "$top/sock" <"$top/talk" >"$top/out" 2>&1 &
guest_pid=$!
exec 8>"$top/talk"
for _ in $(seq 100); do
	grep -q ready "$top/out" && break
	kill -0 "$guest_pid" 2>/dev/null || break
	sleep 0.1
done
if ! grep -q ready "$top/out"; then
	sed 's/^/# /' "$top/out" "$top/log"
	echo "Bail out! no guest"
	exit 1
fi

transport=$(child "$broker" "viofsd: transport")
spawner=$(child "$broker" "viofsd: spawner")
root=$(child "$spawner" "viofsd: worker root 0:0")
user=$(child "$spawner" "viofsd: worker user 1000:1000")
for pid in "$transport" "$spawner" "$root" "$user"; do
	if [ ! -d "/proc/${pid:-none}" ]; then
		echo "Bail out! a process is missing: $transport, $spawner," \
		    "$root, $user"
		exit 1
	fi
done

# identity ROLE PID UID GID CAPS: all four ids, no group, exactly these caps.
identity() {
	local none=0000000000000000

	is "$(field "$2" Uid)" "$3 $3 $3 $3" "$1: user"
	is "$(field "$2" Gid)" "$4 $4 $4 $4" "$1: group"
	is "$(field "$2" Groups)" "" "$1: no supplementary group"
	is "$(field "$2" CapEff)" "$5" "$1: effective capabilities"
	is "$(field "$2" CapPrm)" "$5" "$1: permitted capabilities"
	is "$(field "$2" CapBnd)" "$5" "$1: bounding set"
	is "$(field "$2" CapInh) $(field "$2" CapAmb)" "$none $none" \
	    "$1: nothing inheritable, nothing ambient"
}

# jail ROLE PID [CWD]: what holds for every process, and for each of its
# threads.  A worker stands where it names descriptors, in its own /proc.
jail() {
	local task

	task=$(cat /proc/"$2"/task/*/status)
	is "$(grep -c '^Seccomp:.2$' <<<"$task")" \
	    "$(ls "/proc/$2/task" | wc -l)" "$1: every thread is filtered"
	is "$(grep -c '^NoNewPrivs:.1$' <<<"$task")" \
	    "$(ls "/proc/$2/task" | wc -l)" "$1: no_new_privs everywhere"
	is "$(ls -A "/proc/$2/root/")" "" "$1: its root is empty"
	is "$(awk '{ print $5, substr($6, 1, 3) }' "/proc/$2/mountinfo")" \
	    "/ ro," "$1: one mount, read-only"
	is "$(mkdir "/proc/$2/root/x" 2>/dev/null && echo made)" "" \
	    "$1: nothing can be made there"
	is "$(readlink "/proc/$2/cwd" | sed 's,^/[0-9]*/fd$,fd,')" "${3:-/}" \
	    "$1: working directory"
	is "$(grep -c '^[^ ]* .wx' "/proc/$2/maps" || :)" 0 \
	    "$1: no memory is writable and executable"
	is "$(awk '/Max core file size/ { print $5, $6 }' \
	    "/proc/$2/limits")" "0 0" "$1: leaves no core"
}

# spaces ROLE PID NAMESPACE...: its own, not ours.
spaces() {
	local role=$1 pid=$2 ns

	shift 2
	for ns; do
		if [ "$(readlink "/proc/$pid/ns/$ns")" != \
		    "$(readlink "/proc/self/ns/$ns")" ]; then
			ok "$role: $ns namespace of its own"
		else
			not_ok "$role: $ns namespace of its own"
		fi
	done
}

# holds ROLE PID: "count kind" of each kind of descriptor, sorted.
holds() {
	local fd to flags

	for fd in "/proc/$1/fd/"*; do
		to=$(readlink "$fd")
		flags=$(awk '$1 == "flags:" { print $2 }' \
		    "/proc/$1/fdinfo/${fd##*/}")
		case $to in
		/dev/null) echo null ;;
		"$top/log") echo log ;;
		"$top/sock.pid") echo lock ;;
		socket:*) echo socket ;;
		pipe:*) echo pipe ;;
		/memfd:* | anon_inode:*) echo "${to#anon_inode:}" ;;
		*)	if [ $((flags & 010000000)) != 0 ]; then
				echo path
			else
				echo "open ${to#"$top"}"
			fi ;;
		esac
	done | sort | uniq -c | awk '{ $1 = $1; print }' | paste -sd,
}

identity broker "$broker" 0 0 0000000000000020
identity spawner "$spawner" 0 0 00000000880001fb
who=nobody
! getent passwd _viofsd >/dev/null || who=_viofsd
identity transport "$transport" "$(id -u "$who")" "$(id -g "$who")" \
    0000000000000000
identity "root worker" "$root" 0 0 000000008800001b
identity "user worker" "$user" 1000 1000 0000000000000000

jail broker "$broker"
jail spawner "$spawner"
jail transport "$transport"
jail "root worker" "$root" fd
jail "user worker" "$user" fd

spaces broker "$broker" mnt net ipc uts cgroup
spaces transport "$transport" mnt net ipc uts cgroup pid
for pid in "$spawner" "$root" "$user"; do
	spaces "$(tr '\0' '\n' <"/proc/$pid/cmdline" | head -n 1)" "$pid" \
	    mnt net ipc uts cgroup pid
done
is "$(readlink "/proc/$transport/ns/pid" | grep -cF \
    "$(readlink "/proc/$spawner/ns/pid")" || :)" 0 \
    "transport and workers cannot see each other"

# sealed PID: is anything but the kernel's own pages sealed, and read-only?
sealed() {
	awk '/^[0-9a-f]+-/ { head = $0 }
	/^VmFlags:.* sl( |$)/ && head !~ /\[v/ {
		print (head ~ / r--p / ? "yes" : "writable")
	}' "/proc/$1/smaps" | sort -u
}
want=yes
"$daemon" --print-security | grep -q '^settings sealed .* lacking' && want=
for pid in "$broker" "$spawner" "$root" "$user"; do
	is "$(sealed "$pid")" "$want" \
	    "$(tr '\0' '\n' <"/proc/$pid/cmdline" | head -n 1 |
	    cut -d' ' -f1-4): settings are sealed"
done
for pid in "$transport" "$root" "$user"; do
	is "$(awk '/Max processes/ { print $3, $4 }' "/proc/$pid/limits")" \
	    "0 0" "$(tr '\0' '\n' <"/proc/$pid/cmdline" | head -n 1 |
	    cut -d' ' -f1-4): no process more"
done

# A process that may be dumped belongs to its user in /proc.
is "$(stat -c %u "/proc/$transport/environ")" 0 "transport: not dumpable"
is "$(stat -c %u "/proc/$user/environ")" 0 "user worker: not dumpable"
for pid in "$transport" "$root" "$user"; do
	is "$(wc -c <"/proc/$pid/environ")" 0 \
	    "$(tr '\0' '\n' <"/proc/$pid/cmdline" | head -n 1): no environment"
done

is "$(grep -l 'memfd:guest' /proc/{"$broker","$spawner","$root","$user"}/maps || :)" \
    "" "guest memory is in none of the other processes"
is "$(grep -q 'memfd:guest' "/proc/$transport/maps" && echo yes)" yes \
    "guest memory is in the transport"

# Three channels, the listening and the accepted socket; kick, call and error
# of two rings, one more for the I/O threads, two bells for each worker and
# what waits for them; libevent's pipe; what watches directories.  Five nodes,
# two open directories, two open files.
is "$(holds "$transport")" "$(paste -sd, <<-'EOF'
	11 [eventfd]
	2 [eventpoll]
	1 inotify
	1 log
	2 null
	1 open /dir0
	1 open /dir0/file
	1 open /dir1000
	1 open /dir1000/file
	5 path
	2 pipe
	5 socket
	EOF
)" "transport: holds nodes, what the guest opened, and channels"
# Their own /proc/self/fd, and the nodes that they looked at or made.
is "$(holds "$root")" "2 [eventfd],1 [eventpoll],1 log,2 null,4 path,2 socket" \
    "root worker: holds three nodes and nothing else of the share"
is "$(holds "$user")" "2 [eventfd],1 [eventpoll],1 log,2 null,4 path,2 socket" \
    "user worker: holds three nodes and nothing else of the share"
is "$(holds "$spawner" | sed 's,/[^ ]*/viofsd-fsworker,the worker,')" \
    "1 [signalfd],1 log,2 null,1 open the worker,1 path,1 socket" \
    "spawner: holds its procfs and the worker's program"
# The share as it was cloned, and its root; channels to all four.
is "$(holds "$broker")" "$(paste -sd, <<-'EOF'
	1 [eventpoll]
	2 [pidfd]
	1 lock
	1 log
	2 null
	2 path
	2 pipe
	4 socket
	EOF
)" "broker: holds the share and channels, nothing open in it"

# The guest goes: the daemon ends, and nothing is left of it.
exec 8>&-
wait "$guest_pid" || not_ok "the guest ended well"
code=0
wait "$broker" || code=$?
broker=
is "$code" 0 "the daemon ends with its guest"
sleep 0.2
left=
for pid in "$transport" "$spawner" "$root" "$user"; do
	[ ! -d "/proc/$pid" ] || left="$left $pid"
done
is "$left" "" "no process is left"

# With file handles the broker opens them: one capability and one descriptor
# for each mount more, where the filesystem has handles.
"$daemon" --socket-path "$top/sock2" --shared-dir "$top/share" \
    2>"$top/log2" >/dev/null </dev/null &
broker=$!
for _ in $(seq 100); do
	[ "$(field "$broker" Seccomp)" != 2 ] || break
	sleep 0.1
done
got="$(field "$broker" CapEff) $(holds "$broker" | tr ',' '\n' | grep -x '1 open /' || :)"
case $got in
"0000000000000020 " | "0000000000000024 1 open /")
	ok "broker with file handles: $got" ;;
*)	not_ok "broker with file handles: $got" ;;
esac
kill "$broker"
wait "$broker" || :
broker=

# stat PID: its process group, session and terminal.
stat_of() {
	sed 's/.*) //' "/proc/$1/stat" | cut -d ' ' -f 3-5
}

# apart NAME COMMAND...: start a daemon, whose children have neither terminal
# nor process group of its own.
apart() {
	local pid role group session tty parent

	rm -f "$top/sock3.pid"
	"${@:2}" >"$top/log3" 2>&1 </dev/null &
	parent=$!
	broker=
	for _ in $(seq 100); do
		broker=$(cat "$top/sock3.pid" 2>/dev/null || :)
		[ -z "$broker" ] || [ "$(field "$broker" Seccomp)" != 2 ] ||
		    break
		sleep 0.1
	done
	# shellcheck disable=SC2046
	set -- "$1" $(stat_of "$broker")
	is "$([ "$4" = 0 ] && echo none || echo one)" "$1" \
	    "the broker's terminal: $1"
	for role in transport spawner; do
		pid=$(child "$broker" "viofsd: $role")
		read -r group session tty <<<"$(stat_of "$pid")"
		is "$tty" 0 "$role: no terminal where the broker has $1"
		is "$group" "$pid" "$role: a process group of its own"
		# Processors are shared between sessions: so, if it may be, one.
		is "$session" "$([ "$1" = none ] && echo "$3" || echo "$pid")" \
		    "$role: session where the broker's terminal is $1"
	done
	kill "$broker"
	wait "$parent" || :
	broker=
}
apart none setsid "$daemon" --socket-path "$top/sock3" \
    --shared-dir "$top/share"
apart one script -qec "$daemon --socket-path $top/sock3 \
    --shared-dir $top/share" /dev/null
if [ "$failed" != 0 ]; then
	sed 's/^/# log: /' "$top/log"
fi
echo "1..$count"
[ "$failed" = 0 ]
