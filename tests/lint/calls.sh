#!/bin/sh
# SPDX-License-Identifier: ISC
# System calls that open, create, become or reach something: each has its
# files, and a call anywhere else is a mistake of design.
set -eu
. "$(dirname "$0")/lib.sh"

setup='broker/(helper|limit|main|probe|root|socket|spawn_child|tree|userns)[.]c'

calls_rights() {
	# shellcheck disable=SC2046
	lint_code $(lint_product) | grep -E \
	    'SCM_RIGHTS|[^A-Za-z0-9_](recvmsg|recvmmsg|sendmsg|sendmmsg)[ ]*\(' |
	    grep -vE '^(common/chan|transport/vu_msg)[.]c:' |
	    sed -E 's/^([^:]*:[0-9]+):.*/\1: descriptors travel elsewhere/'
}

# struct fuse_* and the rings belong to the transport.
calls_guest() {
	# shellcheck disable=SC2046
	lint_code $(lint_product) | grep -E \
	    'struct (fuse_(in|out|entry|attr|init|write|read)_?[a-z]*|vring_[a-z]+) ' |
	    grep -v '^transport/' |
	    sed -E 's/^([^:]*:[0-9]+):.*/\1: guest format outside transport\//'
}

# Above every handler in broker/: why it is harmless if the peer is hostile.
calls_harmless() {
	local f

	for f in $(lint_files 'on_*.c' broker); do
		awk -v f="$f" '
		/^\/\*/ { why = 0 }
		/Harmless: / { why = 1 }
		/^on_[a-z_]+\(.*struct chan_msg/ &&
		    !/^on_(transport|worker|spawner)\(/ {
			if (!why)
				print f ":" FNR ": no word why it is harmless"
		}
		/^}/ { why = 0 }' "$f"
	done
}

lint_rule calls_open "only at.c and set-up of the broker open files" \
    lint_only 'open|open64|openat|openat2|creat|fopen|freopen|opendir|fdopendir|open_by_handle_at' \
    "fsworker/at[.]c|$setup"
lint_rule calls_process "only spawner, launch and userns make processes" \
    lint_only 'fork|vfork|clone|clone3|posix_spawnp?|exec[lv]p?e?|execvpe|fexecve|execveat' \
    'broker/(launch|probe|spawner|spawn_child|userns)[.]c'
lint_rule calls_rights "descriptors travel through chan.c and vu_msg.c alone" \
    calls_rights
lint_rule calls_ids "ids change in the broker's start and its children alone" \
    lint_only 'set(re|res|e|fs)?[ug]id|setgroups|initgroups|capset|unshare|setns' \
    'broker/(launch|main|probe|root|spawner|spawn_child|userns)[.]c|common/jail[.]c'
lint_rule calls_mount "mounts are made in root, tree and spawner alone" \
    lint_only 'mount|umount2?|open_tree|move_mount|fsopen|fsmount|fsconfig|mount_setattr|chroot|pivot_root' \
    'broker/(probe|root|spawner|tree)[.]c'
lint_rule calls_socket "sockets are made in socket.c and chan.c alone" \
    lint_only 'socket|socketpair|connect|bind|listen' \
    'broker/socket[.]c|common/chan[.]c'
lint_rule calls_memory "memory is mapped in gmem.c and mring.c, frozen in frozen.c" \
    lint_only 'mmap|mmap64|mremap|mprotect|shmat|memfd_create' \
    'common/(frozen|mring)[.]c|transport/gmem[.]c'
lint_rule calls_signal "processes are killed by the broker alone" \
    lint_only 'kill|tgkill|tkill|killpg|sigqueue|pidfd_send_signal|ptrace' \
    'broker/(serve|spawner)[.]c'
lint_rule calls_raise "only a bug of ours ends its process by a signal" \
    lint_only "raise|abort|pthread_kill" "common/log[.]c"
lint_rule calls_name "names are given to the kernel by workers alone" \
    lint_only 'unlink|unlinkat|rename|renameat2?|mkdir|mkdirat|mknod|mknodat|link|linkat|symlink|symlinkat|readlink|readlinkat|chmod|fchmodat|chown|lchown|fchownat|utimensat|truncate|lstat|stat' \
    'fsworker/(at|make|w_attr|w_name)[.]c|broker/(socket|tree)[.]c'
lint_rule calls_handle "file handles are made in give.c, opened in tree.c" \
    lint_only 'name_to_handle_at|open_by_handle_at' \
    'fsworker/give[.]c|broker/tree[.]c'
lint_rule calls_xattr "extended attributes are reached through xattr.c alone" \
    lint_only '[fl]?(set|get|list|remove)xattr' 'fsworker/xattr[.]c'
lint_rule calls_ioctl "ioctls are made in w_ioctl.c alone" \
    lint_only 'ioctl' 'fsworker/w_ioctl[.]c'
lint_rule calls_access "the kernel is asked who may what in w_node.c alone" \
    lint_only 'access|faccessat2?|eaccess|euidaccess' 'fsworker/w_node[.]c'
lint_rule calls_lock "files are locked by socket.c and where the guest's locks are" \
    lint_only 'flock|lockf' 'broker/socket[.]c|transport/op_(lock|open)[.]c'
lint_rule calls_chdir "a working directory is set once, before any peer" \
    lint_only 'f?chdir' 'broker/root[.]c|fsworker/at[.]c'
lint_rule calls_guest "what a guest wrote is decoded in transport/ alone" \
    calls_guest
lint_rule calls_harmless "every handler of the broker says why it is harmless" \
    calls_harmless
lint_end
