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
 * Knows: which process fails at what, one call at a time, and what must be
 * true afterwards.
 * Never: how a call is made to fail (inject.c).
 *
 * FAULT_POINTS is the number of places in each kind of process and of call at
 * which one fails, 0 is each of them; FAULT_ONLY is "worker memory", say.
 */

#include "config.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../frontend/tap.h"
#include "fault.h"
#include "inject.h"

#define FAULT_POINTS	4		/* by default */
#define FAULT_PATIENCE	700		/* tries of a tenth of a second */
#define FAULT_SHOWN	20
#define FAULT_MISSES	8	/* rounds in a row that were too short */

struct fault {
	struct box b;
	struct inject *sh;
	char file[64];
	int fds[INJECT_WORKER];		/* of those that stay, at rest */
	unsigned int points, begins;
	unsigned int injected, bad;	/* of the present line */
	unsigned int stillborn;
};

static const char *const role_names[] = {
	"broker", "transport", "spawner", "worker"
};

static void
fault_nap(void)
{
	const struct timespec ts = { 0, 100000000 };

	nanosleep(&ts, NULL);
}

/*
 * Every worker costs the broker its channel, and the transport a channel and
 * the two bells of its ring; the spawner keeps nothing.
 */
static int
fault_fds(const struct fault *f, int role)
{
	static const int each[INJECT_WORKER] = { 1, 3, 0 };

	return proc_fds_own(f->sh->pid[role]) -
	    each[role] * (int)f->sh->workers;
}

static bool
fault_served(struct fault *f)
{
	struct fuse_attr_out attr;
	struct fs *fs = &f->b.fs;
	bool good;

	fs_cred(fs, 1000, 1000);
	good = fs_getattr(fs, FUSE_ROOT_ID, &attr) >= 0 &&
	    fs_lookup(fs, FUSE_ROOT_ID, "file", NULL) >= 0;
	fs_cred(fs, 0, 0);
	return good && fs_lookup(fs, FUSE_ROOT_ID, "file", NULL) >= 0 &&
	    fs_destroy(fs) >= 0 && fs_init(fs, NULL) >= 0;
}

static bool
fault_alive(struct fault *f)
{
	return daemon_alive(&f->b.d) &&
	    proc_alive(f->sh->pid[INJECT_TRANSPORT]) &&
	    proc_alive(f->sh->pid[INJECT_SPAWNER]);
}

/* A pool that lost many workers in a minute pauses for the rest of it. */
static bool
fault_recovers(struct fault *f)
{
	int tries;

	for (tries = 0; tries < FAULT_PATIENCE; tries++) {
		if (!fault_alive(f))
			return false;
		if (fault_served(f))
			return true;
		fault_nap();
	}
	return false;
}

static bool
fault_rests(struct fault *f)
{
	int tries, role;

	for (tries = 0; tries < FAULT_PATIENCE; tries++) {
		for (role = 0; role < INJECT_WORKER; role++)
			if (fault_fds(f, role) > f->fds[role])
				break;
		if (role == INJECT_WORKER)
			return true;
		fault_nap();
	}
	tap_diag("%s: %d descriptors, had %d", role_names[role],
	    fault_fds(f, role), f->fds[role]);
	return false;
}

static void
fault_begin(struct fault *f)
{
	static const char *const more[] = { "--xattr", "--flock",
		"--posix-lock", NULL };
	struct box_opts o = { .daemon = { .more = more } };
	struct fault_round r;
	char work[256];
	int i;

	memset(f->sh, 0, sizeof(*f->sh));
	if (!box_start(&f->b, &o))
		tap_bail("no daemon");
	box_file(&f->b, "file", "text", 4);
	snprintf(work, sizeof(work), "%s/work", f->b.d.share);
	if (mkdir(work, 0777) == -1 || chmod(work, 0777) == -1)
		tap_bail("%s: %s", work, strerror(errno));
	f->b.fs.timeout = 20000;
	for (i = 0; i < 2; i++) {
		fault_script(&f->b, &r);
		if (r.silent > 0 || r.wrong > 0 || r.stale > 0 ||
		    !fault_served(f))
			tap_bail("no round works: %s", tap_rcname(r.first));
	}
	for (i = 0; i < INJECT_WORKER; i++)
		f->fds[i] = fault_fds(f, i);
	f->begins++;
}

static void
fault_show(struct fault *f, const struct fault_round *r)
{
	const struct inject *sh = f->sh;

	if (f->bad++ >= FAULT_SHOWN)
		return;
	tap_diag("%s, call %u: %s %d: %s", role_names[sh->role], sh->index,
	    sh->kind == INJECT_CALL ? "system call" : "allocator",
	    sh->hit_nr, strerror(sh->hit_err));
	if (sh->crashes > 0)
		tap_diag("the %s crashed by signal %u",
		    role_names[sh->crash_role], sh->crash_signal);
	if (r->silent > 0)
		tap_diag("%u requests were not answered: %s", r->silent,
		    tap_rcname(r->first));
	if (r->wrong > 0)
		tap_diag("%u files have the wrong owner", r->wrong);
	if (r->stale > 0)
		tap_diag("%u names are what they were", r->stale);
	if (!fault_alive(f)) {
		tap_diag("the service ended");
		daemon_show_log(&f->b.d);
	}
}

