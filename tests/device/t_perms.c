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
 * What forged ids can do on a share whose host has the last word: nothing that
 * the host would not let a process with these ids do.  Seeded: PERMS_SEED
 * repeats a run, PERMS_COUNT makes a longer one (comparisons for each mode).
 *
 * Knows: which operations are tried, by whom; what counts as different.
 * Never: how they are done (perms_guest.c, perms_ref.c).
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <sys/mount.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "perms.h"

#define PERMS_COUNT	10000	/* comparisons, for host and for strict */
#define PERMS_SECONDS	14	/* enough, unless PERMS_COUNT is set */
#define PERMS_TREE	120	/* of them on one tree */
#define PERMS_SHOWN	20	/* differences that are printed */
#define PERMS_EACH	10000	/* comparisons with every operation in them */

const char *const perms_names[PERMS_KINDS] = {
	"lookup", "open", "create", "mkdir", "mknod", "symlink", "unlink",
	"rmdir", "rename", "link", "chmod", "chown", "truncate", "times",
	"readdir", "readlink", "getxattr", "setxattr", "removexattr",
	"listxattr", "access",
};

/* The host's users, and claims that no host would have. */
static const struct perms_who perms_who[] = {
	{ 2001, 3001, false, 2001, 3001, 2, { 3001, 3002 } },
	{ 2001, 3002, false, 2001, 3002, 2, { 3001, 3002 } },
	{ 2002, 3002, false, 2002, 3002, 2, { 3002, 3003 } },
	{ 2003, 3003, false, 2003, 3003, 1, { 3003 } },
	{ 2004, 3001, false, 2004, 3001, 3, { 3001, 3003, 3004 } },
	{ 2004, 3004, false, 2004, 3004, 3, { 3001, 3003, 3004 } },
	{ 2999, 2999, false, 2999, 2999, 0, { 0 } },
	{ 0, 0, false, 65534, 65534, 0, { 0 } },
	{ 0, 3001, false, 65534, 65534, 0, { 0 } },
	{ 2001, 3003, true, 0, 0, 0, { 0 } },
	{ 2003, 0, true, 0, 0, 0, { 0 } },
	{ 2999, 3001, true, 0, 0, 0, { 0 } },
	{ 2002, 42, true, 0, 0, 0, { 0 } },
};
#define PERMS_WHO_CNT	(sizeof(perms_who) / sizeof(perms_who[0]))
#define PERMS_HONEST	9	/* the first of them */

static const char perms_passwd[] =
    "root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n"
    "u1:x:2001:3001::/:/bin/sh\nu2:x:2002:3002::/:/bin/sh\n"
    "u3:x:2003:3003::/:/bin/sh\nu4:x:2004:3001::/:/bin/sh\n";
static const char perms_group[] =
    "root:x:0:\nnogroup:x:65534:\nshadow:x:42:\ng1:x:3001:\n"
    "g2:x:3002:u1\ng3:x:3003:u2,u4\ng4:x:3004:u4\n";

static struct perms_tree	 perms_tree;
static uint64_t			 perms_done, perms_equal, perms_tried;
static unsigned			 perms_bad;
static bool			 perms_timed = true;
static unsigned			 perms_ok_cnt[PERMS_KINDS];

/* A file in the way of another, for us and the daemon alone. */
static void
perms_cover(const char *path, const char *text)
{
	char	 tmp[] = "/tmp/viofsd-perms-XXXXXX";
	int	 fd = mkstemp(tmp);

	if (fd == -1 || write(fd, text, strlen(text)) == -1 ||
	    fchmod(fd, 0644) == -1 ||
	    mount(tmp, path, NULL, MS_BIND, NULL) == -1)
		tap_bail("%s: %s", path, strerror(errno));
	close(fd);
	unlink(tmp);
}

static void
perms_users(void)
{
	if (unshare(CLONE_NEWNS) == -1 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1)
		tap_bail("a mount namespace: %s", strerror(errno));
	perms_cover("/etc/passwd", perms_passwd);
	perms_cover("/etc/group", perms_group);
}

/* Cut a path into its directory and its name. */
static void
perms_split(const char *path, char dir[PERMS_PATH], char name[32])
{
	const char	*slash = strrchr(path, '/');

	snprintf(dir, PERMS_PATH, "%.*s", slash == NULL ? 0 :
	    (int)(slash - path), path);
	snprintf(name, 32, "%.31s", slash == NULL ? path : slash + 1);
}

static const struct perms_obj *
perms_any(const struct perms_tree *t)
{
	return &t->obj[perms_rand(t->cnt)];
}

/* Some directory, the root among them. */
static void
perms_any_dir(const struct perms_tree *t, char dir[PERMS_PATH])
{
	const struct perms_obj	*o;
	unsigned		 i;

	dir[0] = '\0';
	for (i = 0; i < 6; i++) {
		o = perms_any(t);
		if (S_ISDIR(o->mode) && perms_rand(8) != 0) {
			snprintf(dir, PERMS_PATH, "%s", o->path);
			return;
		}
	}
}

