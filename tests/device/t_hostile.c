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
 * Hostile input on every level, and whether the daemon lives through it.
 * With HOSTILE_ONLY in the environment only the cases run that have this text
 * in their names.
 *
 * Knows: how one case is run and judged.
 * Never: what a case does (hostile_*.c).
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "hostile.h"

#define HOSTILE_MAX	1000

static struct hostile_case	 hostile_cases[HOSTILE_MAX];
static unsigned			 hostile_cnt, hostile_alive_cnt,
				 hostile_serving_cnt;

/* What must be the same after every case. */
static struct {
	struct proc_set	 procs;
	int		 fds;
	unsigned	 top, share, dir;	/* entries of directories */
	ino_t		 victim;
} hostile_base;

void
hostile_add(const char *name, hostile_run *run, enum hostile_keep keep,
    uint64_t arg0, uint64_t arg1)
{
	struct hostile_case	*c;

	if (hostile_cnt == HOSTILE_MAX)
		tap_bail("too many cases");
	c = &hostile_cases[hostile_cnt++];
	snprintf(c->name, sizeof(c->name), "%s", name);
	c->run = run;
	c->keep = keep;
	c->arg[0] = arg0;
	c->arg[1] = arg1;
}

static void
hostile_list(void)
{
	hostile_header_cases();
	hostile_name_cases();
	hostile_forget_cases();
	hostile_size_cases();
	hostile_value_cases();
	hostile_session_cases();
	hostile_ring_cases();
	hostile_chain_cases();
	hostile_race_cases();
	hostile_vring_cases();
	hostile_msg_cases();
	hostile_fd_cases();
	hostile_table_cases();
	if (getenv("HOSTILE_LONG") != NULL)
		hostile_long_cases();
}

static unsigned
hostile_entries(const char *path)
{
	unsigned	 cnt = 0;
	DIR		*d;

	d = opendir(path);
	while (d != NULL && readdir(d) != NULL)
		cnt++;
	if (d != NULL)
		closedir(d);
	return cnt;
}

static void
hostile_victim(struct box *b, char *path, size_t len)
{
	snprintf(path, len, "%s/victim", b->d.top);
}

static void
hostile_measure(struct hostile *h)
{
	struct box	*b = h->b;
	struct stat	 st;
	char		 victim[128];

	hostile_base.procs = *daemon_procs(&b->d);
	hostile_base.fds = proc_fds_all(&hostile_base.procs);
	hostile_base.top = hostile_entries(b->d.top);
	hostile_base.share = hostile_entries(b->d.share);
	hostile_base.dir = hostile_entries(box_host(b, "dir"));
	hostile_victim(b, victim, sizeof(victim));
	if (stat(victim, &st) == 0)
		hostile_base.victim = st.st_ino;
}

/* Bring a new daemon up on the share. */
static void
hostile_launch(struct hostile *h)
{
	struct box	*b = h->b;
	unsigned	 i;
	int		 err;

	daemon_stop(&b->d);
	for (i = 0; i < b->o.queues; i++)
		ring_reset(&b->q[i]);
	fs_reset(h->fs);
	hostile_fill(b);
	err = box_launch(b);
	if (err == 0)
		err = box_negotiate(b);
	if (err == 0)
		err = box_setup(b);
	if (err != 0)
		tap_bail("cannot start the daemon: %s", strerror(err));
	b->v.timeout = 3000;
	h->fs->timeout = daemon_kind == DAEMON_OURS ? 10000 : 2000;
	/* Twice, so that what is kept for good is there when we count. */
	if (fs_init(h->fs, NULL) < 0 || hostile_prepare(h) != 0 ||
	    hostile_fresh(h) != 0 || hostile_prepare(h) != 0 ||
	    hostile_fresh(h) != 0)
		tap_bail("a new daemon does not serve");
	hostile_measure(h);
}

static bool
hostile_living(struct hostile *h)
{
	pid_t	 dead;

	if (!daemon_alive(&h->b->d)) {
		tap_diag("the daemon is dead");
		return false;
	}
	if (!proc_all_alive(&hostile_base.procs, &dead)) {
		tap_diag("process %d is dead", (int)dead);
		return false;
	}
	return true;
}

static bool
hostile_entries_same(const char *path, const char *what, unsigned want)
{
	unsigned	 got = hostile_entries(path);

	if (got == want)
		return true;
	tap_diag("%s has %u entries, had %u", what, got, want);
	return false;
}

/* Nothing has come, gone or changed on the host. */
static bool
hostile_untouched(struct hostile *h)
{
	struct box	*b = h->b;
	struct stat	 st;
	char		 victim[128];
	bool		 same;

	same = hostile_entries_same(b->d.top, "the share's parent",
	    hostile_base.top);
	same &= hostile_entries_same(b->d.share, "the share",
	    hostile_base.share);
	same &= hostile_entries_same(box_host(b, "dir"), "dir",
	    hostile_base.dir);
	hostile_victim(b, victim, sizeof(victim));
	if (stat(victim, &st) == -1 || st.st_ino != hostile_base.victim ||
	    st.st_size != 6) {
		tap_diag("the file outside the share was touched");
		same = false;
	}
	if (stat(box_host(b, "dir/spare"), &st) == -1) {
		tap_diag("dir/spare is gone");
		same = false;
	}
	return same;
}