/*
 * A worker may fall at its start, by its filter too: libseccomp does not
 * notice each allocation that fails (56 bytes of a filter instead of 1992 were
 * seen, all of them kills), and sandbox_reserve(), which lets none fail that
 * it asks of the real malloc(3), is of no help against who makes malloc(3)
 * say no.  Such a worker has said nothing yet, and is replaced.
 */
static void
fault_allowed(struct fault *f)
{
	struct inject *sh = f->sh;

	if (sh->kind == INJECT_MEMORY && sh->hit_filter && sh->crashes == 1 &&
	    sh->crash_role == INJECT_WORKER && sh->crash_signal == SIGSYS) {
		sh->stillborn++;
		sh->crashes = 0;
	}
	f->stillborn += sh->stillborn;
	sh->stillborn = 0;
}

/* One call fails.  Returns 0 when there are not that many. */
static bool
fault_one(struct fault *f, unsigned int index)
{
	struct inject *sh = f->sh;
	struct fault_round r;
	bool good;

	sh->crashes = 0;
	sh->hit = sh->hit_filter = 0;
	sh->count = 0;
	sh->index = index;
	sh->armed = 1;
	fault_script(&f->b, &r);
	sh->armed = 0;
	f->injected += sh->hit;
	fault_allowed(f);
	good = sh->crashes == 0 && r.silent == 0 && r.wrong == 0 &&
	    r.stale == 0 && fault_recovers(f) && fault_rests(f) &&
	    sh->crashes == 0;
	if (good)
		return sh->hit;
	fault_show(f, &r);
	box_close(&f->b);
	fault_begin(f);
	return true;
}

static void
fault_list(struct fault *f, uint32_t role, uint32_t kind)
{
	struct inject *sh = f->sh;
	unsigned int index, step, total, misses = 0;

	f->injected = f->bad = f->stillborn = 0;
	sh->role = role;
	sh->kind = kind;
	fault_one(f, 0);
	total = sh->count;
	step = f->points == 0 || total <= f->points ? 1 :
	    total / f->points;
	for (index = 1; index <= total; index += step) {
		sh->role = role;
		sh->kind = kind;
		/* Two rounds do not make the same number of calls. */
		if (fault_one(f, index))
			misses = 0;
		else if (++misses == FAULT_MISSES)
			break;
	}
	if (f->stillborn > 0)
		tap_diag("%u workers fell at their start and were replaced",
		    f->stillborn);
	tap_ok(f->bad == 0, "%s: %u of %u %s failed once each",
	    role_names[role], f->injected, total,
	    kind == INJECT_CALL ? "system calls" : "allocations");
}

/* Only what FAULT_ONLY names, such as "worker memory". */
static bool
fault_wanted(uint32_t role, uint32_t kind)
{
	const char *only = getenv("FAULT_ONLY");

	return only == NULL || (strstr(only, role_names[role]) != NULL &&
	    strstr(only, kind == INJECT_CALL ? "call" : "memory") != NULL);
}

static void
fault_setup(struct fault *f)
{
	const char *points = getenv("FAULT_POINTS"), *build, *real;
	char path[256];
	int fd;

	f->points = points == NULL ? FAULT_POINTS :
	    (unsigned int)strtoul(points, NULL, 10);
	snprintf(f->file, sizeof(f->file), "/tmp/viofsd-inject.XXXXXX");
	if ((fd = mkstemp(f->file)) == -1 ||
	    ftruncate(fd, sizeof(*f->sh)) == -1)
		tap_bail("%s: %s", f->file, strerror(errno));
	f->sh = mmap(NULL, sizeof(*f->sh), PROT_READ | PROT_WRITE, MAP_SHARED,
	    fd, 0);
	if (f->sh == MAP_FAILED)
		tap_bail("mmap: %s", strerror(errno));
	close(fd);
	build = getenv("top_builddir");
	real = getenv("VIOFSD");
	setenv("INJECT_VIOFSD", real == NULL ? "./viofsd" : real, 1);
	setenv("INJECT_FILE", f->file, 1);
	snprintf(path, sizeof(path), "%s/tests/torture/inject",
	    build == NULL ? "." : build);
	setenv("VIOFSD", path, 1);
}

int
main(int argc, char **argv)
{
	static struct fault f;
	uint32_t role, kind;

	daemon_args(argc, argv);
	fault_setup(&f);
	fault_begin(&f);
	tap_ok(f.sh->points >= 3 * INJECT_POINTS,
	    "allocators are under watch");
	for (kind = 0; kind < INJECT_KIND_CNT; kind++)
		for (role = 0; role < INJECT_ROLE_CNT; role++)
			if (fault_wanted(role, kind))
				fault_list(&f, role, kind);
	unlink(f.file);
	box_close(&f.b);
	return tap_done();
}
