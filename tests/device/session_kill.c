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
 * Knows: what must go on when a process of the daemon, or a whole daemon, is
 * gone.
 * Never: how a daemon is built, but for the name of its workers.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "session.h"

#define SESSION_WORKER	"viofsd-fsworker"
#define SESSION_FLIGHT	16
#define SESSION_ROUNDS	40
#define SESSION_TRIES	3000	/* of a hundredth of a second */
#define SESSION_EVERY	5	/* a daemon may pause a pool that dies often */

/* Kill one of the workers, another one each time. */
static unsigned
session_shoot(struct box *b, unsigned round)
{
	struct proc_set	 s = *daemon_procs(&b->d);
	unsigned	 i, at;

	for (i = 0; i < s.cnt; i++) {
		at = (i + round) % s.cnt;
		if (strcmp(proc_name(s.pid[at]), SESSION_WORKER) == 0 &&
		    kill(s.pid[at], SIGKILL) == 0)
			return 1;
	}
	return 0;
}

/* A worker hangs in the kernel, as on a dead file server, or stops so. */
static bool
session_signal(struct box *b, int sig, struct proc_set *hit)
{
	struct proc_set	 s = *daemon_procs(&b->d);
	unsigned	 i;

	hit->cnt = 0;
	for (i = 0; i < s.cnt; i++)
		if (strcmp(proc_name(s.pid[i]), SESSION_WORKER) == 0 &&
		    kill(s.pid[i], sig) == 0)
			hit->pid[hit->cnt++] = s.pid[i];
	return hit->cnt > 0;
}

/* What is stopped does not end by itself: the spawner is told to kill it. */
static bool
session_killed(const struct proc_set *s)
{
	unsigned	 i, tries;

	for (i = tries = 0; i < s->cnt && tries < SESSION_TRIES; tries++) {
		while (i < s->cnt && !proc_alive(s->pid[i]))
			i++;
		usleep(10000);
	}
	return i == s->cnt;
}

/* Who stops the machine does not wait for ever: the guest gets EIO. */
static void
session_hang(void)
{
	const struct box_opts	 o = { .event_idx = true, .indirect = true };
	struct fs_args		 a = { .opcode = FUSE_MKDIR,
	    .node = FUSE_ROOT_ID,
	    .out_len = sizeof(struct fuse_entry_out) };
	struct {
		struct fuse_mkdir_in	 in;
		char			 name[8];
	}			 arg = { .in.mode = 0755, .name = "hang" };
	struct proc_set		 stopped;
	struct fs_ticket	 t[2];
	struct box		 b;
	uint32_t		 base;

	if (!box_start(&b, &o))
		goto out;
	session_works(&b, "hang: before");
	tap_ok(session_signal(&b, SIGSTOP, &stopped),
	    "hang: the worker is stopped");
	a.arg = &arg;
	a.arg_len = sizeof(arg.in) + sizeof("hang");
	fs_submit(&b.fs, &a, &t[0]);
	fs_submit(&b.fs, &a, &t[1]);
	b.v.timeout = 30000;
	tap_is(vhost_get_base(&b.v, 1, &base), 0, "hang: GET_VRING_BASE");
	tap_is((uint16_t)base, *(volatile uint16_t *)&b.q[1].used->idx,
	    "hang: all that was taken has been answered");
	tap_rc(fs_finish(&b.fs, &t[0], NULL, 0), -EIO, "hang: the first");
	tap_rc(fs_finish(&b.fs, &t[1], NULL, 0), -EIO, "hang: the second");
	tap_ok(session_killed(&stopped), "hang: the worker is killed");
	b.q[1].base = (uint16_t)base;
	tap_is(box_ring(&b, 1), 0, "hang: start again");
	session_works(&b, "hang: afterwards");
	tap_is(box_hangup(&b), 0, "hang: exit code at the end");
	tap_is(daemon_leftover(&b.d, 5000), 0, "hang: no process is left");
out:
	box_close(&b);
}

struct session_count {
	unsigned	 done, eio, bad, killed;
};

