#!/bin/bash
# SPDX-License-Identifier: ISC
# --sandbox none where there can be no user namespace: what is served, by whom,
# what is refused, and that nobody gets it who could have the whole jail.
# Needs root.
set -eu

. "$(dirname "$0")/lib.sh"
sandbox_begin bare
if ! "$daemon" --print-security | grep -q '^Landlock: files.*yes$'; then
	skip_all "this kernel has no Landlock"
fi

# Three ways to have no user namespace.  User 1 where none may be made, by a
# limit that is set in a namespace around the daemon with all ids in it ...
cat >"$top/limited" <<'END'
#!/bin/sh
# Nothing is sent to the host's own limit: the file is the namespace's.
top=$(dirname "$0")
rm -f "$top/up" "$top/go"
mkfifo "$top/up" "$top/go"
(read -r pid <"$top/up"
 echo 0 0 4294967295 >"/proc/$pid/uid_map"
 echo 0 0 4294967295 >"/proc/$pid/gid_map"
 echo go >"$top/go") &
exec unshare -U --keep-caps sh -c 'top=$1; shift
echo $$ >"$top/up"
read -r go <"$top/go"
echo 0 >/proc/sys/user/max_user_namespaces
exec setpriv --reuid 1 --regid 1 --clear-groups --ambient-caps=-all \
    --inh-caps=-all "$@"' sh "$top" "$@"
END
# ... user 1 behind a container's filter ...
cat >"$top/filtered" <<END
#!/bin/sh
exec setpriv --reuid 1 --regid 1 --clear-groups --no-new-privs "$lacks" \
    clone3,unshare,setns,mount,open_tree,mount_setattr,fsopen,pivot_root "\$@"
END
# ... and root without a capability.
cat >"$top/weak" <<'END'
#!/bin/sh
exec setpriv --bounding-set=-all --inh-caps=-all "$@"
END
chmod 755 "$top/limited" "$top/filtered" "$top/weak"

# fresh OWNER: an empty share, but for a file of somebody else's.
fresh() {
	rm -rf "$top/run"
	mkdir -m 0777 "$top/run"
	mkdir -m 0755 "$top/run/share"
	echo text >"$top/run/share/foreign"
	chown 2:2 "$top/run/share/foreign"
	chmod 0644 "$top/run/share/foreign"
	chown "$1" "$top/run/share"
	: >"$top/log"
	: >"$top/out"
}

# serve_by WAY OPTIONS...
serve_by() {
	serve "$top/$1" "$daemon" "${@:2}"
}

# lives NAME PID ID: what is left of the jail.
lives() {
	is "$(field "$2" Uid) $(field "$2" Gid)" "$3 $3 $3 $3 $3 $3 $3 $3" \
	    "$1: the one user and group"
	is "$(field "$2" CapPrm) $(field "$2" CapEff) $(field "$2" CapInh)" \
	    "$none $none $none" "$1: no capability"
	is "$(field "$2" NoNewPrivs) $(field "$2" Seccomp)" "1 2" \
	    "$1: no new privileges, filtered"
	is "$(stat -c %u "/proc/$2/environ")" 0 "$1: not dumpable"
}

none=0000000000000000

all_live() {
	local name=$1 id=$2 spawner transport

	spawner=$(child "$broker" "viofsd: spawner")
	transport=$(child "$broker" "viofsd: transport")
	lives "$name: broker" "$broker" "$id"
	lives "$name: spawner" "$spawner" "$id"
	lives "$name: transport" "$transport" "$id"
	lives "$name: worker" "$(child "$spawner" "viofsd: worker")" "$id"
	is "$(grep -c "Landlock and filters stand alone" "$top/log")" 1 \
	    "$name: what is lost is said, once"
	# It would hide what the host mounts over a name.
	is "$(readlink "/proc/$transport/fd"/* | grep -c inotify)" 0 \
	    "$name: no name is known without asking"
}

as_user() {
	local way=$1

	fresh 1:1
	serve_by "$way" --sandbox none
	is "$(grep -c ready "$top/out")" 1 "$way: it serves"
	is "$(ids dir0 dir0/file | paste -sd,)" "dir0 1:1,dir0/file 1:1" \
	    "$way: files of the guest's root are the user's"
	is "$(grep -e made -e 1000 "$top/out" | paste -sd,)" \
	    "made 0:0 0:0,1000 EPERM" "$way: nobody else makes files"
	is "$(grep -e 70000 "$top/out")" "70000 mkdir EPERM lookup 0" \
	    "$way: others find what is there"
	is "$(grep foreign "$top/out")" \
	    "foreign 2:2 chmod EPERM open EACCES chown EPERM" \
	    "$way: no power over others' files"
	all_live "$way" 1
	ended "$way"
}

as_weak_root() {
	fresh 0:0
	serve_by weak --sandbox=none
	is "$(ids dir0 dir0/file | paste -sd,)" "dir0 0:0,dir0/file 0:0" \
	    "weak root: it serves"
	is "$(grep -e 1000 -e 70000 "$top/out" | paste -sd,)" \
	    "1000 EPERM,70000 mkdir EPERM lookup 0" "weak root: its one id"
	is "$(grep foreign "$top/out")" \
	    "foreign 2:2 chmod EPERM open EACCES chown EPERM" \
	    "weak root: no power over others' files"
	all_live "weak root" 0
	ended "weak root"
}

