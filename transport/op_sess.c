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
 * Knows: INIT, DESTROY, FORGET, BATCH_FORGET, INTERRUPT, STATFS.
 * Never: a file's content or name.
 */

#include "config.h"

#include <sys/statfs.h>

#include <errno.h>
#include <string.h>

#include "../common/log.h"
#include "ahead.h"
#include "ask.h"
#include "fin.h"
#include "fs.h"
#include "lock.h"
#include "node.h"
#include "op.h"

#define SESS_BACKGROUND		65535
#define SESS_CONGESTION		(SESS_BACKGROUND / 4 * 3)
#define SESS_INIT_IN_MIN	16	/* before 7.36 there were no flags2 */
#define SESS_FORGETS		256	/* of a batch at a time */
#define SESS_FORGETS_MAX	(1u << 20)	/* nobody waits for more */

/* What is offered to every guest, as virtiofsd's defaults. */
#define SESS_FLAGS (FUSE_ASYNC_READ | FUSE_ATOMIC_O_TRUNC | \
    FUSE_BIG_WRITES | FUSE_AUTO_INVAL_DATA | FUSE_ASYNC_DIO | \
    FUSE_HAS_IOCTL_DIR | FUSE_PARALLEL_DIROPS | FUSE_MAX_PAGES | \
    FUSE_INIT_EXT | FUSE_EXPORT_SUPPORT)

/* Without all of these the share's ACLs would be wrong. */
#define SESS_ACL (FUSE_POSIX_ACL | FUSE_DONT_MASK | FUSE_SETXATTR_EXT)

void
op_sess_reset(struct fs *fs)
{
	op_lock_cancel(fs);
	lock_drop_all(fs->locks);
	handle_release_all(fs->handles, fs->nodes);
	ahead_forget_all(fs->ahead);
	node_forget_all(fs->nodes);
	memset(&fs->session, 0, sizeof(fs->session));
	memset(&fs->lean, 0, sizeof(fs->lean));
}

