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
 * Knows: what a reply and a question look like if they are right, and the
 * results of system calls that read or write, which are made up.
 * Never: why they say what they say.
 */

#include "config.h"

#include <sys/uio.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sanitizer/asan_interface.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "transport/fs.h"
#include "transport/fuse_tab.h"
#include "transport/node.h"
#include "transport/vu.h"
#include "transport/wkeep.h"
#include "fsenv.h"
#include "fsenv_check.h"

#define ROOMY		0x10000u
#define ROOM_MAX	0x110000u

#define PLAN_SHORT	0x80u		/* this many bytes at most: 0..63 */
#define PLAN_ERRNO	0xc0u

static uint8_t plan[ENV_PLAN_MAX];
static unsigned int plan_cnt, plan_at;
static const struct chan_msg *answering;	/* which is being taken */
static struct wkeep keep;		/* of one worker that gets all */
static int trusted;			/* ... where it may be believed */
static uint64_t has[MSG_KEEP_MAX];	/* nodeids it has descriptors of */

/* ---- replies ---- */

/* Much of it takes long to get, and stays ours. */
uint8_t *
env_room(unsigned int slot, size_t len)
{
	static uint8_t *large[ENV_LIVE_MAX];

	if (len < ROOMY)
		return malloc(len > 0 ? len : 1);
	FUZZ_MUST(len <= ROOM_MAX);
	if (large[slot] == NULL)
		large[slot] = malloc(ROOM_MAX);
	if (large[slot] != NULL) {
		ASAN_POISON_MEMORY_REGION(large[slot], ROOM_MAX);
		ASAN_UNPOISON_MEMORY_REGION(large[slot], len);
	}
	return large[slot];
}

void
env_room_free(uint8_t *room, size_t len)
{
	if (len < ROOMY)
		free(room);
	else
		ASAN_POISON_MEMORY_REGION(room, ROOM_MAX);
}

static size_t
check_dirent(const uint8_t *at, size_t left)
{
	struct fuse_dirent d;

	FUZZ_MUST(left >= FUSE_NAME_OFFSET);
	memcpy(&d, at, FUSE_NAME_OFFSET);
	FUZZ_MUST(d.namelen > 0 && d.namelen < MSG_NAME_MAX);
	FUZZ_MUST(FUSE_DIRENT_ALIGN(FUSE_NAME_OFFSET + d.namelen) <= left);
	at += FUSE_NAME_OFFSET;
	FUZZ_MUST(memchr(at, '/', d.namelen) == NULL);
	FUZZ_MUST(memchr(at, '\0', d.namelen) == NULL);
	return FUSE_DIRENT_ALIGN(FUSE_NAME_OFFSET + d.namelen);
}

static void
check_list(const struct fs *fs, uint32_t opcode, const uint8_t *at,
    size_t left)
{
	struct fuse_entry_out entry;
	size_t len;

	while (left > 0) {
		if (opcode == FUSE_READDIRPLUS) {
			FUZZ_MUST(left >= sizeof(entry));
			memcpy(&entry, at, sizeof(entry));
			FUZZ_MUST(entry.nodeid == 0 ||
			    node_get(fs->nodes, entry.nodeid) != NULL);
			at += sizeof(entry);
			left -= sizeof(entry);
		}
		len = check_dirent(at, left);
		at += len;
		left -= len;
	}
}

void
env_check_reply(const struct fs *fs, const struct env_slot *s, uint32_t len)
{
	const struct fuse_row *row;
	struct fuse_out_header out;
	struct fuse_in_header in;

	if (s->in_len < sizeof(in)) {
		FUZZ_MUST(len == 0);
		return;
	}
	memcpy(&in, s->in, sizeof(in));
	row = fuse_row(in.opcode);
	if (s->out_len < sizeof(out)) {
		FUZZ_MUST(len == 0);
		return;
	}
	if (len == 0) {
		FUZZ_MUST(row != NULL && (row->flags & FUSE_ROW_NOREPLY) != 0);
		return;
	}
	FUZZ_MUST(len >= sizeof(out) && len <= s->out_len);
	memcpy(&out, s->out, sizeof(out));
	FUZZ_MUST(out.len == len && out.unique == in.unique);
	FUZZ_MUST(out.error <= 0 && out.error > -512);
	FUZZ_MUST(out.error == 0 || len == sizeof(out));
	if (out.error != 0)
		return;
	FUZZ_MUST(row != NULL && len - sizeof(out) >= row->out_min);
	if (in.opcode == FUSE_READDIR || in.opcode == FUSE_READDIRPLUS)
		check_list(fs, in.opcode, s->out + sizeof(out),
		    len - sizeof(out));
}