/* MKDIRs of two users in flight; now and then a worker is killed. */
static void
session_round(struct box *b, unsigned round, struct session_count *n)
{
	struct {
		struct fuse_mkdir_in	 in;
		char			 name[32];
	}			 arg;
	struct fs_args		 a = { .opcode = FUSE_MKDIR,
	    .node = FUSE_ROOT_ID, .arg = &arg,
	    .out_len = sizeof(struct fuse_entry_out) };
	struct fs_ticket	 t[SESSION_FLIGHT];
	unsigned		 i;
	int			 rc;

	for (i = 0; i < SESSION_FLIGHT; i++) {
		memset(&arg, 0, sizeof(arg));
		arg.in.mode = 0755;
		snprintf(arg.name, sizeof(arg.name), "kill%u-%u", round, i);
		a.arg_len = sizeof(arg.in) + strlen(arg.name) + 1;
		fs_cred(&b->fs, i % 2 == 0 ? 0 : 1000, 1000);
		n->bad += fs_submit(&b->fs, &a, &t[i]) != 0;
	}
	if (round % SESSION_EVERY == 0)
		n->killed += session_shoot(b, round);
	for (i = 0; i < SESSION_FLIGHT; i++) {
		rc = fs_finish(&b->fs, &t[i], NULL, 0);
		if (rc == (int)a.out_len) {
			n->done++;
		} else if (rc == -EIO || rc == -EEXIST) {
			n->eio++;	/* it was inside when it died */
		} else {
			tap_diag("round %u: %s", round, tap_rcname(rc));
			n->bad++;
		}
	}
	fs_cred(&b->fs, 0, 0);
}

/* A file that was open before is still good. */
static void
session_workers(void)
{
	const struct box_opts	 o = { .event_idx = true, .indirect = true };
	struct session_count	 n = { 0, 0, 0, 0 };
	struct fs_file		 f;
	struct box		 b;
	unsigned		 i;
	char			 buf[16];

	if (!box_start(&b, &o))
		goto out;
	chmod(b.d.share, 01777);
	fs_create(&b.fs, FUSE_ROOT_ID, "open", 0644, O_RDWR, &f);
	fs_write(&b.fs, &f, 0, "before", 6);
	for (i = 0; i < SESSION_ROUNDS; i++)
		session_round(&b, i, &n);
	tap_is(n.bad, 0, "killed workers: requests succeed or give EIO");
	tap_ok(n.killed > 0, "killed workers: %u of them", n.killed);
	/* A worker has one request at a time. */
	tap_ok(n.eio <= n.killed, "killed workers: %u requests done, %u EIO",
	    n.done, n.eio);
	tap_rc(fs_read(&b.fs, &f, 0, buf, 16), 6,
	    "killed workers: the open file is still open");
	tap_ok(memcmp(buf, "before", 6) == 0, "killed workers: its data");
	fs_release(&b.fs, &f);
	session_works(&b, "killed workers: afterwards");
	tap_is(box_hangup(&b), 0, "killed workers: exit code");
	tap_is(daemon_leftover(&b.d, 5000), 0,
	    "killed workers: no process is left");
out:
	box_close(&b);
}

/* Two devices at once; one daemon is killed, the other goes on. */
static void
session_two_at_once(struct box *a, struct box *b)
{
	unsigned	 i;
	bool		 good = true;

	for (i = 0; i < 100 && good; i++)
		good = fs_statfs(&a->fs, FUSE_ROOT_ID, NULL) >= 0 &&
		    fs_statfs(&b->fs, FUSE_ROOT_ID, NULL) >= 0;
	tap_ok(good, "two devices: 100 requests to each in turn");
	session_works(a, "two devices: the first");
	session_works(b, "two devices: the second");
	daemon_procs(&a->d);
	kill(a->d.pid, SIGKILL);
	tap_is(daemon_wait(&a->d, 5000), 128 + SIGKILL,
	    "two devices: the first daemon is killed");
	tap_is(daemon_leftover(&a->d, 10000), 0,
	    "two devices: nothing of it is left");
	session_works(b, "two devices: the other goes on");
	tap_is(box_hangup(b), 0, "two devices: exit code");
}

static void
session_pair(void)
{
	const struct box_opts	 o = { .event_idx = true };
	struct box		 a, b;

	if (box_start(&a, &o)) {
		if (box_start(&b, &o))
			session_two_at_once(&a, &b);
		box_close(&b);
	}
	box_close(&a);
}

void
session_kill(void)
{
	if (daemon_kind == DAEMON_OURS) {
		session_workers();
		session_hang();
	} else
		tap_skip("this daemon has no workers", "killed workers");
	session_pair();
}
