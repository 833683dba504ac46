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
 * Knows: random trees, planted twice, and whether they are still the same.
 * Never: the daemon.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <sys/stat.h>
#include <sys/xattr.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "perms.h"

#define PERMS_PLANTED	28

uint64_t	 perms_seed;

const uint32_t	 perms_uids[6] = { 0, 2001, 2002, 2003, 2004, 2999 };
const uint32_t	 perms_gids[6] = { 0, 3001, 3002, 3003, 3004, 2999 };

static const uint32_t perms_modes[] = {
	0700, 0755, 0711, 0744, 0750, 0770, 0777, 0, 0500, 0300, 0644, 0600,
	0640, 0666, 0444, 0400, 0200, 0050, 0005, 0007, 0070, 0755, 0777,
};

uint32_t
perms_rand(uint32_t below)
{
	perms_seed ^= perms_seed << 13;
	perms_seed ^= perms_seed >> 7;
	perms_seed ^= perms_seed << 17;
	return (uint32_t)((perms_seed >> 11) % below);
}

uint64_t
perms_sum(uint64_t sum, const void *data, size_t len)
{
	const uint8_t	*p = data;

	while (len-- > 0)
		sum = (sum ^ *p++) * 0x100000001b3ULL;
	return sum;
}

static const char *
perms_at(const struct perms_tree *t, int which, const char *path)
{
	static char	 buf[2][PATH_MAX];

	snprintf(buf[which], PATH_MAX, "%s/%s", t->top[which], path);
	return buf[which];
}

