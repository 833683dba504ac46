# SPDX-License-Identifier: ISC
# Sourced by bash scripts: a small QEMU guest that mounts what any
# vhost-user-fs daemon shares.
#
#   guest_image                 makes or finds kernel and initramfs
#   guest_boot SOCKET SCRIPT... runs scripts (busybox sh) in a guest; returns
#                               their status, 97 no mount, 98 time is over,
#                               99 the guest died
#   guest_shell SOCKET          root shell in the guest on this terminal
#   daemon_start LOG SOCKET COMMAND...   sets daemon_pid
#   daemon_end SECONDS          waits for its end; its status, 98 on time-out
#   guest_cleanup               for the EXIT trap: ends what was started here
#
# Settings: GUEST_MEM (MiB), GUEST_CPUS, GUEST_TIMEOUT (s), GUEST_MOUNT
# (options), GUEST_WORK (directory below the share for the scripts to work
# in), GUEST_PARTS (for work.sh), GUEST_ACCEL (kvm or tcg), GUEST_MORE (other
# shares for the guest to mount, TAG=SOCKET each).
# Callbacks: guest_line LINE for what the guest prints, guest_ask VERB
# ARGS... prints the one-line answer to a script's question.

guest_src=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
guest_cache=${XDG_CACHE_HOME:-/var/cache}/viofsd-guest
# shellcheck disable=SC2034 # for those who source this
guest_packages=(qemu-system-x86 busybox-static cpio gcc libc6-dev)
guest_pids=()
guest_tmp=
guest_tty=
guest_accel=${GUEST_ACCEL:-}
guest_kernel=
guest_initrd=
daemon_pid=

. "$guest_src/../tools/pkg.sh"

guest_line() {
	printf '%s\n' "$1"
}

guest_ask() {
	echo "unknown question"
}

# A directory for sockets, pipes and logs of this shell and its children.
guest_tmpdir() {
	if [ -z "$guest_tmp" ]; then
		guest_tmp=$(mktemp -d /tmp/viofsd-guest.XXXXXX)
	fi
}

guest_reaped() {
	local p left=()

	for p in "${guest_pids[@]}"; do
		if [ "$p" != "$1" ]; then
			left+=("$p")
		fi
	done
	guest_pids=("${left[@]}")
}

# Ends one process that was started here.
guest_kill() {
	kill -KILL "$1" 2>/dev/null || true
	wait "$1" 2>/dev/null || true
	guest_reaped "$1"
}

# The terminal as it was before a guest had it.
guest_tty_restore() {
	if [ -n "$guest_tty" ]; then
		stty "$guest_tty"
		guest_tty=
	fi
}

guest_cleanup() {
	local p

	trap '' INT TERM HUP
	for p in "${guest_pids[@]}"; do
		guest_kill "$p"
	done
	guest_tty_restore
	if [ -n "$guest_tmp" ]; then
		rm -rf "$guest_tmp"
		guest_tmp=
	fi
}

# guest_gone PID SECONDS: waits until a process that we started has ended.
guest_gone() {
	local end=$((SECONDS + $2))

	while kill -0 "$1" 2>/dev/null; do
		if [ "$SECONDS" -ge "$end" ]; then
			return 1
		fi
		sleep 0.05
	done
}

# --- kernel and initramfs ------------------------------------------------

# The versioned package that linux-image-cloud-amd64 stands for.
guest_kernel_package() {
	apt-cache depends linux-image-cloud-amd64 2>/dev/null |
	    awk '$1 == "Depends:" && $2 ~ /^linux-image-[0-9]/ { print $2; exit }'
}

# guest_unpack_module FILE DIR: as .ko, whatever it was packed with.
guest_unpack_module() {
	local name

	name=$(basename "$1")
	case $1 in
	*.xz)	xz -dc "$1" >"$2/${name%.xz}" ;;
	*.zst)	zstd -dcq "$1" >"$2/${name%.zst}" ;;
	*)	cp "$1" "$2/$name" ;;
	esac
}