/* ---- questions ---- */

static void
check_names(const struct req_call *c)
{
	switch (c->type) {
	case Q_LOOKUP:
		FUZZ_MUST(msg_name_check(c->q.lookup.name) == 0);
		break;
	case Q_CREATE:
		FUZZ_MUST(msg_name_check(c->q.create.name) == 0);
		break;
	case Q_MKNOD:
		FUZZ_MUST(msg_name_check(c->q.mknod.name) == 0);
		break;
	case Q_MKDIR:
		FUZZ_MUST(msg_name_check(c->q.mkdir.name) == 0);
		break;
	case Q_SYMLINK:
		FUZZ_MUST(msg_name_check(c->q.symlink.name) == 0);
		FUZZ_MUST(c->tail_len > 0 &&
		    memchr(c->tail, '\0', c->tail_len) == NULL);
		break;
	case Q_LINK:
		FUZZ_MUST(msg_name_check(c->q.link.name) == 0);
		break;
	case Q_UNLINK:
		FUZZ_MUST(msg_name_check(c->q.unlink.name) == 0);
		break;
	case Q_RMDIR:
		FUZZ_MUST(msg_name_check(c->q.rmdir.name) == 0);
		break;
	case Q_RENAME:
		FUZZ_MUST(msg_name_check(c->q.rename.oldname) == 0);
		FUZZ_MUST(msg_name_check(c->q.rename.newname) == 0);
		break;
	default:
		break;
	}
}

void
env_check_begin(struct fs *fs)
{
	fs->conf.keep_max = 40;
	wkeep_init(&keep, fs, CRED_ROOT);
	trusted = keep.root;
	memset(has, 0, sizeof(has));
}

void
env_check_end(void)
{
	wkeep_free(&keep);
}

int
env_check_enough(const struct req *r)
{
	return r->call.handles || wkeep_enough(&keep, r);
}

/* What the worker gave it has, if it is somebody's. */
static void
check_given(const struct chan_msg *m)
{
	uint32_t nr = MSG_KEEP_NR(m->hdr.give);

	has[nr] = keep.slot[nr].node == NULL ? 0 :
	    node_id(keep.slot[nr].node);
}

/* What the worker is told to use, it has. */
static void
check_kept(struct req *r)
{
	struct chan_out out = { .type = r->call.type };
	int fds[MSG_KEPT];
	unsigned int i, nr;

	keep.root = trusted && r->call.cred.class == CRED_ROOT;
	wkeep_ask(&keep, r, &out, fds);
	wkeep_sent(&keep, r, &out);
	for (i = 0; i < MSG_KEPT; i++) {
		nr = MSG_KEEP_NR(out.kept[i]);
		FUZZ_MUST(nr < MSG_KEEP_MAX);
		if (MSG_KEEP_OP(out.kept[i]) == MSG_KEEP_PUT) {
			FUZZ_MUST(r->call.fds[i] >= 0);
			has[nr] = node_id(r->node[i]);
		}
	}
	/* A question that comes of an answer may use what that one gave. */
	if (answering != NULL && answering->hdr.give != 0)
		check_given(answering);
	for (i = 0; i < r->call.fd_cnt; i++)
		FUZZ_MUST(out.kept[i] == 0 ? r->call.fds[i] >= 0 :
		    has[MSG_KEEP_NR(out.kept[i])] == node_id(r->node[i]));
	FUZZ_MUST(out.give == 0 || MSG_KEEP_NR(out.give) < keep.max);
}

void
env_check_answer(struct req *r, const struct chan_msg *m)
{
	FUZZ_MUST(wkeep_answer(r, m) == 0);
	answering = m;
}

