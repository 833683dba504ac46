#!/bin/bash
# SPDX-License-Identifier: ISC
# Daemons in user namespaces: which ids files get on the host and show in the
# guest, and what keeps the processes within their range.  Needs root.
set -eu

restore=
. "$(dirname "$0")/lib.sh"
sandbox_also() {
	if [ -n "$restore" ]; then
		cat "$top/subuid" >/etc/subuid
		cat "$top/subgid" >/etc/subgid
	fi
}
sandbox_begin userns

# fresh MODE OWNER: an empty share.
fresh() {
	rm -rf "$top/run"
	mkdir -m 0777 "$top/run"
	mkdir -m "$1" "$top/run/share"
	echo text >"$top/run/share/foreign"
	chmod 0644 "$top/run/share/foreign"
	chown "$2" "$top/run/share"
	: >"$top/log"
	: >"$top/out"
	chmod 0666 "$top/log"
}

# inside NAME PID ID CAPS: lives in the namespace, as this user of the host.
inside() {
	is "$(field "$2" Uid)" "$3 $3 $3 $3" "$1: user of the host"
	is "$(field "$2" Gid)" "$3 $3 $3 $3" "$1: group of the host"
	is "$(field "$2" CapPrm) $(field "$2" CapBnd)" "$4 $4" \
	    "$1: capabilities"
	is "$(field "$2" NoNewPrivs) $(field "$2" Seccomp)" "1 2" \
	    "$1: no new privileges, filtered"
	is "$(awk '{ print $1, $2, $3 }' "/proc/$2/uid_map" | paste -sd,)" \
	    "$map" "$1: the map it lives in"
	is "$(ls -A "/proc/$2/root/")" "" "$1: its root is empty"
}

none=0000000000000000

# A map, given by root.  The transport is nobody inside.
as_root() {
	local spawner root user transport who=nobody

	! getent passwd _viofsd >/dev/null || who=_viofsd
	map="0 100000 65536"
	fresh 0777 100000:100000
	serve "$daemon" --uid-map :0:100000:65536: --gid-map ,0,100000,65536,
	is "$(grep -c ready "$top/out")" 1 "a map, as root: it serves"
	is "$(ids dir0 dir0/file dir1000 dir1000/file | paste -sd,)" \
	    "dir0 100000:100000,dir0/file 100000:100000,dir1000 101000:101000,dir1000/file 101000:101000" \
	    "files belong to the outer ids"
	is "$(grep made "$top/out" | paste -sd,)" "made 0:0 0:0,made 1000:1000 1000:1000" \
	    "the guest sees the inner ids"
	is "$(grep 70000 "$top/out")" "70000 mkdir EPERM lookup 0" \
	    "an id without a counterpart makes nothing"
	is "$(grep foreign "$top/out")" "foreign 65534:65534 chmod EPERM open EACCES chown EPERM" \
	    "root of the guest has no power over others' files"
	spawner=$(child "$broker" "viofsd: spawner")
	transport=$(child "$broker" "viofsd: transport")
	root=$(child "$spawner" "viofsd: worker root 0:0")
	user=$(child "$spawner" "viofsd: worker user 1000:1000")
	inside spawner "$spawner" 100000 00000000880001fb
	inside "root worker" "$root" 100000 000000008800001b
	inside "user worker" "$user" 101000 "$none"
	inside transport "$transport" "$(id -u "$who")" "$none"
	is "$(field "$broker" Uid) $(field "$broker" CapPrm)" \
	    "0 0 0 0 0000000000000024" "broker: outside, opens handles"
	ended "a map, as root"
}

# An ordinary user, who has one id: his own, as root of the guest.
as_user() {
	local spawner root transport

	map="0 1 1"
	fresh 0755 1:1
	serve setpriv --reuid 1 --regid 1 --clear-groups "$daemon"
	is "$(grep -c ready "$top/out")" 1 "as a user: it serves"
	is "$(ids dir0 dir0/file | paste -sd,)" "dir0 1:1,dir0/file 1:1" \
	    "as a user: files are his"
	is "$(grep -e made -e 1000 "$top/out" | paste -sd,)" \
	    "made 0:0 0:0,1000 EPERM" "as a user: nobody else makes files"
	is "$(grep 70000 "$top/out")" "70000 mkdir EPERM lookup 0" \
	    "as a user: others find what is there"
	spawner=$(child "$broker" "viofsd: spawner")
	transport=$(child "$broker" "viofsd: transport")
	root=$(child "$spawner" "viofsd: worker root 0:0")
	inside "as a user: spawner" "$spawner" 1 00000000880001fb
	inside "as a user: root worker" "$root" 1 000000008800001b
	inside "as a user: transport" "$transport" 1 "$none"
	inside "as a user: broker" "$broker" 1 0000000000000020
	is "$(grep -c "there is but one id" "$top/log")" 1 \
	    "as a user: what could not be kept apart is said"
	ended "as a user"
}

