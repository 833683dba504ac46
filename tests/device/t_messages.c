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
 * How many messages an operation costs, counted by strace(1) on the
 * transport: READ and WRITE none at all, nor LOOKUP and chmod by root, which
 * go through the ring; what a user looks up for the first time and what is
 * opened comes back by the socket.
 */

#include "config.h"

#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/frontend/box.h"
#include "tests/frontend/tap.h"

#define MESSAGES_CNT	1000
#define MESSAGES_FEW	20
#define MESSAGES_LEN	4096

/* Calls of one trace. */
struct trace {
	pid_t strace;
	char path[128];
	unsigned int sent, received, reads, writes, other_writes;
};

static pid_t
messages_pid(struct box *b, const char *name)
{
	const struct proc_set *set = daemon_procs(&b->d);
	unsigned int i;

	for (i = 0; i < set->cnt; i++)
		if (strncmp(proc_name(set->pid[i]), name, strlen(name)) == 0)
			return set->pid[i];
	return -1;
}

/* Wait until every thread of pid is traced, or no longer is. */
static int
messages_traced(pid_t pid, int want)
{
	char path[64], line[256];
	int tries, tracer;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	for (tries = 0; tries < 1000; tries++) {
		tracer = 0;
		if ((f = fopen(path, "r")) == NULL)
			return 0;
		while (fgets(line, sizeof(line), f) != NULL)
			if (sscanf(line, "TracerPid: %d", &tracer) == 1)
				break;
		fclose(f);
		if ((tracer != 0) == want)
			return 1;
		usleep(10000);
	}
	return 0;
}

static int
trace_start(struct trace *t, const struct box *b, pid_t pid)
{
	char number[16];

	memset(t, 0, sizeof(*t));
	snprintf(t->path, sizeof(t->path), "%s/trace", b->d.top);
	snprintf(number, sizeof(number), "%d", pid);
	if ((t->strace = fork()) == 0) {
		execlp("strace", "strace", "-q", "-f", "-p", number, "-e",
		    "trace=sendmsg,recvmsg,preadv2,pwritev2,write,pwrite64,"
		    "copy_file_range", "-o", t->path, (char *)NULL);
		_exit(127);
	}
	if (!messages_traced(pid, 1))
		return 0;
	/* Threads are seized one after another. */
	usleep(300000);
	return 1;
}

static void
trace_line(struct trace *t, const char *line)
{
	if (strstr(line, "resumed") != NULL || strstr(line, "EAGAIN") != NULL)
		return;
	if (strstr(line, " sendmsg(") != NULL)
		t->sent++;
	else if (strstr(line, " recvmsg(") != NULL)
		t->received++;
	else if (strstr(line, " preadv2(") != NULL)
		t->reads++;
	else if (strstr(line, " pwritev2(") != NULL)
		t->writes++;
	/* Eight bytes are an eventfd: an interrupt or a wake-up. */
	else if (strstr(line, ", 8) ") == NULL &&
	    strstr(line, ", 8 <") == NULL)
		t->other_writes++;
}

static void
trace_stop(struct trace *t, pid_t pid)
{
	char line[1024];
	FILE *f;

	kill(t->strace, SIGINT);
	waitpid(t->strace, NULL, 0);
	messages_traced(pid, 0);
	if ((f = fopen(t->path, "r")) == NULL)
		tap_bail("no trace: %s", strerror(errno));
	while (fgets(line, sizeof(line), f) != NULL)
		if (strstr(line, " +++ ") == NULL &&
		    strstr(line, " --- ") == NULL)
			trace_line(t, line);
	fclose(f);
}

static void
messages_data(struct box *b, pid_t transport)
{
	static char buf[MESSAGES_LEN];
	struct fs_file file;
	struct trace t;
	unsigned int i, bad = 0;

	if (!tap_rc(fs_create(&b->fs, FUSE_ROOT_ID, "data", 0644, O_RDWR,
	    &file), 0, "create a file"))
		return;
	if (!tap_ok(trace_start(&t, b, transport), "trace the transport"))
		return;
	for (i = 0; i < MESSAGES_CNT; i++) {
		memset(buf, (int)i, sizeof(buf));
		bad += fs_write(&b->fs, &file, (uint64_t)i * sizeof(buf), buf,
		    sizeof(buf)) != (int)sizeof(buf);
	}
	for (i = 0; i < MESSAGES_CNT; i++)
		bad += fs_read(&b->fs, &file, (uint64_t)i * sizeof(buf), buf,
		    sizeof(buf)) != (int)sizeof(buf) ||
		    buf[0] != (char)i;
	trace_stop(&t, transport);
	tap_is(bad, 0, "%d WRITEs and READs are right", MESSAGES_CNT);
	tap_ok(t.reads >= MESSAGES_CNT, "they are preadv2: %u", t.reads);
	tap_ok(t.writes >= MESSAGES_CNT, "and pwritev2: %u", t.writes);
	tap_is(t.sent, 0, "no message to a worker");
	tap_is(t.received, 0, "none from a worker");
	tap_is(t.other_writes, 0, "no byte of them elsewhere");
	tap_rc(fs_release(&b->fs, &file), 0, "release");
}

