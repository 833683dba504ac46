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
 * Knows: where file handles have the inode's number.
 * Never: a descriptor of its own.
 */

#include "config.h"

#include <sys/stat.h>

#include <dirent.h>
#include <string.h>

#include "attr.h"
#include "entry.h"
#include "give.h"

/* What a handle is made of: its type, its length, where the number is. */
static const struct {
	int32_t type;
	uint32_t len;
	uint32_t at, size;
} entry_kinds[] = {
	{ 0x01, 8, 0, 4 },	/* ext4 and others: number, generation */
	{ 0x01, 12, 4, 8 },	/* tmpfs: generation, number */
	{ 0x81, 12, 0, 8 },	/* XFS: number, generation */
	{ 0x4d, 20, 0, 8 },	/* btrfs: number, subvolume, generation */
};

int
entry_same(const struct msg_seal *s, uint64_t ino)
{
	uint64_t in = 0;
	size_t i;

	for (i = 0; i < sizeof(entry_kinds) / sizeof(entry_kinds[0]); i++)
		if (s->type == entry_kinds[i].type &&
		    s->len == entry_kinds[i].len) {
			memcpy(&in, s->handle + entry_kinds[i].at,
			    entry_kinds[i].size);
			return in == ino;
		}
	return 0;
}

void
entry_dir(struct entry_dir *d, const struct a_whello *who, int fd)
{
	struct msg_attr attr;
	struct msg_seal s;

	d->who = who;
	d->fd = fd;
	d->mnt = -1;
	d->mnt_id = 0;
	if (attr_get(who, fd, &attr) != 0 ||
	    give_handle(fd, "", &s, &d->mnt) != 0)
		return;
	d->mnt_id = attr.mnt_id;
	d->dev_major = attr.dev_major;
	d->dev_minor = attr.dev_minor;
}

static int
entry_again(const struct entry_dir *d, const char *name,
    const struct msg_attr *attr)
{
	struct msg_attr again;

	return attr_entry(d->who, d->fd, name, &again) == 0 &&
	    again.ino == attr->ino && again.mnt_id == attr->mnt_id &&
	    again.dev_major == attr->dev_major &&
	    again.dev_minor == attr->dev_minor;
}

int
entry_sealed(const struct entry_dir *d, const char *name,
    struct msg_attr *attr, struct msg_seal *s)
{
	int mnt;

	if (attr_entry(d->who, d->fd, name, attr) != 0 ||
	    !S_ISREG(attr->mode) || attr->mnt_id != d->mnt_id ||
	    (attr->flags & MSG_ATTR_MOUNT_ROOT) != 0)
		return 0;
	s->mnt_id = attr->mnt_id;
	if (give_seal(d->who, d->fd, name, s, &mnt) != 0 || s->len == 0 ||
	    mnt != d->mnt)
		return 0;
	return entry_same(s, attr->ino) || entry_again(d, name, attr);
}

int
entry_listed(const struct entry_dir *d, int fd, uint64_t ino, uint8_t type,
    struct msg_attr *attr, struct msg_seal *s)
{
	int mnt;

	s->mnt_id = d->mnt_id;
	if (type == DT_UNKNOWN || d->mnt_id == 0 ||
	    give_seal(d->who, fd, "", s, &mnt) != 0 || s->len == 0 ||
	    mnt != d->mnt)
		return 0;
	memset(attr, 0, sizeof(*attr));
	attr->ino = ino;
	attr->mode = DTTOIF(type);
	attr->mnt_id = d->mnt_id;
	attr->dev_major = d->dev_major;
	attr->dev_minor = d->dev_minor;
	return 1;
}
