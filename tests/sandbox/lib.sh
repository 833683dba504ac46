# SPDX-License-Identifier: ISC
# Sourced by the bash scripts of this folder that look at a whole daemon: TAP,
# the programs, and what the kernel says of a process.
#
#   sandbox_begin NAME      checks that this can run; sets top (a directory of
#                           one's own, removed at the end), daemon, guest, lacks
#   ok NAME, not_ok NAME    a result
#   is GOT WANT NAME        both words the same
#   field PID NAME          a line of its status
#   child PARENT TITLE      the one child of a process with this title
#   serve COMMAND...        a daemon and its guest: $broker and $guest_pid
#   talk WORD...            a guest that does this, and stays; 0 if it could
#   gone                    the guest goes, and the daemon with it; its status
#   ended NAME              that status is 0
#   ids FILE...             who they belong to, in the share

export LC_ALL=C
count=0
failed=0
top=
broker=
guest_pid=

ok() {
	count=$((count + 1))
	echo "ok $count - $*"
}

not_ok() {
	count=$((count + 1))
	failed=$((failed + 1))
	echo "not ok $count - $*"
	sed 's/^/# guest: /' "$top/out"
	sed 's/^/# daemon: /' "$top/log"
}

# is GOT WANT NAME...
is() {
	local got=$1 want=$2

	shift 2
	if [ "$got" = "$want" ]; then
		ok "$*"
	else
		not_ok "$*"
		echo "# got '$got', wanted '$want'"
	fi
}

skip_all() {
	echo "1..0 # SKIP $*"
	exit 0
}

# A script with more to clean up says it in sandbox_also.
sandbox_also() {
	:
}

sandbox_cleanup() {
	exec 8>&- || :
	[ -z "$broker" ] || kill -KILL "$broker" 2>/dev/null || :
	[ -z "$guest_pid" ] || kill -KILL "$guest_pid" 2>/dev/null || :
	sandbox_also
	rm -rf "$top"
}

# Other users start them, too, and need not be let into the build's folder.
sandbox_programs() {
	local build=${top_builddir:-.} from

	daemon=${VIOFSD:-$build/viofsd}
	from=${VIOFSD_LIBEXECDIR:-$(dirname "$daemon")}
	mkdir "$top/bin"
	cp "$daemon" "$from/viofsd-transport" "$from/viofsd-fsworker" \
	    "$build/tests/sandbox/guest" "$build/tests/sandbox/lacks" "$top/bin"
	chmod 755 "$top/bin" "$top/bin"/*
	daemon=$top/bin/$(basename "$daemon")
	guest=$top/bin/guest
	lacks=$top/bin/lacks
	export VIOFSD_LIBEXECDIR=$top/bin
}

sandbox_begin() {
	[ "$(id -u)" = 0 ] || skip_all "needs root"
	[ -e /proc/self/ns/user ] ||
	    skip_all "this kernel has no user namespaces"
	if grep -q 'define VIOFSD_INSTRUMENTED' \
	    "${top_builddir:-.}/config.h"; then
		skip_all "a build for tests does not serve"
	fi
	top=$(mktemp -d "${TMPDIR:-/tmp}/viofsd-$1.XXXXXX")
	trap sandbox_cleanup EXIT
	trap 'exit 1' HUP INT TERM
	chmod 0711 "$top"
	sandbox_programs
	: >"$top/log"
	: >"$top/out"
}

# field PID NAME: of status, on one line.
field() {
	awk -F: -v name="$2" '$1 == name {
		gsub(/^[ \t]+|[ \t]+$/, "", $2)
		gsub(/[ \t]+/, " ", $2)
		print $2
	}' "/proc/$1/status" 2>/dev/null || :
}

# child PARENT TITLE: the one child of a process with this title.
child() {
	local pid

	for pid in $(cat "/proc/$1/task/$1/children"); do
		case $(tr '\0' '\n' <"/proc/$pid/cmdline" | head -n 1) in
		"$2"*) echo "$pid" ;;
		esac
	done
}

# What is shared and the socket are in $top/run.
serve() {
	"$@" --socket-path "$top/run/sock" --shared-dir "$top/run/share" \
	    2>"$top/log" >/dev/null </dev/null &
	broker=$!
	talk ids || :
}

talk() {
	rm -f "$top/talk"
	mkfifo "$top/talk"
	"$guest" "$top/run/sock" "$@" <"$top/talk" >"$top/out" 2>&1 &
	guest_pid=$!
	exec 8>"$top/talk"
	for _ in $(seq 100); do
		! grep -q ready "$top/out" || return 0
		kill -0 "$guest_pid" 2>/dev/null || break
		sleep 0.1
	done
	return 1
}

gone() {
	local code=0

	exec 8>&-
	wait "$guest_pid" || :
	guest_pid=
	wait "$broker" || code=$?
	broker=
	return "$code"
}

# ended NAME
ended() {
	local code=0

	gone || code=$?
	is "$code" 0 "$1: the daemon ends with its guest"
}

ids() {
	(cd "$top/run/share" && stat -c '%n %u:%g' "$@" 2>&1)
}