/* A name that is new, or now and then one that is there. */
static void
perms_new_name(const struct perms_tree *t, char dir[PERMS_PATH],
    char name[32])
{
	static unsigned	 nth;

	if (perms_rand(4) == 0)
		perms_split(perms_any(t)->path, dir, name);
	else {
		perms_any_dir(t, dir);
		snprintf(name, 32, "n%u", nth++ % 1000);
	}
}

static void
perms_xattr_args(struct perms_op *op)
{
	static const char *const names[] = { "user.x", "user.y",
	    "system.posix_acl_access", "system.posix_acl_default",
	    "trusted.x", "security.capability" };

	snprintf(op->name, sizeof(op->name), "%s",
	    names[perms_rand(op->kind == PERMS_SETXATTR ? 2 : 6)]);
	snprintf(op->name2, sizeof(op->name2), "v%u", perms_rand(100));
	op->a = op->kind == PERMS_SETXATTR ? perms_rand(3) : 0;
}

/* The numbers of an operation on an object. */
static void
perms_args(struct perms_op *op)
{
	static const uint32_t	 flags[] = { O_RDONLY, O_RDONLY, O_WRONLY,
				    O_RDWR, O_WRONLY | O_TRUNC };

	switch (op->kind) {
	case PERMS_OPEN:
		op->a = PERMS_PICK(flags);
		break;
	case PERMS_CHMOD:
		op->a = perms_rand(3) == 0 ? perms_rand(010000) :
		    perms_rand(01000);
		break;
	case PERMS_CHOWN:
		op->a = perms_rand(2) ? PERMS_PICK(perms_uids) : UINT32_MAX;
		op->b = perms_rand(4) ? PERMS_PICK(perms_gids) : UINT32_MAX;
		if (op->a == UINT32_MAX && op->b == UINT32_MAX)
			op->a = 2001;
		break;
	case PERMS_TRUNCATE:
		op->a = perms_rand(64);
		break;
	case PERMS_TIMES:
		op->a = perms_rand(2);
		break;
	case PERMS_ACCESS:
		op->a = perms_rand(8);
		break;
	default:
		perms_xattr_args(op);
		break;
	}
}

/* An operation that could be one; false if this object is not for it. */
static bool
perms_choose(const struct perms_tree *t, struct perms_op *op)
{
	const struct perms_obj	*o = perms_any(t);

	memset(op, 0, sizeof(*op));
	op->kind = perms_rand(PERMS_KINDS);
	snprintf(op->path, PERMS_PATH, "%s", o->path);
	switch (op->kind) {
	case PERMS_LOOKUP:
	case PERMS_UNLINK:
	case PERMS_RMDIR:
		perms_split(o->path, op->path, op->name);
		return true;
	case PERMS_CREATE:
		op->b = perms_rand(2) ? O_RDWR : O_WRONLY;
		op->b |= perms_rand(2) ? O_EXCL : 0;
		/* FALLTHROUGH */
	case PERMS_MKDIR:
	case PERMS_MKNOD:
	case PERMS_SYMLINK:
		perms_new_name(t, op->path, op->name);
		op->a = perms_rand(op->kind == PERMS_CREATE ? 010000 : 02000);
		if (op->kind == PERMS_MKNOD)
			op->a |= perms_rand(2) ? S_IFIFO : S_IFREG;
		return true;
	case PERMS_RENAME:
		perms_split(o->path, op->path, op->name);
		perms_new_name(t, op->path2, op->name2);
		op->a = perms_rand(3);	/* nothing, NOREPLACE, EXCHANGE */
		return true;
	case PERMS_LINK:
		perms_new_name(t, op->path2, op->name2);
		return true;
	case PERMS_READDIR:
		return S_ISDIR(o->mode);
	case PERMS_READLINK:
		return S_ISLNK(o->mode);
	case PERMS_OPEN:
	case PERMS_TRUNCATE:
		perms_args(op);
		return S_ISREG(o->mode);
	default:
		perms_args(op);
		return !S_ISLNK(o->mode);
	}
}

static bool
perms_changes(const struct perms_op *op)
{
	return op->kind != PERMS_LOOKUP && op->kind != PERMS_READDIR &&
	    op->kind != PERMS_READLINK && op->kind != PERMS_GETXATTR &&
	    op->kind != PERMS_LISTXATTR && op->kind != PERMS_ACCESS;
}

static void
perms_differ(const struct perms_who *w, const struct perms_op *op,
    const struct perms_result *guest, const struct perms_result *host,
    const char *what)
{
	if (perms_bad++ >= PERMS_SHOWN)
		return;
	tap_diag("%s: %u:%u %s '%s' '%s' '%s' '%s' %#o %#o: share %s, host %s",
	    what, w->uid, w->gid, perms_names[op->kind], op->path, op->name,
	    op->path2, op->name2, op->a, op->b,
	    guest->err ? strerrorname_np(guest->err) : "ok",
	    host->err ? strerrorname_np(host->err) : "ok");
}