enum hostile_count { HOSTILE_SAME, HOSTILE_LEAK, HOSTILE_NEWPROC };

/* Descriptors are back to what they were, within two seconds. */
static enum hostile_count
hostile_counted(struct hostile *h)
{
	const struct timespec	 nap = { 0, 5000000 };
	const struct proc_set	*now;
	int			 fds, tries, max;

	if (hostile_fresh(h) != 0)
		return HOSTILE_LEAK;
	max = daemon_kind == DAEMON_OURS ? 400 : 10;
	for (tries = 0; tries < max; tries++) {
		now = daemon_procs(&h->b->d);
		fds = proc_fds_all(now);
		if (now->cnt == hostile_base.procs.cnt &&
		    fds <= hostile_base.fds)
			return HOSTILE_SAME;
		nanosleep(&nap, NULL);
	}
	if (now->cnt > hostile_base.procs.cnt)
		return HOSTILE_NEWPROC;
	tap_diag("%d open descriptors, %d before", fds, hostile_base.fds);
	return HOSTILE_LEAK;
}

struct hostile_verdict {
	bool	 answered, alive, serving, kept, counted, untouched;
};

static void
hostile_once(struct hostile *h, const struct hostile_case *c,
    struct hostile_verdict *v, enum hostile_count *count)
{
	int	 level;

	memset(v, 0, sizeof(*v));
	hostile_fill(h->b);
	if (hostile_prepare(h) != 0)
		tap_bail("before %s: the daemon does not serve", c->name);
	v->answered = c->run(h, c);
	level = hostile_recover(h, c->keep);
	v->alive = hostile_living(h);
	v->serving = level <= HOSTILE_CLOSE;
	v->kept = level <= (int)c->keep;
	v->untouched = hostile_untouched(h);
	*count = HOSTILE_LEAK;
	if (v->serving)
		*count = hostile_counted(h);
	v->counted = *count == HOSTILE_SAME;
}

static void
hostile_one(struct hostile *h, const struct hostile_case *c)
{
	static const char *const	 needs[] = {
		"nothing", "a reset", "a new connection" };
	struct hostile_verdict		 v;
	enum hostile_count		 count;
	int				 tries;

	/* A worker more makes the count useless: count again with it. */
	for (tries = 0; tries < 3; tries++) {
		hostile_once(h, c, &v, &count);
		if (count != HOSTILE_NEWPROC)
			break;
		hostile_measure(h);
	}
	if (v.serving && !v.kept)
		tap_diag("it needed more than %s to serve again",
		    needs[c->keep]);
	hostile_alive_cnt += v.alive;
	hostile_serving_cnt += v.serving;
	if (!tap_ok(v.answered && v.alive && v.kept && v.counted &&
	    v.untouched, "%s", c->name) && !daemon_summary)
		daemon_show_log(&h->b->d);
	if (!v.alive || !v.serving || !v.counted || !v.untouched)
		hostile_launch(h);
}

static void
hostile_start(struct hostile *h, struct box *b)
{
	const struct box_opts	 o = { .indirect = true };
	char			 path[128];
	int			 fd;

	memset(h, 0, sizeof(*h));
	h->b = b;
	h->fs = &b->fs;
	box_open(b, &o);
	hostile_victim(b, path, sizeof(path));
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd == -1 || write(fd, "victim", 6) != 6)
		tap_bail("%s: %s", path, strerror(errno));
	close(fd);
	h->tx = mem_alloc(&b->m, 0, 65536, 4096);
	h->rx = mem_alloc(&b->m, 0, 65536, 4096);
	h->table = mem_alloc(&b->m, 0, 65536, 4096);
	hostile_launch(h);
}

int
main(int argc, char **argv)
{
	struct hostile	 h;
	struct box	 b;
	const char	*only = getenv("HOSTILE_ONLY");
	unsigned	 i, cnt = 0;

	daemon_args(argc, argv);
	hostile_list();
	hostile_start(&h, &b);
	for (i = 0; i < hostile_cnt; i++) {
		if (only != NULL &&
		    strstr(hostile_cases[i].name, only) == NULL)
			continue;
		hostile_one(&h, &hostile_cases[i]);
		cnt++;
	}
	if (daemon_summary)
		printf("peer: %u cases, %u alive, %u serving afterwards\n",
		    cnt, hostile_alive_cnt, hostile_serving_cnt);
	/* The log of a failed case has been shown with it. */
	b.fails = tap_failed();
	box_close(&b);
	return tap_done();
}
