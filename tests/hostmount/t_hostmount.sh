#!/bin/bash
# SPDX-License-Identifier: ISC
# Real programs at work on a share that the host's own kernel has mounted, and
# how such a mount ends.  Needs root and /dev/fuse.
set -eu
export LC_ALL=C
unset MAKEFLAGS MAKELEVEL MFLAGS

daemon=${VIOFSD:-./viofsd}
hostmount=${top_builddir:-.}/tests/hostmount/viofsd-hostmount
other=/usr/lib/qemu/virtiofsd
count=0
failed=0

skip_all() {
	echo "1..0 # SKIP $*"
	exit 0
}

[ "$(id -u)" = 0 ] || skip_all "needs root"
[ -c /dev/fuse ] || skip_all "no /dev/fuse"
(exec 3<>/dev/fuse) 2>/dev/null || skip_all "/dev/fuse cannot be opened"
if grep -q 'define VIOFSD_INSTRUMENTED' "${top_builddir:-.}/config.h"; then
	skip_all "a build for tests does not serve"
fi

# The share is closed to users of this host, the mount is not.
. "$(dirname "$0")/../tools/disk.sh"
top=$(mktemp -d "$(disk_dir)/viofsd-hostmount.XXXXXX")
chmod 0711 "$top"
mkdir -m 0700 "$top/closed"
mkdir -m 1777 "$top/closed/share"
mkdir "$top/mnt"
share=$top/closed/share
mnt=$top/mnt
daemon_pid=
watch_pid=
hm_pid=
load_pids=

cleanup() {
	local pid

	for pid in $hm_pid $daemon_pid $load_pids; do
		kill -KILL "$pid" 2>/dev/null || :
	done
	! mounted || umount -l "$mnt" || :
	wait
	rm -rf --one-file-system "$top"
}
trap cleanup EXIT
trap 'exit 1' HUP INT TERM

ok() {
	count=$((count + 1))
	echo "ok $count - $*"
}

not_ok() {
	count=$((count + 1))
	failed=$((failed + 1))
	echo "not ok $count - $*"
	sed 's/^/# /' "$top/out"
	tail -n 5 "$top/log" | sed 's/^/# daemon: /'
	tail -n 5 "$top/hm.err" | sed 's/^/# hostmount: /'
}

skip() {
	count=$((count + 1))
	echo "ok $count - $1 # SKIP $2"
}

# is GOT WANT NAME...
is() {
	local got=$1 want=$2

	shift 2
	echo "got '$got', wanted '$want'" >"$top/out"
	if [ "$got" = "$want" ]; then
		ok "$*"
	else
		not_ok "$*"
	fi
}

mounted() {
	grep -qF " $mnt " /proc/self/mountinfo
}

# until_true SECONDS COMMAND...: whether it comes true in time.
until_true() {
	local tenths=$(($1 * 10))

	shift
	while ! "$@"; do
		tenths=$((tenths - 1))
		[ "$tenths" -gt 0 ] || return 1
		sleep 0.1
	done
}

gone() {
	[ ! -d "/proc/$1" ]
}

ended() {
	case $(cut -d ' ' -f 3 "/proc/$1/stat" 2>/dev/null) in
	'' | Z) ;;
	*) return 1 ;;
	esac
}

# serve CACHE: our daemon on the share.
serve() {
	rm -f "$top/sock"
	"$daemon" --socket-path "$top/sock" --shared-dir "$share" \
	    --cache "$1" 2>"$top/log" </dev/null >/dev/null &
	daemon_pid=$!
}

# Killed after two minutes, so that nothing can hang on the mount for longer.
attach() {
	: >"$top/out"
	: >"$top/hm.err"
	timeout --foreground -s KILL 120 "$hostmount" -v "$@" "$top/sock" \
	    "$mnt" >"$top/table" 2>"$top/hm.err" </dev/null &
	watch_pid=$!
	until_true 10 grep -q '^FUSE ' "$top/hm.err" || :
	read -r hm_pid <"/proc/$watch_pid/task/$watch_pid/children" || :
	if mounted && grep -q '^FUSE ' "$top/hm.err"; then
		return 0
	fi
	not_ok "mount: $*"
	exit 1
}

