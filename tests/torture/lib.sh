# SPDX-License-Identifier: ISC
# Sourced by the bash scripts of this folder: TAP, a directory to work in, a
# daemon, and an end that leaves nothing behind.
#
#   torture_begin           checks that this can run; sets top (a directory of
#                           one's own), and the trap that cleans up
#   ok NAME, not_ok NAME, skip NAME WHY
#   is NAME COMMAND...      the command's status decides
#   diag TEXT...            a line that is not a result
#   torture_daemon SOCKET ARGS...  serves; sets daemon_pid, log $top/daemon.log
#   torture_end             the plan; the status of the script
#
# Processes whose ids are in pids[] are killed at the end, what is in mounts[]
# is unmounted.

export LC_ALL=C
torture_cnt=0
torture_failed=0
top=
daemon_pid=
pids=()
mounts=()
torture_build=${top_builddir:-$PWD}
torture_viofsd=${VIOFSD:-$torture_build/viofsd}
export VIOFSD_LIBEXECDIR=${VIOFSD_LIBEXECDIR:-$torture_build}

ok() {
	torture_cnt=$((torture_cnt + 1))
	echo "ok $torture_cnt - $*"
}

not_ok() {
	torture_cnt=$((torture_cnt + 1))
	torture_failed=$((torture_failed + 1))
	echo "not ok $torture_cnt - $*"
}

skip() {
	torture_cnt=$((torture_cnt + 1))
	echo "ok $torture_cnt - $1 # SKIP $2"
}

is() {
	local name=$1

	shift
	if "$@"; then
		ok "$name"
	else
		not_ok "$name"
	fi
}

diag() {
	echo "# $*"
}

torture_cleanup() {
	local i

	trap '' INT TERM HUP
	for ((i = ${#mounts[@]} - 1; i >= 0; i--)); do
		umount -l "${mounts[i]}" 2>/dev/null || :
	done
	for i in "${pids[@]}"; do
		kill -KILL "$i" 2>/dev/null || :
	done
	{ wait; } 2>/dev/null
	[ -z "$top" ] || rm -rf --one-file-system "$top"
}

torture_begin() {
	if [ "$(id -u)" -ne 0 ]; then
		echo "1..0 # SKIP needs root"
		exit 0
	fi
	if grep -q 'define VIOFSD_INSTRUMENTED' "$torture_build/config.h"; then
		echo "1..0 # SKIP a build for tests does not serve"
		exit 0
	fi
	top=$(mktemp -d "${TMPDIR:-/tmp}/viofsd-torture.XXXXXX")
	chmod 0711 "$top"
	trap torture_cleanup EXIT
	trap 'exit 1' HUP INT TERM
}

torture_daemon() {
	local sock=$1 tries=100

	shift
	"$torture_viofsd" --socket-path "$sock" "$@" >>"$top/daemon.log" 2>&1 &
	daemon_pid=$!
	pids+=("$daemon_pid")
	while [ ! -S "$sock" ] && [ "$tries" -gt 0 ] &&
	    kill -0 "$daemon_pid" 2>/dev/null; do
		sleep 0.1
		tries=$((tries - 1))
	done
	[ -S "$sock" ]
}

torture_end() {
	echo "1..$torture_cnt"
	[ "$torture_failed" -eq 0 ]
}
