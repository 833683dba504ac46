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
 * Knows: requests and events that no other device test makes, so that every
 * row of a filter is tried by something: attributes through an open file,
 * STATX that waits, rare ioctls, a stop and a signal.
 * Never: what those requests mean in detail (tests/device/).
 */

#include "config.h"

#include <sys/ioctl.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/fscrypt.h>
#include <linux/fsverity.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../frontend/box.h"
#include "../frontend/fs_more.h"
#include "../frontend/tap.h"

#define SELDOM_SYNC	0x2000	/* AT_STATX_FORCE_SYNC */
#define SELDOM_TRIES	200	/* of a twentieth of a second */

static void
seldom_setattr(struct box *b, const struct fs_file *f)
{
	struct fuse_setattr_in in = { .valid = FATTR_FH | FATTR_MODE |
	    FATTR_UID | FATTR_GID | FATTR_MTIME, .fh = f->fh, .mode = 0640,
	    .uid = 1001, .gid = 1002, .mtime = 1234567 };
	struct fuse_attr_out a;
	struct stat st;

	tap_rc(fs_setattr(&b->fs, f->node, &in, &a), 0,
	    "mode, owner and time through an open file");
	if (stat(box_host(b, "file"), &st) == -1)
		tap_bail("file: %s", strerror(errno));
	tap_is(st.st_mode & 07777, 0640, "mode");
	tap_is(st.st_uid, 1001, "user");
	tap_is(st.st_gid, 1002, "group");
	tap_is(st.st_mtime, 1234567, "time");
}

/* The kernel may have a call for it, or not. */
static void
seldom_mode(struct box *b, uint64_t node)
{
	struct fuse_setattr_in in = { .valid = FATTR_MODE, .mode = 0604 };
	struct fuse_attr_out a;
	struct stat st;

	tap_rc(fs_setattr(&b->fs, node, &in, &a), 0, "mode of a node");
	if (stat(box_host(b, "file"), &st) == -1)
		tap_bail("file: %s", strerror(errno));
	tap_is(st.st_mode & 07777, 0604, "it is that");
}

static void
seldom_statx(struct box *b, uint64_t node)
{
	struct {
		uint32_t getattr_flags, reserved;
		uint64_t fh;
		uint32_t sx_flags, sx_mask;
	} in = { 0, 0, 0, SELDOM_SYNC, 0xfff };
	struct fs_statx_out out;
	struct fs_args a = { .opcode = FS_STATX, .node = node, .arg = &in,
	    .arg_len = sizeof(in), .out = &out, .out_len = sizeof(out) };

	tap_rc(fs_call(&b->fs, &a), sizeof(out), "STATX that waits");
	tap_is(out.stat.size, 4, "its size");
}

/* The same answer as the host's own ioctl(2), which may be a refusal. */
static void
seldom_ioctl(struct box *b, const struct fs_file *f, const char *name,
    unsigned long cmd)
{
	uint64_t mine[64] = { 0 }, theirs[64] = { 0 };
	uint32_t len = _IOC_SIZE(cmd);
	struct fs_ioctl c = { .cmd = (uint32_t)cmd, .out = theirs,
	    .out_len = len, .in = mine, .in_len =
	    (_IOC_DIR(cmd) & _IOC_WRITE) != 0 ? len : 0 };
	int fd, want, got;

	if ((fd = open(box_host(b, "file"), O_RDONLY)) == -1)
		tap_bail("file: %s", strerror(errno));
	want = ioctl(fd, cmd, mine) == -1 ? -errno : 0;
	close(fd);
	memset(mine, 0, sizeof(mine));
	got = fs_ioctl(&b->fs, f, &c);
	tap_is(got > 0 ? 0 : got, want, "%s: as on the host", name);
}

/* Stopped, as proc(5) has it; a tracer's stops are as good. */
static bool
seldom_stopped(pid_t pid)
{
	char path[64], line[256];
	bool stopped = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	if ((f = fopen(path, "re")) == NULL)
		return false;
	while (fgets(line, sizeof(line), f) != NULL)
		stopped |= strncmp(line, "State:\tT", 8) == 0 ||
		    strncmp(line, "State:\tt", 8) == 0;
	fclose(f);
	return stopped;
}

/* A process that is stopped and goes on waits on. */
static void
seldom_stop(struct box *b)
{
	const struct proc_set *s = daemon_procs(&b->d);
	struct fuse_entry_out e;
	unsigned int i, tries;

	for (i = 0; i < s->cnt; i++)
		if (kill(s->pid[i], SIGSTOP) == -1)
			tap_bail("SIGSTOP: %s", strerror(errno));
	for (tries = 0; tries < SELDOM_TRIES; tries++) {
		usleep(50000);
		for (i = 0; i < s->cnt && seldom_stopped(s->pid[i]); i++)
			continue;
		if (i == s->cnt)
			break;
	}
	tap_ok(i == s->cnt, "all processes are stopped");
	for (i = 0; i < s->cnt; i++)
		kill(s->pid[i], SIGCONT);
	fs_cred(&b->fs, 4711, 4711);	/* a worker that is not there yet */
	tap_rc(fs_lookup(&b->fs, FUSE_ROOT_ID, "file", &e), 0,
	    "all processes were stopped, and go on");
}

static void
seldom_requests(struct box *b)
{
	struct fuse_entry_out e;
	struct fs_file f;

	box_file(b, "file", "text", 4);
	if (chown(box_host(b, "file"), 1000, 1000) == -1)
		tap_bail("chown: %s", strerror(errno));
	tap_rc(fs_lookup(&b->fs, FUSE_ROOT_ID, "file", &e), 0, "lookup");
	tap_rc(fs_fopen(&b->fs, e.nodeid, O_RDWR, &f), 0, "open");
	seldom_setattr(b, &f);
	seldom_mode(b, e.nodeid);
	seldom_statx(b, e.nodeid);
	seldom_ioctl(b, &f, "GETVERSION", FS_IOC_GETVERSION);
	seldom_ioctl(b, &f, "MEASURE_VERITY", FS_IOC_MEASURE_VERITY);
	seldom_ioctl(b, &f, "GET_ENCRYPTION_POLICY",
	    FS_IOC_GET_ENCRYPTION_POLICY);
	seldom_ioctl(b, &f, "GET_ENCRYPTION_POLICY_EX",
	    FS_IOC_GET_ENCRYPTION_POLICY_EX);
	tap_rc(fs_release(&b->fs, &f), 0, "release");
	seldom_stop(b);
}

int
main(int argc, char **argv)
{
	struct box_opts o = { .queues = 2 };
	struct box b;

	daemon_args(argc, argv);
	if (geteuid() != 0) {
		tap_skip("needs root", "seldom requests");
		return tap_done();
	}
	if (box_start(&b, &o)) {
		seldom_requests(&b);
		tap_is(kill(b.d.pid, SIGTERM), 0, "SIGTERM");
		tap_is(daemon_wait(&b.d, 10000), 0, "the daemon ends with 0");
	}
	box_close(&b);
	return tap_done();
}
