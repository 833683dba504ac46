#!/bin/sh
# SPDX-License-Identifier: ISC
# The tables that say what a process may do and what it may be told.
set -eu
. "$(dirname "$0")/lib.sh"

# Every reason as "FILE LINE REASON".
tables_reasons() {
	local f

	for f in $(lint_files 'sandbox_*.c' broker common transport fsworker); do
		awk -v f="$f" '
		/^\tSB_[A-Z]+\(|\.reason = "/ && match($0, /"[^"]*"/) {
			print f, FNR, substr($0, RSTART + 1, RLENGTH - 2)
			open = 0
			next
		}
		/^\t(SB_[A-Z]+\(|\{ \.nr)/ { open = FNR; next }
		open && match($0, /"[^"]*"/) {
			print f, FNR, substr($0, RSTART + 1, RLENGTH - 2)
			open = 0
		}' "$f"
	done
}

# Where the files of a table's process are.
tables_folder() {
	case $1 in
	common/sandbox_fsworker.c)	echo fsworker ;;
	*)				dirname "$1" ;;
	esac
}

tables_reason() {
	local f line reason dir name

	tables_reasons | while read -r f line reason; do
		dir=$(tables_folder "$f")
		case $reason in
		libc:\ ?*|libcap-ng:\ ?*|[a-z]*.[ch]:\ ?*) ;;
		*)
			echo "$f:$line: the reason begins with no file"
			continue ;;
		esac
		for name in $(echo "$reason" | grep -oE '[a-z_]+\.[ch]:'); do
			[ -f "$dir/${name%:}" ] ||
			    [ -f "common/${name%:}" ] ||
			    echo "$f:$line: no file ${name%:}"
		done
	done
}

# What opens, creates or becomes something is in no table of the transport.
tables_transport() {
	[ ! -f transport/sandbox_tab.c ] ||
	    awk -v f=transport/sandbox_tab.c '
	/^\t(SB_|\{ \.nr)/ && match($0, /(\(|SYS_)[a-z0-9_]+/) {
		call = substr($0, RSTART, RLENGTH)
		sub(/\(|SYS_/, "", call)
		if (call ~ /^(open|openat2?|creat|socket|connect|bind|listen|stat|statx|newfstatat|access|faccessat2?|execveat|execve|fork|vfork|clone3?|unlink.*|rename.*|mk.*|link.*|symlink.*|readlink.*|chmod|chown|f?chmodat2?|f?chownat|set[a-z]*[ug]id|setgroups|capset|ptrace|process_.*|pidfd_.*|kill|mount.*|umount2|fs[a-z]*mount|unshare|setns|name_to_handle_at|open_.*|io_uring.*|bpf|ioctl|memfd_create|userfaultfd|[fl]?[gs]etxattr)$/)
			print f ":" FNR ": " call " is not for the transport"
	}' transport/sandbox_tab.c
}

# "LINE KIND VERB verb FROM TO" of each row of msg.def.
tables_rows() {
	[ ! -f common/msg.def ] || lint_code common/msg.def |
	    sed -nE 's/^[^:]*:([0-9]+):(RPC|MSG)\(([A-Z]+), ([a-z]+), [0-9]+, ([A-Z]+), ([A-Z]+),.*/\1 \2 \3 \4 \5 \6/p'
}

tables_party() {
	case $1 in
	BROKER)		lint_files '*.c' broker | grep -v /spawner ;;
	SPAWNER)	lint_files 'spawner*.c' broker ;;
	TRANSPORT)	lint_files '*.c' transport ;;
	FSWORKER)	lint_files '*.c' fsworker ;;
	esac
}

# tables_says PARTY REGEX: does its code say that?
tables_says() {
	# shellcheck disable=SC2046
	lint_code $(tables_party "$1") |
	    grep -qE "(^|[^A-Za-z0-9_])($2)([^A-Za-z0-9_]|\$)"
}

tables_message() {
	local line kind upper lower from to pre

	tables_rows | while read -r line kind upper lower from to; do
		pre=N
		[ "$kind" != RPC ] || pre=Q
		tables_says "$from" "${pre}_$upper" ||
		    echo "common/msg.def:$line: nobody sends ${pre}_$upper"
		tables_says "$to" "on_$lower|case ${pre}_$upper" ||
		    echo "common/msg.def:$line: nobody handles ${pre}_$upper"
	done
}

# A guest's request that writes is refused on a read-only share by its row.
tables_writes() {
	[ ! -f transport/fuse_tab.c ] || awk -v f=transport/fuse_tab.c '
	/^\tROW\(/ { row = ""; at = FNR }
	at { row = row $0 }
	at && /[ \t]op_[a-z_0-9]+\),/ {
		op = row
		sub(/^\tROW\(/, "", op)
		sub(/,.*/, "", op)
		writes = op ~ /^(SETATTR|SYMLINK|MKNOD|MKDIR|UNLINK|RMDIR|RENAME2?|LINK|WRITE|CREATE|FALLOCATE|COPY_FILE_RANGE(_64)?|SETXATTR|REMOVEXATTR|TMPFILE|SETUPMAPPING)$/
		has = row ~ /[ \t](W|W \|.*), *[ \t]*op_/
		if (writes != has)
			print f ":" at ": " op (writes ? " writes" : " does not write")
		at = 0
	}' transport/fuse_tab.c
}

lint_rule tables_reason "every allowed call has a reason with a file" \
    tables_reason
lint_rule tables_transport "no path and no process for the transport" \
    tables_transport
lint_rule tables_message "every message has a sender and a handler" \
    tables_message
lint_rule tables_writes "every opcode that writes says so" tables_writes
lint_end
