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
 * Knows: which file a nodeid stands for, and how often the guest looked it
 * up.
 * Never: a name, a path, or a system call; reap.c closes.
 */

#include "config.h"

#include <sys/random.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../common/fdbag.h"
#include "../common/log.h"
#include "ahead.h"
#include "fuse_proto.h"
#include "fs.h"
#include "node.h"
#include "node_slot.h"
#include "reap.h"
#include "spare.h"
#include "wkeep.h"

#ifndef NODE_HASH_MIN
#define NODE_HASH_MIN	1024u
#endif

struct node_table {
	struct fs *fs;
	struct node_slots slots;
	int newest;		/* strict: the last name of a file counts */
	struct node **hash;
	unsigned int hash_cnt;		/* a power of two */
	unsigned int live;
	unsigned int fds, fd_max;
	struct node *kept;		/* by node_reserve(), not live */
	unsigned int kept_cnt;
	TAILQ_HEAD(, node) lru;		/* oldest first */
	uint64_t seed;
	struct node *root;
};

static uint64_t
node_mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * 0x9e3779b97f4a7c15ULL;
	return h ^ (h >> 29);
}

/* Keyed, because a guest chooses which inodes exist. */
static unsigned int
node_bucket(const struct node_table *t, uint64_t mnt, uint64_t ino,
    uint32_t dev_major, uint32_t dev_minor)
{
	uint64_t h = t->seed;

	h = node_mix(h, mnt);
	h = node_mix(h, ino);
	h = node_mix(h, (uint64_t)dev_major << 32 | dev_minor);
	return (unsigned int)(h >> 16) & (t->hash_cnt - 1);
}

static unsigned int
node_bucket_of(const struct node_table *t, const struct node *n)
{
	return node_bucket(t, n->mnt_id, n->ino, n->dev_major, n->dev_minor);
}

static const uint8_t *
node_seal_at(const struct node *n)
{
	return n->seal_len > NODE_SEAL_OWN ? n->seal.big : n->seal.own;
}

/* Only the handle tells a file from an earlier one with its number. */
static int
node_same_seal(const struct node *n, const struct node_file *f)
{
	if (n->seal_len == 0 || f->seal_len == 0)
		return n->fd != -1;
	return n->seal_len == f->seal_len &&
	    memcmp(node_seal_at(n), f->seal, f->seal_len) == 0;
}

static struct node *
node_find(const struct node_table *t, const struct node_file *f)
{
	const struct msg_attr *a = f->attr;
	struct node *n;

	n = t->hash[node_bucket(t, a->mnt_id, a->ino, a->dev_major,
	    a->dev_minor)];
	for (; n != NULL; n = n->next)
		if (n->ino == a->ino && n->mnt_id == a->mnt_id &&
		    n->dev_major == a->dev_major &&
		    n->dev_minor == a->dev_minor && node_same_seal(n, f))
			return n;
	return NULL;
}

static void
node_hash_add(struct node_table *t, struct node *n)
{
	unsigned int b = node_bucket_of(t, n);

	n->next = t->hash[b];
	t->hash[b] = n;
}

static void
node_hash_del(struct node_table *t, struct node *n)
{
	struct node **p = &t->hash[node_bucket_of(t, n)];

	while (*p != n)
		p = &(*p)->next;
	*p = n->next;
}

/* Another size if there is memory; chains only get longer if not. */
static void
node_hash_resize(struct node_table *t, unsigned int cnt)
{
	struct node **old = t->hash, *n, *next;
	unsigned int old_cnt = t->hash_cnt, i;
	struct node **hash;

	if ((hash = calloc(cnt, sizeof(struct node *))) == NULL)
		return;
	t->hash = hash;
	t->hash_cnt = cnt;
	for (i = 0; i < old_cnt; i++)
		for (n = old[i]; n != NULL; n = next) {
			next = n->next;
			node_hash_add(t, n);
		}
	free(old);
}

/* The memory that one node_reserve() kept. */
static struct node *
node_kept_take(struct node_table *t)
{
	struct node *n = t->kept;

	t->kept = n->next;
	t->kept_cnt--;
	n->next = NULL;
	return n;
}

