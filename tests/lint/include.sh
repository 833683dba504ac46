#!/bin/sh
# SPDX-License-Identifier: ISC
# A file's include list is the list of its powers: who may include what.
set -eu
. "$(dirname "$0")/lib.sh"

# Every include line as "FILE LINE HEADER", HEADER with its quotes.
include_list() {
	# shellcheck disable=SC2046
	lint_code $(lint_product) | sed -nE \
	    's/^([^:]*):([0-9]+):[ \t]*#[ \t]*include[ \t]*(["<][^">]*[">]).*/\1 \2 \3/p'
}

include_common() {
	include_list | awk '
	$1 ~ /^common\// &&
	    ($3 ~ /^"/ && $3 !~ /^"(\.\.\/common\/|config\.h|build_id\.h)/ ||
	    $3 ~ /^<(linux\/(fuse|virtio|vhost)|ev|event)/) {
		print $1 ":" $2 ": common/ may not know " $3
	}'
}

# Only its own folder, by bare names, and ../common/.
include_folder() {
	include_list | awk '
	$1 ~ /^(broker|transport|fsworker)\// && $3 ~ /^"/ &&
	    $3 !~ /^"\.\.\/common\/[^\/]*"$/ && $3 ~ /\// {
		print $1 ":" $2 ": " $3 " is another process'\''s"
	}'
}

# Headers that give power, and the files that have it.
include_powers() {
	cat <<-'END'
	<linux/fuse.h>		transport/fuse_proto\.h
	<linux/virtio_.*>	transport/vring[a-z_]*\.[ch]
	<linux/vhost.*>		transport/vu[a-z_]*\.[ch]
	<seccomp.h>		common/sandbox\.c
	<cap-ng.h>		common/(caps|jail)\.c|broker/spawn_child\.c
	<sys/capability.h>	none
	<sys/mman.h>		common/(frozen|mring)\.c|transport/gmem\.c|[a-z]*/sandbox_[a-z]*\.c
	<sys/mount.h>		broker/(probe|root|spawner|tree)\.c
	<sys/socket.h>		common/(chan|log|sandbox_fsworker)\.c|transport/(main|vu_msg|sandbox_tab)\.c|broker/(socket|sandbox_tab)\.c
	<linux/openat2.h>	fsworker/at\.c|broker/(probe|tree)\.c
	<sys/uio.h>		common/chan\.c|transport/[a-z_]*\.[ch]|fsworker/w_file\.c
	<pwd.h>			broker/(conf|groups)\.c
	<grp.h>			broker/(conf|groups|launch|main|spawn_child|userns)\.c|common/jail\.c
	<pthread.h>		common/log\.c|transport/(iopool\.c|vring\.[ch])
	<event.*>		broker/[a-z_]*\.c|transport/[a-z_]*\.[ch]
	<sha2.h>		common/seal\.c
	<sys/xattr.h>		fsworker/(w_)?xattr\.c|transport/op_xattr\.c
	<sys/ioctl.h>		fsworker/w_ioctl\.c|common/sandbox_fsworker\.c
	<sys/file.h>		broker/socket\.c|transport/op_(lock|open)\.c
	<linux/fs(crypt|verity)?.h>	fsworker/w_ioctl\.c|common/sandbox_fsworker\.c
	"../common/msg_file.h"	common/msg\.h
	"../common/seal.h"	common/seal\.c|broker/[a-z_]*\.c|fsworker/give\.c
	<sys/ptrace.h>		none
	<dlfcn.h>		none
	<assert.h>		none
	END
}

include_power() {
	include_powers >"$lint_tmp/powers"
	include_list | awk -v powers="$lint_tmp/powers" '
	BEGIN {
		while ((getline line < powers) > 0) {
			split(line, f, /[ \t]+/)
			header[++n] = "^" f[1] "$"
			files[n] = "^(" f[2] ")$"
		}
	}
	{
		for (i = 1; i <= n; i++)
			if ($3 ~ header[i] && $1 !~ files[i])
				print $1 ":" $2 ": " $3 " is not for this file"
	}'
}

# Without it a release cannot be built, and a build of the tree does not tell.
include_dist() {
	local f dirs="broker common fsworker transport tests"

	# The folders are words, and so are the fragments.
	# shellcheck disable=SC2046,SC2086
	for f in $(lint_files '*.h' $dirs); do
		grep -qwF "$f" $(lint_files '*.mk' $dirs) ||
		    echo "$f:1: no Makefile names this header"
	done
}

lint_rule include_common "common/ knows no process, no FUSE, no event loop" \
    include_common
lint_rule include_folder "a process includes itself and common/ alone" \
    include_folder
lint_rule include_power "powerful headers stay in the files named for them" \
    include_power
lint_rule include_dist "each header is part of a release" include_dist
lint_end
