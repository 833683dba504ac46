/*
 * Copyright (c) 2026 The viofsd authors
 *
 * Permission to use, copy, modify, and distribute this software for any
 * purpose with or without fee is hereby granted, provided that the above
 * copyright notice and this permission notice appear in all copies.
 *
 * THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES
 * WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF
 * MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR
 * ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES
 * WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN
 * ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF
 * OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.
 */

/*
 * Knows: the system calls of a worker, one row each, with the reason.
 * Never: how rows become a filter (sandbox.c).
 *
 * The filter cannot see into a struct open_how or a name.  What stands behind
 * it: an empty root, Landlock beneath the share, the user's own ids.
 */

#include "config.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include "../common/proc.h"
#include "../common/sandbox_fsworker.h"

#define NITEMS(a)	(sizeof(a) / sizeof((a)[0]))

/* A descriptor: not AT_FDCWD, not any other negative number. */
#define SB_FD(i)	SB_UPTO(i, INT_MAX)

static const struct sandbox_row fsworker_rows[] = {
	/* channels and log */
	SB_ARG(recvmsg, "chan.c: questions",
	    SB_IS(0, FSWORKER_FD_TRANSPORT), SB_IS(2, MSG_CMSG_CLOEXEC)),
	SB_ARG(sendmsg, "chan.c: answers",
	    SB_IS(0, FSWORKER_FD_TRANSPORT), SB_IS(2, MSG_NOSIGNAL)),
	SB_ARG(sendmsg, "main.c: WREADY",
	    SB_IS(0, PROC_FD_BROKER), SB_IS(2, MSG_NOSIGNAL)),
	SB_ARG(ppoll, "serve.c: wait while the transport fetches descriptors",
	    SB_IS(0, 0), SB_IS(1, 0)),
	SB_ARG(write, "log.c: one line", SB_IS(0, STDERR_FILENO)),
	SB_ALLOW(clock_gettime, "log.c: token buckets, where there is no vDSO"),
	SB_ALLOW(close, "fdbag.c: every descriptor is closed"),
	SB_ALLOW(exit_group, "main.c: the end"),

	/* finding and opening */
	SB_ARG(openat2, "at.c: one name beneath a directory", SB_FD(0),
	    SB_IS(3, 24)),
	SB_ARG(openat, "at.c: another open file of a descriptor",
	    SB_IS(0, PROC_FD_PROC)),
	SB_ARG(statx, "attr.c: attributes", SB_FD(0), SB_IS(2, AT_EMPTY_PATH)),
	SB_ARG(statx, "at.c: provenance", SB_FD(0),
	    SB_IS(2, AT_EMPTY_PATH | AT_STATX_DONT_SYNC)),

	/* names */
	SB_ARG(mknodat, "w_name.c: MKNOD", SB_FD(0)),
	SB_ARG(mkdirat, "w_name.c: MKDIR", SB_FD(0)),
	SB_ARG(symlinkat, "w_name.c: SYMLINK", SB_FD(1)),
	SB_ARG(linkat, "w_name.c: LINK", SB_IS(0, PROC_FD_PROC), SB_FD(2),
	    SB_IS(4, AT_SYMLINK_FOLLOW)),
	SB_ARG(unlinkat, "w_name.c: UNLINK", SB_FD(0), SB_IS(2, 0)),
	SB_ARG(unlinkat, "w_name.c: RMDIR", SB_FD(0), SB_IS(2, AT_REMOVEDIR)),
	SB_ARG(renameat2, "w_name.c: RENAME", SB_FD(0), SB_FD(2)),
	SB_ARG(readlinkat, "w_name.c: READLINK", SB_FD(0)),

	/* attributes */
	SB_ARG(fchmodat, "w_attr.c: mode", SB_IS(0, PROC_FD_PROC)),
	SB_ALLOW(fchmod, "w_attr.c: mode of an open file"),
	SB_ARG(fchownat, "w_attr.c: owner", SB_FD(0),
	    SB_IS(4, AT_EMPTY_PATH)),
	SB_ALLOW(fchown, "w_attr.c: owner of an open file"),
	SB_ALLOW(ftruncate, "w_attr.c: size"),
	SB_ARG(utimensat, "w_attr.c: times", SB_FD(0),
	    SB_IS(3, AT_EMPTY_PATH)),
	SB_ARG(utimensat, "w_attr.c: times of an open file", SB_FD(0),
	    SB_IS(1, 0), SB_IS(3, 0)),

	/* contents */
	SB_ARG(lseek, "w_list.c: cookie", SB_IS(2, SEEK_SET)),
	SB_ALLOW(getdents64, "w_list.c: READDIRPLUS"),
	SB_ALLOW(pwritev2, "w_file.c: WRITE"),
	SB_ALLOW(fallocate, "w_file.c: FALLOCATE"),
	SB_ARG(copy_file_range, "w_file.c: COPY", SB_IS(5, 0)),
	SB_ALLOW(syncfs, "w_file.c: SYNCFS"),
};

const struct sandbox_table sandbox_fsworker = {
	fsworker_rows, NITEMS(fsworker_rows),
};
