#!/bin/sh
# SPDX-License-Identifier: ISC
# What the linker would be asked for: a process that has no call to open(2)
# in its objects cannot open a file by mistake.
set -eu
. "$(dirname "$0")/lib.sh"

build=${top_builddir:-$lint_top}

# May not be wanted by the transport: no name of a file, no new socket, no
# process, no identity.
transport='(__)?open(at)?(64)?(_2)?|openat2|creat|f(re)?open(64)?|opendir|fdopendir|socket|socketpair|connect|bind|listen|exec[a-z]*|fexecve|posix_spawn[a-z]*|fork|vfork|clone[0-9]*|daemon|system|popen|set(res|re|e|fs)?[ug]id|setgroups|initgroups|(un)?link(at)?|symlink(at)?|readlink(at)?|rename(at2?)?|mk(dir|nod|fifo)(at)?|rmdir|remove|chmod|fchmodat|chown|lchown|fchownat|(f|l)?stat(at)?(64)?|statx|access|faccessat|truncate(64)?|utimensat|utimes?|chdir|fchdir|chroot|mount|umount2?|unshare|setns|kill|killpg|tgkill|pidfd_[a-z_]*|ptrace|memfd_create|shm_open|dlopen|getpw[a-z]*|getgr[a-z]*|getaddrinfo|syslog|openlog|popen|[fl]?[gs]etxattr|[fl]?listxattr|[fl]?removexattr|name_to_handle_at|open_by_handle_at|ioctl'
# May not be wanted by a worker: nobody to talk to, no process, no identity,
# no memory of another's.  For ioctl(2) and fchdir(2), and open_by_handle_at(2)
# of the broker, calls.sh names the one file.
fsworker='socket|socketpair|connect|bind|listen|accept4?|exec[a-z]*|fexecve|posix_spawn[a-z]*|fork|vfork|clone[0-9]*|daemon|system|popen|set(res|re|e|fs)?[ug]id|setgroups|initgroups|chdir|chroot|mount|umount2?|unshare|setns|kill|killpg|tgkill|pidfd_[a-z_]*|ptrace|mmap(64)?|mremap|shm_open|dlopen|getpw[a-z]*|getgr[a-z]*|getaddrinfo|syslog|openlog|f(re)?open(64)?|open(64)?|creat|opendir|event_[a-z_]*|pthread_create|open_by_handle_at'
# May not be wanted by the broker: it maps nothing and reads nobody's file.
broker='mmap(64)?|mremap|preadv?[0-9]*|pwritev[0-9]*|pthread_create|system|popen|dlopen|ptrace|process_vm_[a-z]*'

# symbols_wanted DIR REGEX: objects of DIR that want one of those.
symbols_wanted() {
	local o

	for o in "$1"/*.o; do
		nm -u "$o" | awk -v o="$o" -v re="^($2)\$" '
		$1 == "U" && $2 ~ re { print o ":1: wants " $2 }'
	done
}

# Raw system calls have no symbol: they are in the text.
symbols_raw() {
	# shellcheck disable=SC2046
	lint_code $(lint_product) | sed -nE \
	    's/^(([a-z]*)[^:]*:[0-9]+):.*[^A-Za-z0-9_]syscall\(([A-Za-z0-9_]*).*/\1 \2 \3/p' |
	    awk '
	$2 == "transport" && $3 !~ /^SYS_(fstat|getdents64)$/ ||
	    $2 == "fsworker" && $3 !~ /^SYS_(openat2|renameat2|faccessat2|fchmodat2)$/ {
		print $1 ": raw " $3
	}'
}

# symbols_rule DIR REGEX
symbols_rule() {
	local dir="$1" re="$2" o found=0 name="objects of $1"

	if ! command -v nm >/dev/null; then
		lint_skip "$name want no call that is not theirs" "no nm"
		lint_skip "$name: what is planted is caught" "no nm"
		return 0
	fi
	for o in "$build/$dir"/*.o; do
		[ ! -f "$o" ] || found=1
	done
	if [ "$found" -eq 0 ]; then
		lint_skip "$name want no call that is not theirs" "not built"
	else
		(cd "$build" && symbols_wanted "$dir" "$re") >"$lint_tmp/found"
		[ ! -s "$lint_tmp/found" ]
		lint_ok $? "$name want no call that is not theirs"
		sed 's/^/# /' "$lint_tmp/found"
	fi
	if ! command -v "${CC:-cc}" >/dev/null; then
		lint_skip "$name: what is planted is caught" "no compiler"
		return 0
	fi
	# One object that is bad and one that is not.
	mkdir -p "$lint_tmp/objects/$dir"
	rm -f "$lint_tmp/objects/$dir"/*
	for o in bad good; do
		${CC:-cc} -c -o "$lint_tmp/objects/$dir/$o.o" \
		    "$lint_planted/symbols/$dir/$o.c"
	done
	(cd "$lint_tmp/objects" && symbols_wanted "$dir" "$re") |
	    cut -d' ' -f3 | sort >"$lint_tmp/found"
	sed -n 's/.*PLANTED \([a-z0-9_]*\).*/\1/p' \
	    "$lint_planted/symbols/$dir/bad.c" | sort >"$lint_tmp/want"
	[ -s "$lint_tmp/want" ] && cmp -s "$lint_tmp/want" "$lint_tmp/found"
	lint_ok $? "$name: what is planted is caught, and only that"
}

set +e
symbols_rule transport "$transport"
symbols_rule fsworker "$fsworker"
symbols_rule broker "$broker"
lint_rule symbols_raw "raw system calls are the few that libc has not" \
    symbols_raw
lint_end