/* Take everything below path away. */
static void
perms_clear(const char *path)
{
	char		 at[PATH_MAX];
	struct dirent	*e;
	struct stat	 st;
	DIR		*d;

	if ((d = opendir(path)) == NULL)
		tap_bail("%s: %s", path, strerror(errno));
	while ((e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		snprintf(at, sizeof(at), "%s/%s", path, e->d_name);
		if (lstat(at, &st) == 0 && S_ISDIR(st.st_mode)) {
			perms_clear(at);
			rmdir(at);
		} else
			unlink(at);
	}
	closedir(d);
}

/* A small ACL with one more user and one more group. */
static void
perms_acl(const struct perms_tree *t, const char *path, const char *name)
{
	struct {
		struct posix_acl_xattr_header	 h;
		struct posix_acl_xattr_entry	 e[6];
	}		 acl = { .h.a_version = POSIX_ACL_XATTR_VERSION };
	static const uint16_t tags[] = { ACL_USER_OBJ, ACL_USER,
	    ACL_GROUP_OBJ, ACL_GROUP, ACL_MASK, ACL_OTHER };
	unsigned	 i;

	for (i = 0; i < 6; i++) {
		acl.e[i].e_tag = tags[i];
		acl.e[i].e_perm = (uint16_t)perms_rand(8);
		acl.e[i].e_id = ACL_UNDEFINED_ID;
	}
	acl.e[1].e_id = perms_uids[1 + perms_rand(4)];
	acl.e[3].e_id = perms_gids[1 + perms_rand(4)];
	for (i = 0; i < 2; i++)
		if (setxattr(perms_at(t, (int)i, path), name, &acl,
		    sizeof(acl), 0) == -1)
			tap_bail("%s: %s: %s (the temporary directory needs "
			    "ACLs)", path, name, strerror(errno));
}

/* Type and name of one object, in both trees. */
static void
perms_object(const struct perms_tree *t, const char *path, uint32_t type)
{
	const char	*at;
	int		 i, fd, rc;

	for (i = 0; i < 2; i++) {
		at = perms_at(t, i, path);
		if (type < 9)
			rc = mkdir(at, 0700);
		else if (type == 17)
			rc = symlink(path, at);
		else if (type == 18)
			rc = mkfifo(at, 0600);
		else if ((fd = open(at, O_CREAT | O_EXCL | O_WRONLY,
		    0600)) != -1) {
			rc = write(fd, path, strlen(path)) == -1 ? -1 : 0;
			close(fd);
		} else
			rc = -1;
		if (rc == -1)
			tap_bail("%s: %s", at, strerror(errno));
	}
}

static void
perms_rights(const struct perms_tree *t, const char *path, uint32_t type)
{
	uint32_t	 uid = PERMS_PICK(perms_uids);
	uint32_t	 gid = PERMS_PICK(perms_gids);
	uint32_t	 mode = PERMS_PICK(perms_modes);
	int		 i;

	if (perms_rand(6) == 0)
		mode = perms_rand(01000);
	if (type < 9 && perms_rand(5) == 0)
		mode |= S_ISVTX;
	if (perms_rand(7) == 0)
		mode |= S_ISGID;
	if (type >= 9 && perms_rand(12) == 0)
		mode |= S_ISUID;
	for (i = 0; i < 2; i++) {
		if (lchown(perms_at(t, i, path), uid, gid) == -1 ||
		    (type != 17 && chmod(perms_at(t, i, path), mode) == -1))
			tap_bail("%s: %s", path, strerror(errno));
		if (type != 17 && type != 18)
			setxattr(perms_at(t, i, path), "user.x", path,
			    strlen(path), 0);
	}
	if (type != 17 && perms_rand(6) == 0)
		perms_acl(t, path, "system.posix_acl_access");
	if (type < 9 && perms_rand(8) == 0)
		perms_acl(t, path, "system.posix_acl_default");
}

static unsigned
perms_depth(const char *path)
{
	unsigned	 n = 0;

	for (; *path != '\0'; path++)
		n += *path == '/';
	return n;
}

void
perms_plant(struct perms_tree *t)
{
	static const mode_t	 roots[] = { 0755, 0777, 01777, 0755 };
	mode_t			 mode = PERMS_PICK(roots);
	struct perms_obj	*o, *dir;
	uint32_t		 type[PERMS_PLANTED];
	unsigned		 i;
	int			 k;

	t->cnt = 0;
	for (k = 0; k < 2; k++) {
		perms_clear(t->top[k]);
		if (chown(t->top[k], 0, 0) == -1 ||
		    chmod(t->top[k], mode) == -1)
			tap_bail("%s: %s", t->top[k], strerror(errno));
	}
	for (i = 0; i < PERMS_PLANTED; i++) {
		dir = i == 0 ? NULL : &t->obj[perms_rand(i)];
		o = &t->obj[i];
		type[i] = i < 3 ? 0 : perms_rand(19);
		if (dir == NULL || !S_ISDIR(dir->mode) ||
		    perms_depth(dir->path) > 3)
			snprintf(o->path, sizeof(o->path), "o%u", i);
		else
			snprintf(o->path, sizeof(o->path), "%.100s/o%u",
			    dir->path, i);
		o->mode = type[i] < 9 ? S_IFDIR : S_IFREG;
		perms_object(t, o->path, type[i]);
	}
	for (i = 0; i < PERMS_PLANTED; i++)
		perms_rights(t, t->obj[i].path, type[i]);
	perms_scan(t);
}

static void
perms_scan_dir(struct perms_tree *t, const char *rel)
{
	char		 path[PERMS_PATH];
	struct dirent	*e;
	struct stat	 st;
	DIR		*d;

	if ((d = opendir(perms_at(t, 1, rel))) == NULL)
		tap_bail("%s: %s", rel, strerror(errno));
	while ((e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if ((size_t)snprintf(path, sizeof(path), "%s%s%s", rel,
		    *rel == '\0' ? "" : "/", e->d_name) >= sizeof(path) ||
		    t->cnt == PERMS_OBJ_MAX)
			continue;
		if (lstat(perms_at(t, 1, path), &st) == -1)
			tap_bail("%s: %s", path, strerror(errno));
		snprintf(t->obj[t->cnt].path, PERMS_PATH, "%s", path);
		t->obj[t->cnt++].mode = st.st_mode;
		if (S_ISDIR(st.st_mode))
			perms_scan_dir(t, path);
	}
	closedir(d);
}

void
perms_scan(struct perms_tree *t)
{
	t->cnt = 0;
	perms_scan_dir(t, "");
}

/* Contents, target and attributes of one object, as one number. */
static uint64_t
perms_inside(const char *at, const struct stat *st)
{
	static const char *const names[] = { "user.x", "user.y",
	    "system.posix_acl_access", "system.posix_acl_default" };
	char		 buf[4096];
	uint64_t	 sum = 0;
	ssize_t		 n;
	unsigned	 i;
	int		 fd;

	if (S_ISLNK(st->st_mode) && (n = readlink(at, buf, sizeof(buf))) > 0)
		sum = perms_sum(sum, buf, (size_t)n);
	if (S_ISREG(st->st_mode) && (fd = open(at, O_RDONLY)) != -1) {
		if ((n = read(fd, buf, sizeof(buf))) > 0)
			sum = perms_sum(sum, buf, (size_t)n);
		close(fd);
	}
	for (i = 0; i < 4; i++)
		if ((n = lgetxattr(at, names[i], buf, sizeof(buf))) >= 0)
			sum = perms_sum(sum + i + 1, buf, (size_t)n);
	return sum;
}

static bool
perms_same_one(const struct perms_tree *t, const char *path, bool full)
{
	struct stat	 a, b;

	if (lstat(perms_at(t, 0, path), &a) == -1 ||
	    lstat(perms_at(t, 1, path), &b) == -1) {
		tap_diag("only one tree has %s", path);
		return false;
	}
	if (a.st_mode != b.st_mode || a.st_uid != b.st_uid ||
	    a.st_gid != b.st_gid || a.st_nlink != b.st_nlink ||
	    (!S_ISDIR(a.st_mode) && a.st_size != b.st_size)) {
		tap_diag("%s: share %o %u:%u size %lld, host %o %u:%u size "
		    "%lld", path, a.st_mode, a.st_uid, a.st_gid,
		    (long long)a.st_size, b.st_mode, b.st_uid, b.st_gid,
		    (long long)b.st_size);
		return false;
	}
	if (full && perms_inside(perms_at(t, 0, path), &a) !=
	    perms_inside(perms_at(t, 1, path), &b)) {
		tap_diag("%s: contents or attributes differ", path);
		return false;
	}
	return true;
}

bool
perms_same(const struct perms_tree *t, bool full)
{
	unsigned	 i;

	/* Numbers of links of directories tell of entries too many. */
	if (!perms_same_one(t, "", full))
		return false;
	for (i = 0; i < t->cnt; i++)
		if (!perms_same_one(t, t->obj[i].path, full))
			return false;
	return true;
}