void
env_check_answered(struct fs *fs, const struct chan_msg *m)
{
	answering = NULL;
	wkeep_unclaimed(fs);
	if (m->hdr.give != 0)
		check_given(m);
}

void
env_check_question(struct req *r)
{
	const struct req_call *c = &r->call;
	const struct msg_row *row = msg_row(c->type);
	unsigned int i;

	FUZZ_MUST(row != NULL && !row->answer && c->done != NULL);
	FUZZ_MUST(row->from == MSG_TRANSPORT && row->to == MSG_FSWORKER);
	FUZZ_MUST(row->body_len <= sizeof(c->q));
	FUZZ_MUST(c->fd_cnt == row->fds && c->tail_len <= row->tail_max);
	for (i = 0; i < c->fd_cnt; i++)
		r->call.fds[i] = c->handles ? r->handle[i]->fd :
		    node_fd(r->node[i]);
	FUZZ_MUST(cred_valid(&c->cred));
	check_names(c);
	check_kept(r);
}

/* ---- system calls ---- */

void
env_plan(const uint8_t *bytes, size_t cnt)
{
	plan_cnt = cnt < ENV_PLAN_MAX ? (unsigned int)cnt : ENV_PLAN_MAX;
	if (plan_cnt > 0)
		memcpy(plan, bytes, plan_cnt);
	plan_at = 0;
}

/* How a call on len bytes goes: that many, or -1. */
static ssize_t
plan_next(size_t len)
{
	static const int errs[] = {
		EINTR, EAGAIN, EOPNOTSUPP, EIO, ENOSPC, EFBIG, EDQUOT, 4000,
	};
	uint8_t how = plan_at < plan_cnt ? plan[plan_at++] : 0;

	if (how >= PLAN_ERRNO) {
		errno = errs[how % (sizeof(errs) / sizeof(errs[0]))];
		return -1;
	}
	if (how >= PLAN_SHORT && how - PLAN_SHORT < len)
		return how - PLAN_SHORT;
	return (ssize_t)len;
}

/* Every byte is touched, as the kernel would. */
static ssize_t
plan_iov(const struct iovec *iov, int cnt, off_t off, int reads)
{
	volatile uint8_t sink = 0;
	size_t len = 0, done = 0, i;
	ssize_t want;
	int n;

	FUZZ_MUST(cnt > 0 && cnt <= IOV_MAX && off >= 0);
	for (n = 0; n < cnt; n++)
		len += iov[n].iov_len;
	FUZZ_MUST(len > 0 && len <= INT64_MAX - (uint64_t)off);
	if ((want = plan_next(len)) == -1)
		return -1;
	for (n = 0; n < cnt; n++)
		for (i = 0; i < iov[n].iov_len && done < (size_t)want;
		    i++, done++) {
			if (reads)
				((uint8_t *)iov[n].iov_base)[i] = 0x5a;
			else
				sink ^= ((const uint8_t *)iov[n].iov_base)[i];
		}
	(void)sink;
	return want;
}

ssize_t
preadv2(int fd, const struct iovec *iov, int cnt, off_t off, int flags)
{
	(void)flags;
	FUZZ_MUST(fd >= 0);
	return plan_iov(iov, cnt, off, 1);
}

ssize_t
pwritev2(int fd, const struct iovec *iov, int cnt, off_t off, int flags)
{
	(void)flags;
	FUZZ_MUST(fd >= 0);
	return plan_iov(iov, cnt, off, 0);
}

int
fallocate(int fd, int mode, off_t off, off_t len)
{
	(void)mode;
	FUZZ_MUST(fd >= 0 && off >= 0 && len > 0);
	return plan_next((size_t)len) == -1 ? -1 : 0;
}

ssize_t
copy_file_range(int from, off_t *from_off, int to, off_t *to_off, size_t len,
    unsigned int flags)
{
	FUZZ_MUST(from >= 0 && to >= 0 && flags == 0);
	FUZZ_MUST(*from_off >= 0 && *to_off >= 0 && len <= INT32_MAX);
	return plan_next(len);
}

/* There is no front-end that could wait for it. */
int
vu_draining(const struct vu_dev *d)
{
	(void)d;
	return 0;
}

void
vu_idle(struct vu_dev *d)
{
	(void)d;
}