static struct node *
node_new(struct node_table *t, const struct msg_attr *a, int kept)
{
	struct node *n;

	n = kept ? node_kept_take(t) : node_slot_new(&t->slots);
	if (n == NULL)
		return NULL;
	if (t->live >= t->hash_cnt)
		node_hash_resize(t, t->hash_cnt * 2);
	n->ino = a->ino;
	n->mnt_id = a->mnt_id;
	n->dev_major = a->dev_major;
	n->dev_minor = a->dev_minor;
	n->mode = a->mode;
	node_hash_add(t, n);
	t->live++;
	return n;
}

static int
node_in_lru(const struct node *n)
{
	return n->fd != -1 && n->seal_len != 0;
}

static void
node_fd_drop(struct node_table *t, struct node *n)
{
	if (n->fd == -1)
		return;
	if (node_in_lru(n))
		TAILQ_REMOVE(&t->lru, n, lru);
	t->fds--;
	reap_close(t->fs, &n->fd);
}

/* Spare the descriptor of the node that nobody used for longest. */
static int
node_fd_spare(struct node_table *t)
{
	struct node *n;

	TAILQ_FOREACH(n, &t->lru, lru)
		if (n->uses == 0) {
			node_fd_drop(t, n);
			return 1;
		}
	return 0;
}

/* Is there a descriptor for one more node, besides those that are kept? */
static int
node_fd_room(struct node_table *t)
{
	return t->fds + t->kept_cnt < t->fd_max || node_fd_spare(t);
}

/* Nobody knows n any more: neither the guest nor a request. */
static void
node_drop(struct node_table *t, struct node *n)
{
	if (n->ahead != NULL)
		ahead_forget(t->fs->ahead, n);
	if (n->spare != NULL)
		spare_drop(t->fs->spares, n);
	node_hash_del(t, n);
	node_fd_drop(t, n);
	wkeep_forget(n);
	if (n->seal_len > NODE_SEAL_OWN)
		free(n->seal.big);
	node_slot_free(&t->slots, n);
	t->live--;
	/* Far from where it grows, so that it does not do both in turn. */
	if (t->hash_cnt >= NODE_HASH_MIN * 4 && t->live < t->hash_cnt / 16)
		node_hash_resize(t, t->hash_cnt / 4);
}

struct node_table *
node_table_new(struct fs *fs, int rootfd, const struct msg_attr *root,
    unsigned int fd_max)
{
	struct node_table *t;
	struct node *n;

	if ((t = calloc(1, sizeof(*t))) == NULL)
		return NULL;
	t->hash_cnt = NODE_HASH_MIN;
	t->fs = fs;
	t->newest = fs != NULL &&
	    (fs->conf.policy & MSG_POLICY_STRICT) != 0;
	t->fd_max = fd_max;
	TAILQ_INIT(&t->lru);
	if (getrandom(&t->seed, sizeof(t->seed), 0) != sizeof(t->seed))
		t->seed = (uint64_t)(uintptr_t)t;
	t->hash = calloc(t->hash_cnt, sizeof(struct node *));
	if (t->hash == NULL || node_slots_init(&t->slots) != 0 ||
	    (n = node_new(t, root, 0)) == NULL) {
		free(t->slots.chunk);
		free(t->hash);
		free(t);
		return NULL;
	}
	if (n->idx != FUSE_ROOT_ID)
		bug("the root is node %u", n->idx);
	n->fd = rootfd;
	n->nlookup = 1;
	n->pins = n->uses = 1;
	t->fds = 1;
	t->root = n;
	return t;
}

struct node *
node_get(struct node_table *t, uint64_t nodeid)
{
	uint32_t idx = (uint32_t)nodeid, gen = (uint32_t)(nodeid >> 32);
	struct node *n;

	if (idx == 0 || idx >= node_slot_end(&t->slots))
		return NULL;
	n = node_slot_at(&t->slots, idx);
	if (n == NULL || n->gen != gen || n->nlookup == 0)
		return NULL;
	return n;
}

uint64_t
node_id(const struct node *n)
{
	return (uint64_t)n->gen << 32 | n->idx;
}

int
node_fd(const struct node *n)
{
	return n->fd;
}

void
node_again(struct node *n)
{
	if (n->nlookup != UINT64_MAX)
		n->nlookup++;
}

int
node_seal(const struct node *n, struct msg_seal *seal)
{
	if (n->seal_len == 0)
		return ESTALE;
	memset(seal, 0, sizeof(*seal));
	memcpy(seal, node_seal_at(n), n->seal_len);
	return 0;
}