# The same with ids that the host gave him, as libvirt asks for them.
as_user_with_more() {
	local spawner root user transport name

	name=$(id -un 1)
	if ! command -v newuidmap >/dev/null; then
		count=$((count + 1))
		echo "ok $count - a user with a range # SKIP no newuidmap"
		return
	fi
	cp -p /etc/subuid /etc/subgid "$top"
	restore=1
	sed -i "/^$name:/d" /etc/subuid /etc/subgid
	fresh 0755 1:1
	serve setpriv --reuid 1 --regid 1 --clear-groups "$daemon" \
	    --uid-map=:0:1:1: --uid-map=:1:2300000:65536:
	is "$(grep -c "/etc/subuid" "$top/log") $(grep -c ready "$top/out")" \
	    "1 0" "a range that is not his is refused"
	exec 8>&-
	wait "$broker" "$guest_pid" || :
	broker=
	guest_pid=
	echo "$name:2300000:65536" | tee -a /etc/subuid >>/etc/subgid
	map="0 1 1,1 2300000 65536"
	fresh 0777 1:1
	serve setpriv --reuid 1 --regid 1 --clear-groups "$daemon" \
	    --uid-map=:0:1:1: --uid-map=:1:2300000:65536: \
	    --gid-map=:0:1:1: --gid-map=:1:2300000:65536:
	is "$(ids dir0 dir0/file dir1000 dir1000/file | paste -sd,)" \
	    "dir0 1:1,dir0/file 1:1,dir1000 2300999:2300999,dir1000/file 2300999:2300999" \
	    "a user with a range: files have its ids"
	is "$(grep 70000 "$top/out")" "70000 mkdir EPERM lookup 0" \
	    "a user with a range: no others"
	spawner=$(child "$broker" "viofsd: spawner")
	transport=$(child "$broker" "viofsd: transport")
	root=$(child "$spawner" "viofsd: worker root 0:0")
	user=$(child "$spawner" "viofsd: worker user 1000:1000")
	inside "range: root worker" "$root" 1 000000008800001b
	inside "range: user worker" "$user" 2300999 "$none"
	is "$(field "$transport" CapPrm)" "$none" "range: transport"
	case $(field "$transport" Uid) in
	23[0-9]*) ok "range: the transport is somebody else" ;;
	*)	not_ok "range: the transport is somebody else" ;;
	esac
	ended "a user with a range"
	range_pools
}

# Namespaces of pools within the one that a user has got.
range_pools() {
	local spawner

	fresh 0777 1:1
	serve setpriv --reuid 1 --regid 1 --clear-groups "$daemon" \
	    --uid-map=:0:1:1: --uid-map=:1:2300000:65536: \
	    --gid-map=:0:1:1: --gid-map=:1:2300000:65536: \
	    --pool 0-0 --pool 1-1000,userns
	is "$(ids dir1000 dir1000/file | paste -sd,)" \
	    "dir1000 2300999:2300999,dir1000/file 2300999:2300999" \
	    "pools of a user with a range: they serve"
	spawner=$(child "$broker" "viofsd: spawner pool 1-1000")
	is "$(awk '{ print $1, $2, $3 }' "/proc/$spawner/uid_map")" \
	    "1 2300000 1000" "pools of a user with a range: the map"
	is "$(field "$spawner" Uid) $(field "$spawner" CapPrm)" \
	    "1 1 1 1 00000000880001fb" \
	    "pools of a user with a range: who makes their workers"
	ended "pools of a user with a range"
	refused "pools of ids that a user has not got" \
	    "not all of these users exist here" \
	    setpriv --reuid 1 --regid 1 --clear-groups "$daemon" \
	    --uid-map=:0:1:1: --uid-map=:1:2300000:65536: \
	    --gid-map=:0:1:1: --gid-map=:1:2300000:65536: \
	    --pool 1-65537,userns --log-level error
}

