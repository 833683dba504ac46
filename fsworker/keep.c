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
 * Knows: descriptors of nodes under the transport's numbers.
 * Never: what a question does with them.
 */

#include "config.h"

#include <sys/stat.h>

#include <errno.h>
#include <string.h>

#include "keep.h"

static uint16_t *
keep_bucket(struct keep *k, uint64_t ino, uint64_t mnt_id)
{
	uint64_t h = (ino ^ mnt_id << 32) * 0x9e3779b97f4a7c15ULL;

	return &k->bucket[(h >> 32) % KEEP_BUCKETS];
}

/* Nobody can look nr up any more. */
static void
keep_unknown(struct keep *k, unsigned int nr)
{
	struct keep_id *id = &k->id[nr];
	uint16_t *p;

	if (!id->known)
		return;
	p = keep_bucket(k, id->ino, id->mnt_id);
	while (*p != nr + 1)
		p = &k->id[*p - 1].next;
	*p = id->next;
	id->known = 0;
}

static void
keep_close(struct keep *k, unsigned int nr)
{
	keep_unknown(k, nr);
	if (k->fd[nr] != 0)
		fd_close(&k->fd[nr]);
	k->fd[nr] = 0;
	k->type[nr] = 0;
}

static void
keep_put(struct keep *k, unsigned int nr, int fd)
{
	keep_close(k, nr);
	k->fd[nr] = fd;
}

/* The numbers of m are ones that we were told to have room for. */
static int
keep_check(const struct keep *k, const struct chan_msg *m)
{
	const struct msg_hdr *h = &m->hdr;
	unsigned int i;

	if (h->give != 0 && MSG_KEEP_NR(h->give) >= k->max)
		return EPROTO;
	for (i = 0; i < MSG_KEPT; i++)
		if (h->kept[i] != 0 && MSG_KEEP_NR(h->kept[i]) >= k->max)
			return EPROTO;
	return 0;
}

/* What is new first: the next descriptor may be the same one. */
static void
keep_change(struct keep *k, struct chan_msg *m)
{
	unsigned int i, n = 0;
	uint16_t kept;

	for (i = 0; i < MSG_KEPT; i++) {
		kept = m->hdr.kept[i];
		if (MSG_KEEP_OP(kept) == MSG_KEEP_PUT)
			keep_put(k, MSG_KEEP_NR(kept),
			    fdbag_take(&m->fds, n));
		n += MSG_KEEP_OP(kept) != MSG_KEEP_USE;
	}
}

int
keep_take(struct keep *k, struct chan_msg *m, struct fdbag *fds)
{
	unsigned int i, n = 0;
	uint16_t kept;
	int fd;

	if (keep_check(k, m) != 0)
		return EPROTO;
	keep_change(k, m);
	fdbag_init(fds);
	for (i = 0; i < m->row->fds; i++) {
		kept = m->hdr.kept[i];
		fd = kept == 0 ? fdbag_get(&m->fds, n) :
		    k->fd[MSG_KEEP_NR(kept)];
		if (kept != 0 && fd == 0)
			return EPROTO;
		fdbag_put(fds, fd);
		n += MSG_KEEP_OP(kept) != MSG_KEEP_USE;
	}
	return 0;
}

void
keep_give(struct keep *k, uint32_t give, int fd, const struct msg_attr *attr)
{
	unsigned int nr = MSG_KEEP_NR(give);
	struct keep_id *id = &k->id[nr];
	uint16_t *p;

	keep_put(k, nr, fd);
	k->type[nr] = attr->mode & S_IFMT;
	id->ino = attr->ino;
	id->mnt_id = attr->mnt_id;
	id->dev_major = attr->dev_major;
	id->dev_minor = attr->dev_minor;
	id->known = 1;
	p = keep_bucket(k, id->ino, id->mnt_id);
	id->next = *p;
	*p = (uint16_t)(nr + 1);
}

uint32_t
keep_type(const struct keep *k, uint16_t kept)
{
	return k->type[MSG_KEEP_NR(kept)];
}

void
keep_claimed(struct keep *k, uint16_t kept, uint32_t type)
{
	k->type[MSG_KEEP_NR(kept)] = (uint16_t)type;
}

int
keep_find(const struct keep *k, uint32_t give, const struct msg_attr *attr)
{
	const struct keep_id *id;
	uint16_t at;

	at = *keep_bucket((struct keep *)(uintptr_t)k, attr->ino,
	    attr->mnt_id);
	for (; at != 0; at = id->next) {
		id = &k->id[at - 1];
		if (id->ino == attr->ino && id->mnt_id == attr->mnt_id &&
		    id->dev_major == attr->dev_major &&
		    id->dev_minor == attr->dev_minor &&
		    at - 1u != MSG_KEEP_NR(give))
			return at - 1;
	}
	return -1;
}

int
keep_drop(struct keep *k, const struct chan_msg *m)
{
	const struct n_drop *n = m->body;
	uint16_t nr[MSG_DROP_MAX];
	uint32_t i;

	if (n->zero != 0 || n->cnt == 0 || n->cnt > MSG_DROP_MAX ||
	    m->tail_len != n->cnt * sizeof(nr[0]))
		return EPROTO;
	memcpy(nr, m->tail, m->tail_len);
	for (i = 0; i < n->cnt; i++) {
		if (nr[i] >= k->max || k->fd[nr[i]] == 0)
			return EPROTO;
		keep_close(k, nr[i]);
	}
	return 0;
}
