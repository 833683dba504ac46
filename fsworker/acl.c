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
 * Knows: the form of an ACL's attribute.
 * Never: an attribute's name.
 */

#include "config.h"

#include <sys/types.h>

#include <endian.h>
#include <errno.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <string.h>

#include "acl.h"

static int
acl_valid(const void *acl, size_t len)
{
	struct posix_acl_xattr_header head;

	if (len < sizeof(head) ||
	    (len - sizeof(head)) % sizeof(struct posix_acl_xattr_entry) != 0)
		return 0;
	memcpy(&head, acl, sizeof(head));
	return le32toh(head.a_version) == POSIX_ACL_XATTR_VERSION;
}

/* Which kind of id is in an entry, if there is one. */
static int
acl_of(const struct posix_acl_xattr_entry *e, enum idmap_of *of)
{
	switch (le16toh(e->e_tag)) {
	case ACL_USER:
		*of = IDMAP_UID;
		return 1;
	case ACL_GROUP:
		*of = IDMAP_GID;
		return 1;
	default:
		return 0;
	}
}

int
acl_to_host(const struct idmap *ids, void *acl, size_t len)
{
	struct posix_acl_xattr_entry e;
	enum idmap_of of;
	uint32_t id;
	size_t at;
	int err;

	if (!acl_valid(acl, len))
		return EINVAL;
	for (at = sizeof(struct posix_acl_xattr_header); at < len;
	    at += sizeof(e)) {
		memcpy(&e, (char *)acl + at, sizeof(e));
		if (!acl_of(&e, &of))
			continue;
		err = idmap_to_host(ids, of, le32toh(e.e_id), &id);
		if (err != 0)
			return err;
		e.e_id = htole32(id);
		memcpy((char *)acl + at, &e, sizeof(e));
	}
	return 0;
}

void
acl_to_guest(const struct idmap *ids, void *acl, size_t len)
{
	struct posix_acl_xattr_entry e;
	enum idmap_of of;
	size_t at;

	if (!acl_valid(acl, len))
		return;
	for (at = sizeof(struct posix_acl_xattr_header); at < len;
	    at += sizeof(e)) {
		memcpy(&e, (char *)acl + at, sizeof(e));
		if (!acl_of(&e, &of))
			continue;
		e.e_id = htole32(idmap_to_guest(ids, of, le32toh(e.e_id)));
		memcpy((char *)acl + at, &e, sizeof(e));
	}
}