# Root of a container that has nothing but a user namespace.
in_container() {
	fresh 0755 0:0
	serve unshare -Ur "$daemon"
	is "$(ids dir0 dir0/file foreign | paste -sd,)" \
	    "dir0 0:0,dir0/file 0:0,foreign 0:0" "in a container: it serves"
	is "$(grep -e 1000 -e 70000 "$top/out" | paste -sd,)" \
	    "1000 EPERM,70000 mkdir EPERM lookup 0" \
	    "in a container: its one id"
	is "$(grep -c "no file handles" "$top/log")" 1 \
	    "in a container: what cannot be had is said"
	ended "in a container"
	fresh 0755 0:0
	serve unshare -Ur "$daemon" --inode-file-handles=mandatory
	is "$(grep -c "cannot be shared by file handles" "$top/log")" 1 \
	    "in a container: what must be had is an error"
	exec 8>&-
	wait "$broker" "$guest_pid" || :
	broker=
	guest_pid=
}

# Root who may not mount, as containers start programs: everything lives in a
# user namespace with all the ids that there are.
as_weak_root() {
	local spawner root user who=nobody

	! getent passwd _viofsd >/dev/null || who=_viofsd
	map=$(awk '{ print $1, $1, $3 }' /proc/self/uid_map | paste -sd,)
	fresh 0777 0:0
	serve setpriv --bounding-set=-sys_admin --inh-caps=-all "$daemon"
	is "$(grep -c ready "$top/out")" 1 "root without SYS_ADMIN: it serves"
	is "$(ids dir0 dir0/file dir1000 dir1000/file | paste -sd,)" \
	    "dir0 0:0,dir0/file 0:0,dir1000 1000:1000,dir1000/file 1000:1000" \
	    "root without SYS_ADMIN: all ids"
	spawner=$(child "$broker" "viofsd: spawner")
	root=$(child "$spawner" "viofsd: worker root 0:0")
	user=$(child "$spawner" "viofsd: worker user 1000:1000")
	inside "weak root: broker" "$broker" 0 0000000000000020
	inside "weak root: spawner" "$spawner" 0 00000000880001fb
	inside "weak root: root worker" "$root" 0 000000008800001b
	inside "weak root: user worker" "$user" 1000 "$none"
	inside "weak root: transport" \
	    "$(child "$broker" "viofsd: transport")" "$(id -u "$who")" "$none"
	ended "root without SYS_ADMIN"
}

# refused NAME SAYS COMMAND...: no start, one line and no socket.
refused() {
	local code=0

	fresh 0777 0:0
	chmod 0777 "$top/run"
	timeout 20 "${@:3}" --socket-path "$top/run/sock" \
	    --shared-dir "$top/run/share" >"$top/log" 2>&1 </dev/null ||
	    code=$?
	is "$code $(wc -l <"$top/log") $(grep -c "$2" "$top/log")" "1 1 1" \
	    "$1: it does not start, and says why"
	is "$(ls "$top/run")" share "$1: no socket is left"
}

# The walls need namespaces: where none can be had, there is no service.
without_namespaces() {
	refused "no right to any namespace" "no new user namespace" \
	    unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_user_namespaces
	    exec setpriv --bounding-set=-sys_admin --inh-caps=-all "$@"' sh \
	    "$daemon"
	refused "root without a capability" "refuses the map" \
	    setpriv --bounding-set=-all --inh-caps=-all "$daemon"
}

# Nor do pools that are to be kept in one do without.
without_pools() {
	refused "a pool, where groups stay" "groups cannot be changed here" \
	    unshare -Ur "$daemon" --pool 0-0,userns \
	    --log-level error
	refused "a pool, without SETFCAP" "0-0,userns: the kernel refuses" \
	    setpriv --bounding-set=-setfcap --inh-caps=-all "$daemon" \
	    --pool 0-0,userns --log-level error
	refused "a pool, without namespaces" "no namespaces to be had" \
	    unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_user_namespaces
	    exec setpriv --bounding-set=-sys_admin --inh-caps=-all "$@"' sh \
	    "$daemon" --sandbox none --pool 0-0,userns --log-level error
	refused "a pool, in a namespace already" "not with --uid-map" \
	    "$daemon" --uid-map :0:100000:65536: --gid-map :0:100000:65536: \
	    --pool 1-9,userns --log-level error
}

as_root
as_weak_root
without_namespaces
without_pools
as_user
as_user_with_more
in_container
echo "1..$count"
[ "$failed" = 0 ]
