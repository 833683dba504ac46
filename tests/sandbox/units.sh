#!/bin/bash
# SPDX-License-Identifier: ISC
# The units of systemd: what systemd-analyze(1) says, and that a daemon which is
# started with exactly the limits, capabilities and words of viofsd-pool@.service
# serves two users of its range and nobody else.  Needs root.
set -eu

. "$(dirname "$0")/lib.sh"
sandbox_begin units

none=0000000000000000
unit=$top/viofsd-pool@.service
options=--log-level=info

skip() {
	count=$((count + 1))
	echo "ok $count - $1 # SKIP $2"
}

# value UNIT KEY: what it says last.
value() {
	sed -n "s/^$2=//p" "$1" | tail -n 1
}

# The units as they are installed, but for the place of the program.
units() {
	local from=${top_builddir:-.}/dist u

	for u in viofsd@.service viofsd-pool@.service viofsd-pool@.socket; do
		sed "s,[^ =]*/viofsd --,$daemon --," "$from/$u" >"$top/$u"
	done
	# What the comment tells to write for a single user, here user 1.
	sed -n 's/^#   //p' "$unit" | sed -n '/^\[Service\]/,$p' |
	    sed 's/map:1000:/map:1:/g' >"$top/single"
}

# exposure UNIT: tenths, as systemd-analyze adds them up.
exposure() {
	systemd-analyze security --offline=true --no-pager "$top/$1" \
	    2>"$top/log" | sed -n 's/.*exposure level for.*: \([0-9]*\)\.\([0-9]\) .*/\1\2/p'
}

analyze() {
	local other pool

	if ! command -v systemd-analyze >/dev/null; then
		skip "the units are without fault" "no systemd-analyze"
		skip "a range is exposed less than a whole share" \
		    "no systemd-analyze"
		return
	fi
	is "$(systemd-analyze verify --man=no "$top"/viofsd*@.s* 2>&1 |
	    grep -F "$top" || :)" "" "the units are without fault"
	other=$(exposure viofsd@.service)
	pool=$(exposure viofsd-pool@.service)
	if [ -z "$other" ]; then
		skip "a range is exposed less than a whole share" \
		    "systemd-analyze has no --offline"
	elif [ "${pool:-100}" -le 50 ] && [ "$pool" -lt "$other" ]; then
		ok "a range is exposed less than a whole share"
	else
		not_ok "a range is exposed less than a whole share"
		echo "# $pool and $other tenths"
	fi
}

# words UNIT: the command, one word in a line, as systemd makes it.
words() {
	value "$1" ExecStart | tr ' ' '\n' | sed "s,%i,test,g
	    s,\${SHARED_DIR},$top/run/share,g
	    s,\${POOL},41000-41099,g
	    s,/run/viofsd/,$top/run/,g
	    s,^\$OPTIONS\$,$options,"
}