# left STATUS NAME...: hostmount ends with this status, leaves no mount, and
# the daemon ends too.
left() {
	local want=$1 status=0

	shift
	until_true 20 ended "$watch_pid" || kill -KILL "$hm_pid" || :
	wait "$watch_pid" || status=$?
	hm_pid=
	mounted && status="$status, still mounted"
	until_true 10 ended "$daemon_pid" ||
	    status="$status, daemon still there"
	wait "$daemon_pid" 2>/dev/null || :
	daemon_pid=
	is "$status" "$want" "$*"
}

# work NAME FUNCTION: run it in an empty directory of the mount.
work() {
	local status=0

	timeout -k 1 40 bash -euc "set -o pipefail; rm -rf '$mnt/work'
	    mkdir '$mnt/work'; cd '$mnt/work'; $2" >"$top/out" 2>&1 ||
	    status=$?
	if [ "$status" = 0 ]; then
		ok "$1"
	else
		echo "exit status $status" >>"$top/out"
		not_ok "$1"
	fi
}

sums() {
	(cd "$1" && find . -type f -print0 | sort -z |
	    xargs -0 sha256sum && find . -type l -printf '%p %l\n' | sort)
}

work_tar() {
	cp -r /usr/include/linux "$top/from"
	rm -f "$top"/from/[a-m]*.h
	tar -C "$top/from" -cf - . | tar -xf -
	sums "$top/from" >"$top/want"
	rm -r "$top/from"
	sums . >"$top/got"
	cmp "$top/want" "$top/got"
	[ "$(wc -l <"$top/got")" -gt 10 ]
	rm -rf ./*
	[ -z "$(ls -A)" ]
}

work_git() {
	export HOME=$top GIT_CONFIG_NOSYSTEM=1
	git init -q one
	cd one
	git config user.name Tester
	git config user.email tester@localhost
	cp /usr/include/linux/[e-k]*.h .
	git add -A
	git commit -qm 'First'
	echo changed >>fuse.h
	git commit -qam 'Second'
	cd ..
	git clone -q one two
	git -C one gc -q
	git -C one fsck --full --strict
	git -C two fsck --full --strict
	[ "$(git -C two rev-list --count HEAD)" = 2 ]
	[ -z "$(git -C two status --porcelain)" ]
}

work_make() {
	{
		printf 'all: sum\nsum: '
		seq -f '%g.o' 60 | tr '\n' ' '
		printf '\n\tcat $^ >$@.new && mv $@.new $@\n'
		printf '%%.o: %%.c\n\tsha256sum <$< >$@.new'
		printf ' && mv $@.new $@\n'
	} >Makefile
	for i in $(seq 60); do
		echo "int f$i(void);" >"$i.c"
	done
	make -s -j 8
	[ "$(wc -l <sum)" = 60 ]
	[ "$(sort -u sum | wc -l)" = 60 ]
	[ "$(make -j 8)" = "make: Nothing to be done for 'all'." ]
}

work_sqlite() {
	sqlite3 test.db >sums <<-'END'
	CREATE TABLE t (n INTEGER PRIMARY KEY, s TEXT);
	WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c
	    WHERE n < 20000) INSERT INTO t SELECT n, hex(n * n) FROM c;
	BEGIN; UPDATE t SET s = s || s; ROLLBACK;
	CREATE INDEX i ON t (s);
	DELETE FROM t WHERE n % 2 = 0;
	VACUUM;
	END
	[ "$(sqlite3 test.db 'PRAGMA integrity_check;
	    SELECT count(*), sum(n) FROM t')" = "ok
10000|100000000" ]
}

# Many processes write, read back, and see what the others wrote.
work_many() {
	local i pids=''

	for i in 1 2 3 4 5 6; do
		(
			head -c 4194304 /dev/urandom >"$i"
			sha256sum "$i" >"$i.sum"
			mkdir "d$i"
			for k in $(seq 30); do
				echo "$k" >"d$i/$k"
				mv "d$i/$k" "d$i/$k.x"
			done
			sha256sum -c "$i.sum"
			[ "$(cat "d$i"/*.x | wc -l)" = 30 ]
		) &
		pids="$pids $!"
	done
	for i in $pids; do
		wait "$i"
	done
	sha256sum -c ./*.sum
	(cd "$share/work" && sha256sum -c ./*.sum)
}

# A user's files are the user's, and a directory of root's is not.
work_user() {
	umask 022
	mkdir theirs
	# shellcheck disable=SC2016
	setpriv --reuid 1234 --regid 1234 --clear-groups bash -euc '
		cd ..
		mkdir mine
		echo text >mine/file
		[ "$(stat -c "%u %g" mine/file)" = "1234 1234" ]
		! touch work/theirs/file 2>/dev/null'
	[ "$(stat -c '%u %g' "$share/mine/file")" = "1234 1234" ]
	rm -r ../mine
}

# Whoever changes a file of another group takes its set-id bits away.
work_setid() {
	local how

	for how in '' -p -z; do
		head -c 196608 /dev/zero >bits
		chmod 6666 bits
		# shellcheck disable=SC2086
		setpriv --reuid 1234 --regid 1234 --clear-groups \
		    fallocate $how -o 65536 -l 65536 bits
		[ "$(stat -c %a bits)" = 666 ]
		chmod 6666 bits
		# shellcheck disable=SC2086
		fallocate $how -o 65536 -l 65536 bits
		[ "$(stat -c %a bits)" = 6666 ]
	done
	setpriv --reuid 1234 --regid 1234 --clear-groups \
	    sh -c 'echo x >bits'
	[ "$(stat -c %a bits)" = 666 ]
}

# Who waits for an answer is killed; the others go on.
work_killed() {
	local i pid

	head -c 33554432 /dev/zero >big
	for i in $(seq 20); do
		dd if=big of=/dev/null bs=1M iflag=direct status=none &
		pid=$!
		sleep "0.00$((i % 10))"
		kill -s "$([ $((i % 2)) = 0 ] && echo KILL || echo TERM)" \
		    "$pid" 2>/dev/null || :
		wait "$pid" || :
	done
	[ "$(wc -c <big)" = 33554432 ]
	cmp -n 33554432 big /dev/zero
}

export top share mnt
export -f sums work_tar work_git work_make work_sqlite work_many work_user \
    work_setid work_killed

# if_has PROGRAM NAME FUNCTION: work, if the program is installed.
if_has() {
	if command -v "$1" >/dev/null; then
		work "$2" "$3"
	else
		skip "$2" "no $1"
	fi
}

all_work() {
	work "$1: tar of headers, and every sum" work_tar
	if_has git "$1: git init, commit, clone, gc, fsck" work_git
	if_has make "$1: make -j 8" work_make
	if_has sqlite3 "$1: sqlite" work_sqlite
	work "$1: six processes at once" work_many
	if_has setpriv "$1: files of a user" work_user
	if_has setpriv "$1: set-id bits and changed contents" work_setid
	work "$1: readers killed while they wait" work_killed
}

# load: processes that write, read and list until they are told otherwise.
load_one() {
	local i=0

	cd "$mnt/work"
	while :; do
		head -c 4194304 /dev/zero >"load$1"
		cat "load$1" >/dev/null
		mkdir -p "dir$1/$i" && rmdir "dir$1/$i"
		ls -lR . >/dev/null
		i=$((i + 1))
	done
}
export -f load_one

load() {
	local i

	rm -rf "$mnt/work"
	mkdir "$mnt/work"
	load_pids=
	for i in 1 2 3 4; do
		bash -euc "load_one $i" >/dev/null 2>&1 </dev/null &
		load_pids="$load_pids $!"
	done
	until_true 10 test -s "$share/work/load4" || :
	sleep 0.3
}

# No process of the load may wait for a daemon that is gone.
unload() {
	local pid hung=0

	for pid in $load_pids; do
		until_true 10 ended "$pid" || hung=$((hung + 1))
		kill -KILL "$pid" 2>/dev/null || :
		wait "$pid" || :
	done
	load_pids=
	is "$hung" 0 "$1: nobody hangs"
}

# --- the command line ---

status=0
timeout 10 "$hostmount" -q 99 "$top/sock" "$mnt" >"$top/out" 2>"$top/hm.err" ||
    status=$?
: >"$top/log"
is "$status" 2 "a queue count that cannot be"
status=0
timeout 20 "$hostmount" "$top/sock" "$mnt" >"$top/out" 2>"$top/hm.err" ||
    status=$?
mounted && status="$status, mounted"
is "$status" 1 "no daemon, no mount"

# --- real work ---

for cache in auto never; do
	serve "$cache"
	attach -o noatime
	all_work "cache=$cache"
	umount "$mnt"
	left 0 "cache=$cache: umount"
	is "$(awk '$1 == "INIT" { print $2, $3 }' "$top/table")" "1 0" \
	    "cache=$cache: the table counts"
done

serve auto
attach -q 2
work "two queues: six processes at once" work_many
if_has make "two queues: make -j 8" work_make
kill -USR1 "$hm_pid"
until_true 5 grep -q ^WRITE "$top/table" || :
is "$(grep -c ^WRITE "$top/table")" 1 "SIGUSR1 prints the table"
is "$(cd "$mnt" && echo *)" work "and the mount stays"
kill -TERM "$hm_pid"
left 0 "two queues: SIGTERM"

# Two requests at a time: everybody else waits for a slot.
serve auto
attach -m 4 -s 8 -q 1
work "hardly any memory: six processes at once" work_many
exec 5<"$mnt"
kill -INT "$hm_pid"
left 0 "SIGINT while a directory is open"
ls /proc/self/fd/5/ >"$top/said" 2>&1 || :
is "$(grep -c 'not connected' "$top/said")" 1 "which is then not connected"
exec 5<&-

# --- bad ends ---

for queues in 1 2; do
	serve auto
	attach -q "$queues"
	load
	kill -KILL "$daemon_pid"
	left 1 "daemon killed under load, $queues queues"
	unload "daemon killed under load, $queues queues"
	is "$(grep -c 'hung up' "$top/hm.err")" 1 "and that is said"
done

serve auto
attach -q 2
load
kill -TERM "$hm_pid"
left 0 "SIGTERM under load"
unload "SIGTERM under load"

serve auto
attach -q 2
load
kill -KILL "$hm_pid"
until_true 10 ended "$watch_pid" || :
unload "hostmount killed under load"
umount -l "$mnt"
until_true 10 ended "$daemon_pid" || :
is "$(ended "$daemon_pid" && echo ended)" ended "and the daemon has left"
wait "$watch_pid" "$daemon_pid" 2>/dev/null || :
hm_pid=
daemon_pid=

# --- another daemon ---

if [ -x "$other" ]; then
	"$other" --socket-path="$top/sock" -o source="$share" \
	    >"$top/log" 2>&1 </dev/null &
	daemon_pid=$!
	# It does not survive an interrupt.
	attach -I
	work "QEMU's virtiofsd: tar of headers" work_tar
	work "QEMU's virtiofsd: readers killed while they wait" work_killed
	umount "$mnt"
	left 0 "QEMU's virtiofsd: umount"
else
	skip "QEMU's virtiofsd: tar of headers" "no $other"
	skip "QEMU's virtiofsd: readers killed while they wait" "no $other"
	skip "QEMU's virtiofsd: umount" "no $other"
fi

echo "1..$count"
[ "$failed" = 0 ]
