# SPDX-License-Identifier: ISC
# Sourced by the scripts that run in the guest (busybox sh).  Lines that start
# with @@ are for lib.sh on the host, all others are shown as they are.

failures=0

say() { printf '%s\n' "$*"; }
pass() { printf '@@ok %s\n' "$*"; }
flunk() { printf '@@fail %s\n' "$*"; failures=$((failures + 1)); }

# ask VERB ARGS...: what the host sees; one line comes back on stdin.
ask() {
	printf '@@ask %s\n' "$*" >&3
	read -r answer
	printf '%s\n' "$answer"
}

# check NAME COMMAND...: the command's status decides, its output is shown
# only when it failed.
check() {
	name=$1
	shift
	if "$@" >/tmp/check.out 2>&1 </dev/null; then
		pass "$name"
	else
		flunk "$name"
		sed 's/^/# /' /tmp/check.out | head -n 20
	fi
}

# same NAME WANT GOT
same() {
	if [ "$2" = "$3" ] && [ -n "$2" ]; then
		pass "$1"
	else
		flunk "$1"
		printf '# want: %s\n# got:  %s\n' "$2" "$3"
	fi
}

exec 3>&1