static void
messages_lookup(struct box *b, pid_t transport, uint32_t uid)
{
	struct fuse_entry_out e;
	struct trace t;
	unsigned int i, bad = 0;

	fs_cred(&b->fs, uid, uid);
	tap_rc(fs_lookup(&b->fs, FUSE_ROOT_ID, "data", &e), 0, "lookup once");
	if (!tap_ok(trace_start(&t, b, transport), "trace the transport"))
		return;
	/* In a directory that changes, so that it is not read ahead. */
	for (i = 0; i < MESSAGES_CNT; i++)
		bad += utimensat(AT_FDCWD, box_host(b, "."), NULL, 0) == -1 ||
		    fs_lookup(&b->fs, FUSE_ROOT_ID, "data", &e) != 0;
	trace_stop(&t, transport);
	tap_is(bad, 0, "%d LOOKUPs are right", MESSAGES_CNT);
	/* That it cannot be read ahead has to be learnt. */
	tap_ok(t.sent <= 1, "their directory is not sent again: %u", t.sent);
	tap_ok(t.received <= MESSAGES_FEW, "few nodes come back to %u: %u",
	    uid, t.received);
	fs_cred(&b->fs, 0, 0);
}

/* Files that nobody has asked for: look at each, change it, open it. */
static void
messages_node(struct box *b, pid_t transport)
{
	struct fuse_entry_out e;
	struct fs_file file;
	struct trace t;
	unsigned int i, bad = 0;
	char name[32];

	if (!tap_ok(trace_start(&t, b, transport), "trace the transport"))
		return;
	for (i = 0; i < MESSAGES_CNT; i++) {
		snprintf(name, sizeof(name), "node%u", i);
		box_file(b, name, "x", 1);
		bad += fs_lookup(&b->fs, FUSE_ROOT_ID, name, &e) != 0 ||
		    fs_chmod(&b->fs, e.nodeid, 0600) != 0 ||
		    fs_fopen(&b->fs, e.nodeid, O_RDONLY, &file) != 0 ||
		    fs_release(&b->fs, &file) != 0;
	}
	trace_stop(&t, transport);
	tap_is(bad, 0, "%d nodes are opened", MESSAGES_CNT);
	tap_is(t.sent, 0, "no node is sent");
	tap_ok(t.received >= MESSAGES_CNT &&
	    t.received <= MESSAGES_CNT + MESSAGES_FEW,
	    "all that comes back is open: %u", t.received);
}

/* A small directory: one question, and no other about its end. */
static void
messages_list(struct box *b, pid_t transport)
{
	static uint8_t page[4096];
	struct fuse_entry_out e;
	struct fs_dirent d;
	struct fs_file dir;
	unsigned int i, bad = 0;
	struct trace t;
	uint64_t off;
	size_t pos;
	int len;

	fs_mkdir(&b->fs, FUSE_ROOT_ID, "small", 0755, &e);
	if (!tap_ok(trace_start(&t, b, transport), "trace the transport"))
		return;
	for (i = 0; i < MESSAGES_CNT; i++) {
		bad += fs_opendir(&b->fs, e.nodeid, &dir) != 0;
		len = fs_readdirplus(&b->fs, &dir, 0, page, sizeof(page));
		for (pos = off = 0; len > 0 && fs_nextent(page, (size_t)len,
		    &pos, true, &d) == 1;)
			off = d.off;
		bad += len <= 0 || fs_readdirplus(&b->fs, &dir, off, page,
		    sizeof(page)) != 0;
		bad += fs_releasedir(&b->fs, &dir) != 0;
	}
	trace_stop(&t, transport);
	tap_is(bad, 0, "%d directories are listed", MESSAGES_CNT);
	/* Some may be too old, where the machine is busy. */
	tap_ok(t.sent >= MESSAGES_CNT && t.sent < MESSAGES_CNT * 3 / 2,
	    "questions about them: %u", t.sent);
}

int
main(int argc, char **argv)
{
	static struct box b;
	struct box_opts o;
	pid_t transport;

	daemon_args(argc, argv);
	if (daemon_kind != DAEMON_OURS) {
		tap_skip("about viofsd's own processes", "messages");
		return tap_done();
	}
	if (access("/usr/bin/strace", X_OK) == -1) {
		tap_skip("strace is not installed", "messages");
		return tap_done();
	}
	memset(&o, 0, sizeof(o));
	if (box_start(&b, &o)) {
		transport = messages_pid(&b, "viofsd-transpor");
		if (tap_ok(transport != -1, "find the transport")) {
			messages_data(&b, transport);
			messages_lookup(&b, transport, 0);
			messages_lookup(&b, transport, 1000);
			messages_node(&b, transport);
			messages_list(&b, transport);
		}
	}
	box_close(&b);
	return tap_done();
}