# started UNIT CAPS USER-OPTIONS...: $broker, on $top/run/sock.
started() {
	local set=-all cap nofile line=()

	for cap in $2; do
		cap=${cap#CAP_}
		set=$set,+${cap,,}
	done
	nofile=$(value "$unit" LimitNOFILE)
	[ "$(ulimit -Hn)" = unlimited ] || [ "$(ulimit -Hn)" -ge "$nofile" ] ||
	    nofile=$(ulimit -Hn)
	mapfile -t line < <(words "$1")
	(
		umask "$(value "$unit" UMask)"
		exec "$top/bin/handed" "$top/run/sock" \
		    prlimit --nofile="$nofile" \
		    --core="$(value "$unit" LimitCORE)" -- \
		    setpriv --bounding-set="$set" --inh-caps=-all \
		    --no-new-privs "${@:3}" "${line[@]}"
	) 2>"$top/log" >/dev/null </dev/null &
	broker=$!
}

# The service for everybody, which makes its socket itself.
whole() {
	unit=$top/viofsd@.service
	options=--socket-group=daemon
	fresh
	started "$unit" "$(value "$unit" CapabilityBoundingSet)"
	for _ in $(seq 100); do
		! grep -q ": serving" "$top/log" || break
		sleep 0.1
	done
	is "$(stat -c '%a %U:%G' "$top/run/test.sock")" "770 root:daemon" \
	    "a whole share: whom the socket is for"
	mv "$top/run/test.sock" "$top/run/sock"
	visit 0 1000
	is "$(ids dir0 dir0/file dir1000 dir1000/file | paste -sd,)" \
	    "dir0 0:0,dir0/file 0:0,dir1000 1000:1000,dir1000/file 1000:1000" \
	    "a whole share: files belong to who made them"
	is "$(grep -c "foreign 5:5 chmod 0 open 0 chown 0" "$top/out")" 1 \
	    "a whole share: the guest's root is root"
	ended "a whole share"
}

# A share that all may write to, with a file of somebody else's.
fresh() {
	rm -rf "$top/run"
	mkdir -m 0711 "$top/run"
	mkdir -m 1777 "$top/run/share"
	echo text >"$top/run/share/foreign"
	chown 5:5 "$top/run/share/foreign"
	: >"$top/log"
	: >"$top/out"
}

# visit ID...: the guest's users; it stays.
visit() {
	# Nobody else would end it.
	talk users "$@" || kill -TERM "$broker" 2>/dev/null || :
}

# everybody PID: it and all that come from it.
everybody() {
	local pid

	echo "$1"
	for pid in $(cat "/proc/$1/task/$1/children" 2>/dev/null); do
		everybody "$pid"
	done
}

# Whoever has a capability has it in a namespace, and no more will come.
powerless() {
	local pid bad=0 n=0 here

	here=$(readlink /proc/self/ns/user)
	for pid in $(everybody "$broker"); do
		n=$((n + 1))
		[ "$(field "$pid" NoNewPrivs)" = 1 ] || bad=$((bad + 1))
		[ "$(field "$pid" Seccomp)" = 2 ] || bad=$((bad + 1))
		if [ "$(readlink "/proc/$pid/ns/user")" = "$here" ]; then
			bad=$((bad + 1))
		fi
	done
	if [ "$bad" = 0 ] && [ "$n" -ge "$2" ]; then
		ok "$1: no process has a capability on the host"
	else
		not_ok "$1: no process has a capability on the host"
		echo "# $bad of $n"
	fi
}

range() {
	local caps pool

	caps=$(value "$unit" CapabilityBoundingSet)
	fresh
	started "$unit" "$caps"
	visit 41000 41099 41100
	is "$(grep -c ready "$top/out")" 1 "a range: it serves"
	is "$(ids dir41000 dir41000/file dir41099 dir41099/file | paste -sd,)" \
	    "dir41000 41000:41000,dir41000/file 41000:41000,dir41099 41099:41099,dir41099/file 41099:41099" \
	    "a range: files belong to its users"
	is "$(grep -c made "$top/out") $(grep ^41 "$top/out")" \
	    "2 41100 EPERM" "a range: a user outside of it makes nothing"
	is "$(grep foreign "$top/out" | paste -sd,)" \
	    "foreign 5:5 chmod EPERM open EACCES chown EINVAL,foreign 5:5 chmod EPERM open EACCES chown EINVAL,foreign EPERM" \
	    "a range: nobody has power over other files"
	pool=$(child "$broker" "viofsd: spawner pool 41000-41099")
	is "$(awk '{ print $1, $2, $3 }' "/proc/$pool/uid_map")" \
	    "41000 41000 100" "a range: the map of who has power in it"
	is "$(field "$broker" CapPrm) $(field "$broker" CapBnd)" \
	    "0000000000000020 0000000000000020" \
	    "a range: the broker may end the others"
	powerless "a range" 5
	ended "a range"
}

# Each of the capabilities is needed.
least() {
	local caps cap left other code

	caps=$(value "$unit" CapabilityBoundingSet)
	for cap in $caps; do
		left=
		for other in $caps; do
			[ "$other" = "$cap" ] || left="$left $other"
		done
		fresh
		code=0
		started "$unit" "$left"
		wait "$broker" || code=$?
		broker=
		is "$code" 1 "a range: not without $cap"
	done
}

# What the comment says of one user.
single() {
	is "$(value "$top/single" User) '$(value "$top/single" CapabilityBoundingSet)'" \
	    "alice ''" "one user: what the unit says"
	fresh
	chown 1:1 "$top/run/share"
	started "$top/single" "" --reuid 1 --regid 1 --clear-groups
	visit 1 0 2
	is "$(grep -c ready "$top/out")" 1 "one user: it serves"
	is "$(ids dir1 dir1/file dir0 | paste -sd,)" \
	    "dir1 1:1,dir1/file 1:1,dir0 1:1" "one user: files are his"
	is "$(grep -e made -e ^2 "$top/out" | paste -sd,)" \
	    "made 1:1 1:1,made 1:1 1:1,2 EPERM" "one user: nobody else"
	is "$(grep -c "foreign 65534:65534 chmod EPERM open EACCES chown EPERM" \
	    "$top/out")" 3 "one user: no power over other files"
	is "$(field "$broker" Uid)" "1 1 1 1" "one user: the broker is he"
	powerless "one user" 4
	ended "one user"
}

units
cp "${top_builddir:-.}/tests/sandbox/handed" "$top/bin"
analyze
range
least
single
whole
echo "1..$count"
[ "$failed" = 0 ]