static uint64_t
op_init_offer(const struct fs *fs)
{
	static const struct {
		uint32_t share;
		uint64_t fuse;
	} map[] = {
		{ MSG_SHARE_SUBMOUNTS, FUSE_SUBMOUNTS },
		{ MSG_SHARE_POSIX_ACL, SESS_ACL },
		{ MSG_SHARE_LABEL, FUSE_SECURITY_CTX },
		{ MSG_SHARE_KILLPRIV_V2, FUSE_HANDLE_KILLPRIV_V2 },
		{ MSG_SHARE_WRITEBACK, FUSE_WRITEBACK_CACHE },
		{ MSG_SHARE_ALLOW_MMAP, FUSE_PROTO_ALLOW_MMAP },
		{ MSG_SHARE_ALLOW_IDMAP, FUSE_PROTO_ALLOW_IDMAP },
		{ MSG_SHARE_FLOCK, FUSE_FLOCK_LOCKS },
		{ MSG_SHARE_POSIX_LOCK, FUSE_POSIX_LOCKS },
		{ MSG_SHARE_NO_OPEN, FUSE_NO_OPEN_SUPPORT },
		{ MSG_SHARE_NO_OPENDIR, FUSE_NO_OPENDIR_SUPPORT },
	};
	uint64_t offer = SESS_FLAGS | FUSE_CREATE_SUPP_GROUP;
	unsigned int i;

	for (i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		if (fs->conf.flags & map[i].share)
			offer |= map[i].fuse;
	if (fs->conf.cache != MSG_CACHE_NEVER &&
	    (fs->conf.flags & MSG_SHARE_NO_PLUS) == 0)
		offer |= FUSE_DO_READDIRPLUS | FUSE_READDIRPLUS_AUTO;
	/* Requests come without ids then: only the root worker can act. */
	if ((fs->conf.flags & MSG_SHARE_TRUST_GUEST) == 0)
		offer &= ~FUSE_PROTO_ALLOW_IDMAP;
	return offer;
}

static uint64_t
op_init_flags(const struct fs *fs, const struct fuse_init_in *in)
{
	uint64_t guest = in->flags;

	if (guest & FUSE_INIT_EXT)
		guest |= (uint64_t)in->flags2 << 32;
	guest &= op_init_offer(fs);
	/* No OPEN would come to truncate anything. */
	if (guest & FUSE_NO_OPEN_SUPPORT)
		guest &= ~(uint64_t)FUSE_ATOMIC_O_TRUNC;
	return guest;
}

/* What the share insists on, and what it can do without. */
static int
op_init_missing(const struct fs *fs, uint64_t flags)
{
	if ((fs->conf.flags & MSG_SHARE_POSIX_ACL) != 0 &&
	    (flags & SESS_ACL) != SESS_ACL) {
		log_guest(LOG_KEY_FUSE, "the guest cannot do --posix-acl");
		return EPROTO;
	}
	if ((fs->conf.flags & MSG_SHARE_LABEL) != 0 &&
	    (flags & FUSE_SECURITY_CTX) == 0) {
		log_guest(LOG_KEY_FUSE, "the guest cannot do --security-label");
		return EPROTO;
	}
	if ((fs->conf.flags & MSG_SHARE_WRITEBACK) != 0 &&
	    (flags & FUSE_WRITEBACK_CACHE) == 0)
		log_guest(LOG_KEY_FUSE, "the guest does not do --writeback");
	if ((fs->conf.flags & MSG_SHARE_KILLPRIV_V2) != 0 &&
	    (flags & FUSE_HANDLE_KILLPRIV_V2) == 0)
		log_guest(LOG_KEY_FUSE, "the guest does not do --killpriv-v2");
	return 0;
}

static void
op_init_reply(struct req *r, const struct fuse_init_in *in, uint64_t flags)
{
	int huge = in->minor >= FUSE_PROTO_MINOR_HUGE &&
	    (flags & FUSE_MAX_PAGES) != 0;
	struct fuse_init_out out;

	memset(&out, 0, sizeof(out));
	out.major = FUSE_KERNEL_VERSION;
	out.minor = FUSE_PROTO_MINOR;
	out.max_readahead = in->max_readahead;
	out.flags = (uint32_t)flags;
	out.flags2 = (uint32_t)(flags >> 32);
	out.max_background = SESS_BACKGROUND;
	out.congestion_threshold = SESS_CONGESTION;
	out.max_write = huge ? FUSE_PROTO_HUGE_WRITE : FUSE_PROTO_MAX_WRITE;
	out.max_pages = huge ? FUSE_PROTO_HUGE_PAGES : FUSE_PROTO_MAX_PAGES;
	out.time_gran = 1;
	req_end_body(r, &out, sizeof(out));
}

void
op_init(struct req *r)
{
	struct fs *fs = r->fs;
	struct fuse_init_in in;
	struct fin f;
	uint64_t flags;
	int err;

	memset(&in, 0, sizeof(in));
	fin_init(&f, r);
	if (fin_take(&f, &in, f.left < sizeof(in) ? SESS_INIT_IN_MIN :
	    sizeof(in)) != 0) {
		req_end(r, EINVAL);
		return;
	}
	/* A newer major asks again with ours, fuse.h: "Version negotiation". */
	if (in.major > FUSE_KERNEL_VERSION) {
		op_init_reply(r, &in, 0);
		return;
	}
	if (in.major < FUSE_KERNEL_VERSION ||
	    in.minor < FUSE_PROTO_MINOR_MIN) {
		log_guest(LOG_KEY_FUSE, "guest speaks FUSE %u.%u, too old",
		    in.major, in.minor);
		req_end(r, EPROTO);
		return;
	}
	op_sess_reset(fs);
	flags = op_init_flags(fs, &in);
	if ((err = op_init_missing(fs, flags)) != 0) {
		req_end(r, err);
		return;
	}
	fs->session.ready = 1;
	fs->session.minor = in.minor;
	fs->session.flags = flags;
	log_debug("session: FUSE %u.%u, flags %llx", in.major, in.minor,
	    (unsigned long long)fs->session.flags);
	op_init_reply(r, &in, fs->session.flags);
}

void
op_destroy(struct req *r)
{
	op_sess_reset(r->fs);
	req_end(r, 0);
}

static void
op_forget_one(struct fs *fs, uint64_t nodeid, uint64_t cnt)
{
	struct node *n;

	if ((n = node_get(fs->nodes, nodeid)) == NULL)
		return;
	node_pin(n);
	node_forget(fs->nodes, n, cnt);
	if (n->nlookup == 0)
		handle_implicit_drop(fs->handles, fs->nodes, n);
	node_unpin(fs->nodes, n);
}

void
op_forget(struct req *r)
{
	struct fuse_forget_in in;
	struct fin f;

	fin_init(&f, r);
	if (fin_take(&f, &in, sizeof(in)) == 0)
		op_forget_one(r->fs, r->in.nodeid, in.nlookup);
	req_reply_none(r);
	req_free(r);
}

/*
 * A batch may have any length, so it is copied piece by piece.  A count that
 * lies: what is there is forgotten, no more.
 */
void
op_batch_forget(struct req *r)
{
	struct fuse_batch_forget_in in;
	struct fuse_forget_one one[SESS_FORGETS];
	size_t at = sizeof(r->in) + sizeof(in), cnt, left, i;
	struct fin f;

	fin_init(&f, r);
	left = fin_take(&f, &in, sizeof(in)) != 0 ? 0 :
	    (r->chain.in_len - at) / sizeof(one[0]);
	if (left > in.count)
		left = in.count;
	if (left > SESS_FORGETS_MAX)
		left = SESS_FORGETS_MAX;
	for (; left > 0; left -= cnt, at += cnt * sizeof(one[0])) {
		cnt = left < SESS_FORGETS ? left : SESS_FORGETS;
		if (req_gather(r, at, one, cnt * sizeof(one[0])) != 0)
			break;
		for (i = 0; i < cnt; i++)
			op_forget_one(r->fs, one[i].nodeid, one[i].nlookup);
	}
	req_reply_none(r);
	req_free(r);
}

/*
 * Only a wait for a lock can be cut short; everything else ends by itself,
 * and the protocol allows to ignore an interrupt.
 */
void
op_interrupt(struct req *r)
{
	struct fuse_interrupt_in in;
	struct fin f;

	fin_init(&f, r);
	if (fin_take(&f, &in, sizeof(in)) == 0)
		op_lock_interrupt(r->fs, in.unique);
	req_reply_none(r);
	req_free(r);
}

static void
op_statfs_work(struct req *r)
{
	struct fuse_statfs_out out;
	struct statfs st;

	if (fstatfs(r->io.fd, &st) == -1) {
		req_reply_err(r, errno);
		return;
	}
	memset(&out, 0, sizeof(out));
	out.st.blocks = st.f_blocks;
	out.st.bfree = st.f_bfree;
	out.st.bavail = st.f_bavail;
	out.st.files = st.f_files;
	out.st.ffree = st.f_ffree;
	out.st.bsize = (uint32_t)st.f_bsize;
	out.st.namelen = (uint32_t)st.f_namelen;
	out.st.frsize = (uint32_t)st.f_frsize;
	req_reply(r, &out, sizeof(out));
}

static void
op_statfs_ready(struct req *r, int err)
{
	if (err != 0) {
		req_end(r, err);
		return;
	}
	r->io.fd = node_fd(r->node[0]);
	ask_iopool(r, op_statfs_work, NULL);
}

void
op_statfs(struct req *r)
{
	int err;

	if ((err = req_node(r, 0, r->in.nodeid)) != 0)
		req_end(r, err);
	else
		ask_nodes(r, 1, op_statfs_ready);
}