# Other users are all the one that there is, if that was asked for; a share
# that is read-only is so without a mount that says it.
options() {
	fresh 1:1
	serve_by limited --sandbox none --permissions host --squash-all 1:1
	is "$(ids dir0 dir1000 dir1000/file | paste -sd,)" \
	    "dir0 1:1,dir1000 1:1,dir1000/file 1:1" "squashed: all are one"
	ended "squashed"
	fresh 1:1
	mkdir "$top/run/share/dir"
	chown 1:1 "$top/run/share/dir"
	serve_by limited --sandbox none --permissions strict --squash-all 1:1
	is "$(ids dir0 dir1000/file | paste -sd,)" \
	    "dir0 1:1,dir1000/file 1:1" "strict: ways are walked"
	ended "strict"
	fresh 1:1
	serve_by limited --sandbox none --readonly
	is "$(ls "$top/run/share")" foreign "read-only: nothing is made"
	is "$(grep -c "EROFS" "$top/out")" 1 "read-only: the guest is told so"
	ended "read-only"
}

# Nobody is left when one of them dies, though no namespace ends them.
dies() {
	local spawner transport worker pid code=0

	fresh 1:1
	serve_by limited --sandbox none
	spawner=$(child "$broker" "viofsd: spawner")
	transport=$(child "$broker" "viofsd: transport")
	worker=$(child "$spawner" "viofsd: worker")
	kill -KILL "$broker"
	wait "$broker" || code=$?
	broker=
	exec 8>&-
	wait "$guest_pid" || :
	guest_pid=
	for _ in $(seq 100); do
		pid=$(for pid in "$spawner" "$transport" "$worker"; do
			[ ! -d "/proc/$pid" ] || echo "$pid"
		done)
		[ -n "$pid" ] || break
		sleep 0.1
	done
	is "$code $pid" "137 " "killed: the children end with the broker"
}

# refused NAME SAYS COMMAND...: one line and no socket.
refused() {
	local code=0 name=$1 says=$2

	shift 2
	fresh 1:1
	timeout 20 "$@" --socket-path "$top/run/sock" \
	    --shared-dir "$top/run/share" >"$top/log" 2>&1 </dev/null ||
	    code=$?
	is "$code $(grep -c "$says" "$top/log")" "1 1" "$name: refused"
	is "$(ls "$top/run")" share "$name: no socket is left"
}

refusals() {
	local opt

	refused "without the option" "no new user namespace" \
	    "$top/limited" "$daemon"
	refused "--sandbox chroot" "no new user namespace" \
	    "$top/limited" "$daemon" --sandbox chroot
	refused "without Landlock" "neither a user namespace nor Landlock" \
	    "$top/limited" "$lacks" landlock_create_ruleset "$daemon" \
	    --sandbox none
	for opt in --uid-map=:0:1:1: --gid-map=:0:1:1: --posix-acl; do
		refused "$opt" "no user namespace to be had" \
		    "$top/limited" "$daemon" --sandbox none "$opt"
	done
	refused "--inode-file-handles=mandatory" "CAP_DAC_READ_SEARCH" \
	    "$top/limited" "$daemon" --sandbox none \
	    --inode-file-handles=mandatory
	refused "--modcaps=+sys_admin" "started without" \
	    "$top/limited" "$daemon" --sandbox none --modcaps=+sys_admin
	refused "--guest-root caps" "started without" \
	    "$top/limited" "$daemon" --sandbox none --permissions host \
	    --guest-root caps:chown
}

# Who can have the whole jail has it, whatever the option says.
jailed() {
	local transport

	cat >"$top/user" <<-'END'
	#!/bin/sh
	exec setpriv --reuid 1 --regid 1 --clear-groups "$@"
	END
	chmod 755 "$top/user"
	fresh 1:1
	serve_by user --sandbox none
	transport=$(child "$broker" "viofsd: transport")
	is "$(ls -A "/proc/$transport/root/") $(field "$broker" CapPrm)" \
	    " 0000000000000020" "a user with namespaces: the whole jail"
	is "$(grep -c "Landlock and filters stand alone" "$top/log")" 0 \
	    "a user with namespaces: no warning"
	ended "a user with namespaces"
}

# cells ROW: the four columns behind the row that begins so.
cells() {
	awk -v row="$1" 'index($0, row) == 1 {
		print $(NF - 3), $(NF - 2), $(NF - 1), $NF
	}' "$top/out"
}

print_security() {
	local code=0

	: >"$top/log"
	"$top/limited" "$daemon" --sandbox none --print-security \
	    >"$top/out" 2>"$top/log" || code=$?
	is "$code" 0 "--print-security: nothing that is needed is missing"
	is "$(cells "mount namespace") $(cells "empty read-only root")" \
	    "no no no no no no no no" "--print-security: what is lost"
	is "$(cells "Landlock: files") $(cells "system call filter")" \
	    "yes yes yes yes yes yes yes yes" "--print-security: what stays"
	"$top/limited" "$lacks" landlock_create_ruleset "$daemon" \
	    --sandbox none --print-security >"$top/out" 2>"$top/log" ||
	    code=$?
	is "$code $(cells "Landlock: files")" \
	    "1 MISSING MISSING MISSING MISSING" \
	    "--print-security: Landlock is needed"
}

as_user limited
as_user filtered
as_weak_root
options
dies
refusals
jailed
print_security
echo "1..$count"
[ "$failed" = 0 ]