# guest_add_module TREE OUT NAME: NAME after all that it depends on.
guest_add_module() {
	local file dep name=${3//-/_}

	if [ -n "$(find "$2" -name "[0-9]*-$name.ko")" ]; then
		return 0
	fi
	file=$(find "$1" -name "${name//_/[-_]}.ko*" | head -n 1)
	if [ -z "$file" ]; then
		grep -q "/${name//_/[-_]}.ko" "$1"/lib/modules/*/modules.builtin
		return
	fi
	guest_unpack_module "$file" "$2/raw"
	file=$(find "$2/raw" -name "${name//_/[-_]}.ko")
	for dep in $(tr '\0' '\n' <"$file" | sed -n 's/^depends=//p' |
	    tr ',' ' '); do
		guest_add_module "$1" "$2" "$dep" || return 1
	done
	mv "$file" "$2/$(find "$2" -name '[0-9]*-*.ko' |
	    wc -l | awk '{ printf "%02d", $1 }')-$name.ko"
}

# guest_fetch_kernel PACKAGE: downloads and unpacks it into the cache.
guest_fetch_kernel() {
	local work=$guest_cache/tmp.$$ m

	echo "fetching the guest kernel: $1"
	rm -rf "$work"
	mkdir -p "$work/tree" "$work/out/modules/raw" || return 1
	(cd "$work" && apt-get -q -o APT::Sandbox::User=root download "$1" \
	    >apt.log 2>&1) || { tail -n 5 "$work/apt.log" >&2; return 1; }
	dpkg-deb -x "$work"/linux-image-*.deb "$work/tree" || return 1
	cp "$work"/tree/boot/vmlinuz-* "$work/out/vmlinuz" || return 1
	if [ -n "$(find "$work/tree" -name '*.ko.zst' -print -quit)" ]; then
		pkg_need zstd || return 1
	elif [ -n "$(find "$work/tree" -name '*.ko.xz' -print -quit)" ]; then
		pkg_need xz-utils || return 1
	fi
	for m in virtio_pci virtiofs; do
		guest_add_module "$work/tree" "$work/out/modules" "$m" || return 1
	done
	rmdir "$work/out/modules/raw"
	rm -rf "${guest_cache:?}/$1"
	mv "$work/out" "$guest_cache/$1"
	rm -rf "$work"
}

guest_find_kernel() {
	local package

	package=$(guest_kernel_package)
	if [ -z "$package" ] && [ "$(id -u)" -eq 0 ]; then
		pkg_apt update || true
		package=$(guest_kernel_package)
	fi
	if [ -n "$package" ] && [ ! -d "$guest_cache/$package" ] &&
	    ! guest_fetch_kernel "$package" && pkg_apt update; then
		package=$(guest_kernel_package)
		guest_fetch_kernel "$package" || true
	fi
	if [ -z "$package" ] || [ ! -d "$guest_cache/$package" ]; then
		package=$(find "$guest_cache" -maxdepth 1 -name 'linux-image-*' \
		    -printf '%f\n' | sort -V | tail -n 1)
	fi
	if [ -z "$package" ]; then
		echo "no guest kernel to be had" >&2
		return 1
	fi
	guest_kernel=$guest_cache/$package/vmlinuz
}

# Everything in the initramfs but the scripts of one boot.
guest_make_initrd() {
	local root=$guest_cache/root.$$ t

	rm -rf "$root"
	mkdir -p "$root/bin" "$root/guest" "$root/modules"
	cp "$(command -v busybox)" "$root/bin/busybox"
	cp "$(dirname "$guest_kernel")"/modules/*.ko "$root/modules/"
	cp "$guest_src/init" "$root/init"
	chmod 755 "$root/init"
	cp "$guest_src/prelude.sh" "$guest_src/shell.sh" "$root/guest/"
	for t in guesttool guestbench guestmeta; do
		gcc -D_GNU_SOURCE -std=gnu17 -O2 -static \
		    -o "$root/bin/$t" "$guest_src/$t.c" || return 1
	done
	(cd "$root" && find . | LC_ALL=C sort |
	    cpio -o -H newc --quiet -R 0:0) >"$root.cpio" || return 1
	rm -rf "$root"
	# Another tree may be booting guests of its own at this time.
	find "$guest_cache" -maxdepth 1 -name 'initrd-*' -mmin +1440 -delete
	mv "$root.cpio" "$1"
}

guest_find_initrd() {
	local sum

	sum=$({ cat "$guest_src"/{init,prelude.sh,shell.sh} \
	    "$guest_src"/{guesttool,guestbench,guestmeta}.c "$(command -v busybox)"
	    echo "$guest_kernel"; } | sha256sum | cut -c 1-16)
	guest_initrd=$guest_cache/initrd-$sum
	if [ ! -f "$guest_initrd" ]; then
		guest_make_initrd "$guest_initrd"
	fi
}

# KVM only where a guest was seen to come up: a /dev/kvm may be there and
# still hang every guest.  The answer holds until the host boots again.
guest_find_accel() {
	local key file=$guest_cache/accel

	if [ -n "$guest_accel" ]; then
		return 0
	fi
	key="$(cat /proc/sys/kernel/random/boot_id) $(basename \
	    "$(dirname "$guest_kernel")")"
	if [ -f "$file" ] && grep -q "^$key " "$file"; then
		guest_accel=$(awk '{ print $3 }' "$file")
		return 0
	fi
	guest_accel=tcg
	if [ -w /dev/kvm ]; then
		if (guest_accel=kvm; guest_tmp=; guest_pids=()
		    trap guest_cleanup EXIT
		    GUEST_TIMEOUT=20 guest_boot "") >/dev/null 2>&1; then
			guest_accel=kvm
		fi
	fi
	echo "$key $guest_accel" >"$file"
}

guest_image() {
	local lock

	mkdir -p "$guest_cache"
	exec {lock}>"$guest_cache/lock"
	flock "$lock"
	guest_find_kernel && guest_find_initrd && guest_find_accel || {
		exec {lock}>&-
		return 1
	}
	exec {lock}>&-
}

# --- one run -------------------------------------------------------------

# guest_overlay DIR SHELL SCRIPT...: DIR/initrd with the files of this boot.
guest_overlay() {
	local dir=$1 shell=$2 n=10 v size

	shift 2
	mkdir -p "$dir/ov/guest/scripts"
	size=$(stty size 2>/dev/null </dev/tty || echo "24 80")
	{
		echo "GUEST_TAG='$guest_tag'"
		echo "GUEST_MOUNT='${GUEST_MOUNT:-rw}'"
		echo "GUEST_WORK='/mnt/${GUEST_WORK:-}'"
		echo "GUEST_SHELL='$shell'"
		echo "GUEST_ROWS=${size% *}"
		echo "GUEST_COLS=${size#* }"
		echo "GUEST_TERM='${TERM:-vt100}'"
		echo "export GUEST_PARTS='${GUEST_PARTS:-}'"
	} >"$dir/ov/guest/env"
	for v in "$@"; do
		cp "$v" "$dir/ov/guest/scripts/$n"
		n=$((n + 1))
	done
	(cd "$dir/ov" && find . | LC_ALL=C sort |
	    cpio -o -H newc --quiet -R 0:0) >"$dir/overlay"
	cat "$guest_initrd" "$dir/overlay" >"$dir/initrd"
}

# The QEMU command line for DIR and SOCKET ("" for a guest without a share).
guest_qemu_args() {
	local mem=${GUEST_MEM:-512} v

	guest_qemu=(qemu-system-x86_64 -nodefaults -no-user-config
	    -display none -nic none -no-reboot -machine q35
	    -smp "${GUEST_CPUS:-2}" -m "${mem}M"
	    -object "memory-backend-memfd,id=mem,size=${mem}M,share=on"
	    -numa node,memdev=mem
	    -kernel "$guest_kernel" -initrd "$1/initrd"
	    -chardev "pipe,id=line,path=$1/line" -serial chardev:line)
	if [ "$guest_accel" = kvm ]; then
		guest_qemu+=(-accel kvm -cpu host)
	else
		guest_qemu+=(-accel "tcg,thread=multi" -cpu Nehalem)
	fi
	if [ -n "$2" ]; then
		guest_qemu+=(-chardev "socket,id=fs,path=$2"
		    -device "vhost-user-fs-pci,queue-size=1024,chardev=fs,tag=$guest_tag")
	fi
	for v in ${GUEST_MORE:-}; do
		guest_qemu+=(-chardev "socket,id=${v%%=*},path=${v#*=}"
		    -device "vhost-user-fs-pci,queue-size=1024,chardev=${v%%=*},tag=${v%%=*}")
	done
}

# Answers one line of the guest; 1 when it was the last.
guest_take() {
	local words

	case $1 in
	@@exit\ *)
		guest_status=${1#@@exit }
		return 1
		;;
	@@ask\ *)
		read -r -a words <<<"${1#@@ask }"
		guest_ask "${words[@]}" >&"$guest_line_out" || true
		;;
	*)
		guest_line "$1"
		;;
	esac
}

# Reads the guest's line until it ends, dies or the time is over.
guest_listen() {
	local line part='' end=$((SECONDS + ${GUEST_TIMEOUT:-300}))

	guest_status=99
	while :; do
		if IFS= read -r -t 1 -u "$guest_line_in" line; then
			guest_take "$part${line%$'\r'}" || return 0
			part=
		elif ! kill -0 "$guest_qemu_pid" 2>/dev/null; then
			return 0
		else
			part+=$line
		fi
		if [ "$SECONDS" -ge "$end" ]; then
			guest_status=98
			return 0
		fi
	done
}

# guest_open SOCKET SHELL SCRIPT...: prepares guest_dir and the line.
guest_open() {
	local socket=$1 shell=$2

	shift 2
	guest_tmpdir
	guest_dir=$(mktemp -d "$guest_tmp/boot.XXXXXX")
	guest_tag=
	if [ -n "$socket" ]; then
		guest_tag=${GUEST_TAG:-share}
	fi
	guest_overlay "$guest_dir" "$shell" "$@"
	guest_qemu_args "$guest_dir" "$socket"
	mkfifo "$guest_dir/line.in" "$guest_dir/line.out"
	exec {guest_line_in}<>"$guest_dir/line.out"
	exec {guest_line_out}<>"$guest_dir/line.in"
}

guest_close() {
	exec {guest_line_in}>&- {guest_line_out}>&-
}

guest_boot() {
	local append='console=ttyS1 quiet loglevel=5 panic=-1 mitigations=off'

	guest_open "$1" '' "${@:2}"
	"${guest_qemu[@]}" -append "$append" \
	    -serial "file:$guest_dir/kernel.log" </dev/null \
	    >"$guest_dir/qemu.log" 2>&1 &
	guest_qemu_pid=$!
	guest_pids+=("$guest_qemu_pid")
	guest_listen
	if [ "$guest_status" -lt 98 ] && guest_gone "$guest_qemu_pid" 20; then
		wait "$guest_qemu_pid" || true
		guest_reaped "$guest_qemu_pid"
	else
		guest_kill "$guest_qemu_pid"
	fi
	guest_close
	if [ "$guest_status" -ge 97 ]; then
		echo "# the guest ended with status $guest_status" >&2
		tail -n 20 "$guest_dir/qemu.log" "$guest_dir/kernel.log" |
		    sed 's/^/# /' >&2
	fi
	return "$guest_status"
}

# The line of an interactive guest: questions only, the rest is kernel talk.
guest_shell_line() {
	guest_line() { printf '%s\n' "$1" >>"$guest_dir/kernel.log"; }
	guest_qemu_pid=$$	# the listener is ended by guest_shell
	GUEST_TIMEOUT=1000000000 guest_listen
}

guest_shell() {
	local append='console=ttyS0 quiet loglevel=3 panic=-1 mitigations=off'
	local listener

	guest_open "$1" yes
	guest_tty=$(stty -g)
	guest_shell_line &
	listener=$!
	guest_pids+=("$listener")
	"${guest_qemu[@]}" -append "$append" -serial mon:stdio <&0 &
	guest_qemu_pid=$!
	guest_pids+=("$guest_qemu_pid")
	wait "$guest_qemu_pid" || true
	guest_reaped "$guest_qemu_pid"
	guest_tty_restore
	guest_kill "$listener"
	guest_close
}

# --- the daemon ----------------------------------------------------------

daemon_start() {
	local log=$1 socket=$2 end=$((SECONDS + 10))

	shift 2
	rm -f "$socket"
	"$@" >>"$log" 2>&1 </dev/null &
	daemon_pid=$!
	guest_pids+=("$daemon_pid")
	while [ ! -S "$socket" ]; do
		if ! kill -0 "$daemon_pid" 2>/dev/null ||
		    [ "$SECONDS" -ge "$end" ]; then
			echo "the daemon did not come up: $*" >&2
			tail -n 20 "$log" >&2
			return 1
		fi
		sleep 0.05
	done
}

daemon_end() {
	local status=0

	if ! guest_gone "$daemon_pid" "$1"; then
		guest_kill "$daemon_pid"
		return 98
	fi
	wait "$daemon_pid" || status=$?
	guest_reaped "$daemon_pid"
	return "$status"
}