/* The same on both sides; false if the trees must be planted anew. */
static bool
perms_compare(struct box *b, bool walk, const struct perms_who *w,
    const struct perms_op *op)
{
	struct perms_result	 guest, host = { .err = EPERM };

	if (!perms_guest(&b->fs, w, op, &guest))
		return true;
	if (!w->forged)
		perms_host(w, op, walk, &host);
	perms_done++;
	perms_equal += guest.err == host.err;
	if ((guest.err == 0) != (host.err == 0)) {
		perms_differ(w, op, &guest, &host, guest.err == 0 ?
		    "more than the host allows" :
		    "less than the host allows");
		return false;
	}
	if (guest.err != 0)
		return true;
	perms_ok_cnt[op->kind]++;
	if (guest.sum != host.sum) {
		perms_differ(w, op, &guest, &host, "read differently");
		return false;
	}
	if (!perms_changes(op))
		return true;
	perms_scan(&perms_tree);
	if (!perms_same(&perms_tree, false)) {
		perms_differ(w, op, &guest, &host, "left different trees");
		return false;
	}
	if (op->kind == PERMS_RENAME || op->kind == PERMS_UNLINK ||
	    op->kind == PERMS_RMDIR || op->kind == PERMS_LINK ||
	    perms_tree.cnt > 60)
		perms_guest_forget(&b->fs);
	return perms_tree.cnt > 4 && perms_tree.cnt < 60;
}

static void
perms_run(struct box *b, bool walk, uint64_t count)
{
	const struct perms_who	*w;
	struct perms_op		 op;
	uint64_t		 end = perms_done + count, next = 0;
	time_t			 stop = time(NULL) + PERMS_SECONDS;
	bool			 fresh = false;

	while (perms_done < end && !(perms_timed && time(NULL) > stop)) {
		if (!fresh || perms_done >= next) {
			if (fresh && !perms_same(&perms_tree, true))
				perms_bad++;
			perms_guest_forget(&b->fs);
			perms_plant(&perms_tree);
			next = perms_done + PERMS_TREE;
			fresh = true;
		}
		w = &perms_who[perms_rand(12) == 0 ?
		    perms_rand(PERMS_WHO_CNT) : perms_rand(PERMS_HONEST)];
		perms_tried++;
		if (perms_choose(&perms_tree, &op))
			fresh = perms_compare(b, walk, w, &op);
		if (perms_bad > PERMS_SHOWN)
			break;
	}
}

static void
perms_mode(const char *mode, bool walk, uint64_t count)
{
	const char *const	 more[] = { "--permissions", mode,
				    "--posix-acl", "--host-suid", "yes",
				    "--timeout", "0", NULL };
	struct box_opts		 o = { .daemon.more = more };
	char			 copy[128];
	struct box		 b;
	unsigned		 i, none = 0;

	if (!box_start(&b, &o)) {
		box_close(&b);
		return;
	}
	snprintf(copy, sizeof(copy), "%s/copy", b.d.top);
	if (mkdir(copy, 0755) == -1)
		tap_bail("%s: %s", copy, strerror(errno));
	perms_tree.top[0] = b.d.share;
	perms_tree.top[1] = copy;
	perms_bad = 0;
	perms_done = perms_equal = perms_tried = 0;
	memset(perms_ok_cnt, 0, sizeof(perms_ok_cnt));
	perms_host_start(copy);
	perms_run(&b, walk, count);
	perms_host_end();
	tap_diag("%s: %llu comparisons, %llu with the same errno as well",
	    mode, (unsigned long long)perms_done,
	    (unsigned long long)perms_equal);
	tap_ok(perms_bad == 0 && perms_done > 0,
	    "%s: forged ids can do what the host's can, and no more", mode);
	if (perms_done < PERMS_EACH)
		tap_diag("%s: too few to say what nobody could do", mode);
	for (i = 0; i < PERMS_KINDS && perms_bad == 0; i++)
		if (perms_ok_cnt[i] == 0 && perms_done >= PERMS_EACH) {
			tap_diag("nobody could %s", perms_names[i]);
			none++;
		}
	tap_ok(none == 0, "%s: every operation was also allowed to some", mode);
	box_close(&b);
}

int
main(int argc, char **argv)
{
	const char	*s;
	uint64_t	 count = PERMS_COUNT;
	struct timespec	 now;

	daemon_args(argc, argv);
	if (geteuid() != 0) {
		tap_skip("only root can be other users", "users");
		return tap_done();
	}
	clock_gettime(CLOCK_REALTIME, &now);
	perms_seed = (uint64_t)now.tv_sec * 1000003 + (uint64_t)now.tv_nsec;
	if ((s = getenv("PERMS_SEED")) != NULL)
		perms_seed = strtoull(s, NULL, 0);
	perms_seed |= 1;
	if ((s = getenv("PERMS_COUNT")) != NULL)
		count = strtoull(s, NULL, 0);
	perms_timed = s == NULL;
	tap_diag("PERMS_SEED=%llu", (unsigned long long)perms_seed);
	perms_users();
	perms_guest_finders(perms_who, PERMS_HONEST);
	perms_mode("host", false, count);
	perms_mode("strict", true, count);
	return tap_done();
}
