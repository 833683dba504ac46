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
 * Knows: permission to execute by mode bits and by an ACL's entries.
 * Never: any other permission.
 */

#include "config.h"

#include <sys/stat.h>

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <string.h>

#include "access.h"
#include "xattr.h"

static char access_acl[XATTR_VALUE_MAX];

static int
access_member(const struct cred *c, uint32_t gid)
{
	uint32_t i;

	if (c->gid == gid)
		return 1;
	for (i = 0; i < c->gid_cnt; i++)
		if (c->gids[i] == gid)
			return 1;
	return 0;
}

/* 1 if an entry of a group, named or not, is about one of c's. */
static int
access_group(const struct cred *c, const struct statx *stx,
    const struct posix_acl_xattr_entry *e)
{
	switch (le16toh(e->e_tag)) {
	case ACL_GROUP_OBJ:
		return access_member(c, stx->stx_gid);
	case ACL_GROUP:
		return access_member(c, le32toh(e->e_id));
	default:
		return 0;
	}
}

/*
 * The permissions of the entry that decides.  They are ordered: user, named
 * users, group, named groups, mask, other; of groups any that permits all of
 * want counts.
 */
static uint32_t
access_acl_perm(const struct cred *c, const struct statx *stx, size_t len,
    uint32_t want)
{
	struct posix_acl_xattr_entry e;
	uint32_t mask = want, perm = 0, found = 0;
	size_t at;

	for (at = sizeof(struct posix_acl_xattr_header);
	    at + sizeof(e) <= len; at += sizeof(e)) {
		memcpy(&e, access_acl + at, sizeof(e));
		if (le16toh(e.e_tag) == ACL_MASK)
			mask = le16toh(e.e_perm);
		else if (le16toh(e.e_tag) == ACL_OTHER && !found)
			return le16toh(e.e_perm);
		else if (le16toh(e.e_tag) == ACL_USER && !found &&
		    le32toh(e.e_id) == c->uid) {
			perm = le16toh(e.e_perm);
			found = 2;
		} else if (found != 2 && access_group(c, stx, &e)) {
			if ((le16toh(e.e_perm) & want) == want)
				perm = want;
			found = 1;
		}
	}
	return perm & mask;
}

int
access_exec(const struct a_whello *who, int fd, uint32_t want)
{
	const struct cred *c = &who->cred;
	struct statx stx;
	uint32_t perm;
	size_t len;
	int err;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &stx) == -1)
		return errno;
	if (who->caps & 1ULL << CAP_DAC_OVERRIDE)
		return stx.stx_mode & 0111 ? 0 : EACCES;
	err = xattr_get(fd, XATTR_ACL_ACCESS, access_acl, sizeof(access_acl),
	    &len);
	if (err != 0 && err != ENODATA && err != EOPNOTSUPP)
		return err;
	/* The kernel does not look at a list whose mask is empty. */
	if (stx.stx_uid == c->uid)
		perm = stx.stx_mode >> 6;
	else if (err == 0 && (stx.stx_mode & S_IRWXG) != 0)
		perm = access_acl_perm(c, &stx, len, want);
	else if (access_member(c, stx.stx_gid))
		perm = stx.stx_mode >> 3;
	else
		perm = stx.stx_mode;
	return (perm & want) == want ? 0 : EACCES;
}