void
node_set_fd(struct node_table *t, struct node *n, int *fd)
{
	int old = n->fd;

	if (*fd != -1)
		n->listed = 0;
	/* Workers walk to the name that a descriptor was opened by. */
	if (old != -1 && n->uses == 0 && *fd != -1 && t->newest) {
		n->fd = *fd;
		*fd = old;
	}
	if (n->fd == -1 && *fd != -1) {
		/* The budget is kept where anything can be spared. */
		if (t->fds >= t->fd_max)
			node_fd_spare(t);
		n->fd = *fd;
		*fd = -1;
		t->fds++;
		if (node_in_lru(n))
			TAILQ_INSERT_TAIL(&t->lru, n, lru);
	}
	fd_close(fd);
}

/* A seal has the length that it says, and a node keeps its own copy. */
static int
node_keep_seal(struct node *n, const struct node_file *f)
{
	struct msg_seal seal;
	uint8_t *at = n->seal.own;

	if (f->seal_len == 0)
		return 0;
	if (f->seal_len <= MSG_SEAL_LEN(0) || f->seal_len > sizeof(seal))
		return EIO;
	memcpy(&seal, f->seal, f->seal_len);
	if (MSG_SEAL_LEN((size_t)seal.len) != f->seal_len)
		return EIO;
	if (f->seal_len > NODE_SEAL_OWN) {
		if ((at = malloc(f->seal_len)) == NULL)
			return ENOMEM;
		n->seal.big = at;
	}
	memcpy(at, f->seal, f->seal_len);
	n->seal_len = (uint32_t)f->seal_len;
	return 0;
}

static int
node_enter_new(struct node_table *t, struct node_file *f, struct node **out)
{
	int err;

	if (f->fd == -1 && f->seal_len == 0)
		return EIO;
	if (f->fd != -1 && !f->kept && !node_fd_room(t))
		return ENFILE;
	if ((*out = node_new(t, f->attr, f->kept)) == NULL)
		return ENOMEM;
	f->kept = 0;
	(*out)->listed = f->fd == -1;
	if ((err = node_keep_seal(*out, f)) != 0)
		node_drop(t, *out);
	return err;
}

int
node_reserve(struct node_table *t)
{
	struct node *n;

	if (!node_fd_room(t))
		return ENFILE;
	if ((n = node_slot_new(&t->slots)) == NULL)
		return ENOMEM;
	n->next = t->kept;
	t->kept = n;
	t->kept_cnt++;
	return 0;
}

void
node_unreserve(struct node_table *t)
{
	node_slot_free(&t->slots, node_kept_take(t));
}

int
node_enter(struct node_table *t, struct node_file *f, struct node **out)
{
	struct node *n;
	int err = 0;

	if ((n = node_find(t, f)) == NULL)
		err = node_enter_new(t, f, &n);
	if (f->kept)
		node_unreserve(t);
	f->kept = 0;
	if (err != 0) {
		fd_close(&f->fd);
		return err;
	}
	node_set_fd(t, n, &f->fd);
	n->mode = f->attr->mode;
	node_again(n);
	*out = n;
	return 0;
}

void
node_forget(struct node_table *t, struct node *n, uint64_t cnt)
{
	if (n == t->root)
		return;
	n->nlookup = cnt < n->nlookup ? n->nlookup - cnt : 0;
	if (n->nlookup == 0 && n->pins == 0)
		node_drop(t, n);
}

void
node_budget(struct node_table *t, unsigned int fd_max)
{
	t->fd_max = fd_max;
	while (t->fds > t->fd_max && node_fd_spare(t))
		continue;
}

void
node_pin(struct node *n)
{
	n->pins++;
}

void
node_unuse(struct node *n)
{
	n->uses--;
}

void
node_use(struct node_table *t, struct node *n)
{
	n->uses++;
	if (node_in_lru(n)) {
		TAILQ_REMOVE(&t->lru, n, lru);
		TAILQ_INSERT_TAIL(&t->lru, n, lru);
	}
}

void
node_unpin(struct node_table *t, struct node *n)
{
	if (--n->pins == 0 && n->nlookup == 0)
		node_drop(t, n);
}

void
node_forget_all(struct node_table *t)
{
	struct node *n;
	uint32_t i;

	/* The last one of a chunk may take its memory along. */
	for (i = 0; i < node_slot_end(&t->slots); i++) {
		n = node_slot_at(&t->slots, i);
		if (n != NULL && n->nlookup != 0)
			node_forget(t, n, UINT64_MAX);
	}
}

unsigned int
node_count(const struct node_table *t)
{
	return t->live;
}
