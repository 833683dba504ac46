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
#include "ask.h"
#include "fin.h"
#include "fs.h"
#include "node.h"
#include "op.h"

#define SESS_BACKGROUND		65535
#define SESS_CONGESTION		(SESS_BACKGROUND / 4 * 3)
#define SESS_INIT_IN_MIN	16	/* before 7.36 there were no flags2 */

/* What is offered to every guest, as virtiofsd's defaults. */
#define SESS_FLAGS (FUSE_ASYNC_READ | FUSE_ATOMIC_O_TRUNC | \
    FUSE_BIG_WRITES | FUSE_AUTO_INVAL_DATA | FUSE_ASYNC_DIO | \
    FUSE_HAS_IOCTL_DIR | FUSE_PARALLEL_DIROPS | FUSE_MAX_PAGES | \
    FUSE_INIT_EXT)

void
op_sess_reset(struct fs *fs)
{
	handle_release_all(fs->handles, fs->nodes);
	node_forget_all(fs->nodes);
	memset(&fs->session, 0, sizeof(fs->session));
}

static uint64_t
op_init_offer(const struct fs *fs)
{
	uint64_t offer = SESS_FLAGS | FUSE_CREATE_SUPP_GROUP;

	if (fs->conf.cache != MSG_CACHE_NEVER)
		offer |= FUSE_DO_READDIRPLUS | FUSE_READDIRPLUS_AUTO;
	if (fs->conf.flags & MSG_SHARE_SUBMOUNTS)
		offer |= FUSE_SUBMOUNTS;
	/* Such requests come without ids: only the root worker can act. */
	if (fs->conf.flags & MSG_SHARE_TRUST_GUEST)
		offer |= FUSE_PROTO_ALLOW_IDMAP;
	return offer;
}

static uint64_t
op_init_flags(const struct fs *fs, const struct fuse_init_in *in)
{
	uint64_t guest = in->flags;

	if (guest & FUSE_INIT_EXT)
		guest |= (uint64_t)in->flags2 << 32;
	return guest & op_init_offer(fs);
}

static void
op_init_reply(struct req *r, const struct fuse_init_in *in, uint64_t flags)
{
	struct fuse_init_out out;

	memset(&out, 0, sizeof(out));
	out.major = FUSE_KERNEL_VERSION;
	out.minor = FUSE_PROTO_MINOR;
	out.max_readahead = in->max_readahead;
	out.flags = (uint32_t)flags;
	out.flags2 = (uint32_t)(flags >> 32);
	out.max_background = SESS_BACKGROUND;
	out.congestion_threshold = SESS_CONGESTION;
	out.max_write = FUSE_PROTO_MAX_WRITE;
	out.max_pages = FUSE_PROTO_MAX_PAGES;
	out.time_gran = 1;
	req_end_body(r, &out, sizeof(out));
}

void
op_init(struct req *r)
{
	struct fs *fs = r->fs;
	struct fuse_init_in in;
	struct fin f;

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
	fs->session.ready = 1;
	fs->session.minor = in.minor;
	fs->session.flags = op_init_flags(fs, &in);
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

	if ((n = node_get(fs->nodes, nodeid)) != NULL)
		node_forget(fs->nodes, n, cnt);
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

void
op_batch_forget(struct req *r)
{
	struct fuse_batch_forget_in in;
	struct fuse_forget_one one;
	struct fin f;
	uint32_t i;

	fin_init(&f, r);
	/* A count that lies: what is there is forgotten, no more. */
	if (fin_take(&f, &in, sizeof(in)) == 0)
		for (i = 0; i < in.count &&
		    fin_take(&f, &one, sizeof(one)) == 0; i++)
			op_forget_one(r->fs, one.nodeid, one.nlookup);
	req_reply_none(r);
	req_free(r);
}

/*
 * Requests that wait for a lock do not exist yet, all others end by
 * themselves; the protocol allows to ignore an interrupt.
 */
void
op_interrupt(struct req *r)
{
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

void
op_statfs(struct req *r)
{
	int err;

	if ((err = req_node(r, 0, r->in.nodeid)) == 0 &&
	    (r->io.fd = node_fd(r->node[0])) == -1)
		err = ESTALE;
	if (err != 0)
		req_end(r, err);
	else
		ask_iopool(r, op_statfs_work, NULL);
}
