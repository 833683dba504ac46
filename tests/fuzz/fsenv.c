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
 * Knows: everything around the FUSE half of the transport, made up.
 * Never: which requests come, and what is answered: that is the input.
 */

#include "config.h"

#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>

#include <event2/event.h>

/* A second try is made in the next turn, whatever the clock says. */
static const struct timeval env_at_once;
#undef evtimer_add
#define evtimer_add(ev, tv)	((void)(tv), event_add(ev, &env_at_once))

/* Nothing is random: an input does the same each time. */
static ssize_t
env_random(void *buf, size_t len, unsigned int flags)
{
	(void)flags;
	memset(buf, 0x5a, len);
	return (ssize_t)len;
}
#define getrandom(buf, len, flags)	env_random(buf, len, flags)

/* Small tables: each input has its own, and fills one more easily. */
#define NODE_CHUNK	8u
#define NODE_CHUNK_MAX	64u
#define NODE_HASH_MIN	4u
#define HANDLE_CHUNK	8u

/* Few descriptors, and some of them may be asked for early. */
#define BATCH_FDS	2u

/* Included, as these never free their tables. */
#include "transport/ahead.c"
#include "transport/batch.c"
#include "transport/handle.c"
#include "transport/lock.c"
#include "transport/node.c"
#include "transport/node_slot.c"
#include "transport/req.c"
#include "transport/spare.c"

#include "transport/ask.h"
#include "transport/blink.h"
#include "transport/dispatch.h"
#include "transport/iopool.h"
#include "transport/lock.h"
#include "transport/op.h"
#include "transport/route.h"
#include "transport/sysfd.h"
#include "transport/vu.h"
#include "transport/wlink.h"
#include "fsenv.h"
#include "fsenv_check.h"
#include "fsenv_honest.h"
#include "fsenv_watch.h"

/* ... and one for each of four directories, which no guest waits for. */
#define ENV_WAIT_MAX	(ENV_LIVE_MAX + 4)

static struct {
	int ready;
	int fd_free;
	int file[ENV_FILE_CNT];
	struct event_base *base;
	struct fs fs;
	struct vring ring[2];
	struct env_slot slot[ENV_LIVE_MAX];
	struct env_slot *next;		/* in the ring, not popped yet */
	struct req *waiting[ENV_WAIT_MAX];
	unsigned int waiting_cnt;
	uint16_t asked[ENV_LIVE_MAX];	/* before a HOPEN */
	struct chan_msg msg;
	uint8_t *body, *tail;		/* of msg: just that long */
} env;

static const struct idmap_rule env_rules[] = {
	{ IDMAP_UID, IDMAP_GUEST, 1000, 2000, 10 },
	{ IDMAP_UID, IDMAP_HOST, 2000, 1000, 10 },
	{ IDMAP_GID, IDMAP_SQUASH_GUEST, 1000, 2000, 10 },
	{ IDMAP_UID, IDMAP_FORBID_GUEST, 5, 0, 10 },
};

/* ---- the ring ---- */

struct vring *
vu_ring(struct vu_dev *d, unsigned int idx)
{
	(void)d;
	return idx < 2 ? &env.ring[idx] : NULL;
}

int
vu_ring_running(struct vu_dev *d, unsigned int idx)
{
	(void)d;
	return idx < 2;
}

void
vring_notify(struct vring *v)
{
	(void)v;
}

/* Cut len bytes into pieces; returns how many. */
static unsigned int
env_cut(struct iovec *iov, uint8_t *base, size_t len, size_t cut)
{
	unsigned int n = 0;
	size_t take;

	while (len > 0) {
		take = cut == 0 || n == VRING_CHAIN_MAX / 2 - 1 || cut > len ?
		    len : cut;
		iov[n].iov_base = base;
		iov[n++].iov_len = take;
		base += take;
		len -= take;
	}
	return n;
}

int
vring_pop(struct vring *v, struct vring_chain *c)
{
	struct env_slot *s = env.next;

	if (v != &env.ring[1] || s == NULL)
		return EAGAIN;
	env.next = NULL;
	c->head = (uint16_t)(s - env.slot);
	c->vring = v;
	c->in_len = s->in_len;
	c->out_len = s->out_len;
	c->in_cnt = env_cut(c->iov, s->in, s->in_len, s->cut);
	c->out_cnt = env_cut(c->iov + c->in_cnt, s->out, s->out_len, s->cut);
	return 0;
}

/* The chain is the guest's again: whoever touches it now is caught. */
void
vring_push(struct vring *v, uint16_t head, uint32_t len)
{
	struct env_slot *s;

	FUZZ_MUST(v == &env.ring[1] && head < ENV_LIVE_MAX);
	s = &env.slot[head];
	FUZZ_MUST(s->in != NULL);
	env_check_reply(&env.fs, s, len);
	free(s->in);
	env_room_free(s->out, s->out_len);
	memset(s, 0, sizeof(*s));
}

void
env_request(const void *in, size_t len, size_t room, size_t cut)
{
	unsigned int i;

	for (i = 0; i < ENV_LIVE_MAX && env.slot[i].in != NULL; i++)
		continue;
	if (i == ENV_LIVE_MAX)
		return;
	env.slot[i].in = malloc(len > 0 ? len : 1);
	env.slot[i].out = env_room(i, room);
	FUZZ_MUST(env.slot[i].in != NULL && env.slot[i].out != NULL);
	memcpy(env.slot[i].in, in, len);
	env.slot[i].in_len = len;
	env.slot[i].out_len = room;
	env.slot[i].cut = cut;
	env.next = &env.slot[i];
	dispatch_ring(&env.fs, 1);
	FUZZ_MUST(env.next == NULL);
}

/* ---- workers and threads ---- */

static void
env_wait(struct req *r)
{
	FUZZ_MUST(env.waiting_cnt < ENV_WAIT_MAX);
	env.waiting[env.waiting_cnt++] = r;
}

static struct req *
env_take(unsigned int i)
{
	struct req *r = env.waiting[i];

	memmove(&env.waiting[i], &env.waiting[i + 1],
	    (--env.waiting_cnt - i) * sizeof(env.waiting[0]));
	return r;
}

void
wlink_call(struct wlink *w, struct req *r)
{
	(void)w;
	if (!env_check_enough(r)) {
		ask_home(r);
		return;
	}
	env_check_question(r);
	env_wait(r);
}

unsigned int
wlink_waiting(struct wlink *w, const struct cred *cred)
{
	(void)w;
	(void)cred;
	return 0;
}

/*
 * All that there is lies on a filesystem that tells of changes.  Libraries ask
 * the real one, maybe before main().
 */
int	__wrap_fstatfs(int fd, struct statfs *st);

int
__wrap_fstatfs(int fd, struct statfs *st)
{
	memset(st, 0, sizeof(*st));
	st->f_type = TMPFS_MAGIC;
	return fcntl(fd, F_GETFD) == -1 ? -1 : 0;
}

void
wlink_settle(struct wlink *w)
{
	(void)w;
}

void
wlink_ring_lazy(struct wlink *w)
{
	(void)w;
}

void
iopool_reap(struct iopool *p)
{
	(void)p;
}

void
iopool_submit(struct iopool *p, struct req *r)
{
	(void)p;
	FUZZ_MUST(r->io.work != NULL);
	r->call.type = MSG_NONE;
	env_wait(r);
}

int
iopool_close(struct iopool *p, int fd)
{
	(void)p;
	close(fd);
	return 0;
}

/* The broker, who makes descriptors of sealed handles. */
int
blink_hopen(struct blink *b, const struct msg_seal *seal, void *cookie)
{
	struct req *r = cookie;

	(void)b;
	FUZZ_MUST(seal->len > 0 && seal->len <= MSG_HANDLE_MAX);
	env.asked[r->chain.head] = r->call.type;
	r->call.type = Q_HOPEN;
	env_wait(r);
	return 0;
}

void
env_turn(void)
{
	event_base_loop(env.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

unsigned int
env_waiting(void)
{
	return env.waiting_cnt;
}

int
env_is_question(unsigned int i)
{
	return env.waiting[i]->call.type != MSG_NONE;
}

void
env_run(unsigned int i)
{
	struct req *r = env_take(i);

	r->io.work(r);
	dispatch_io_done(r);
}

/* The descriptor that the attributes of an answer to r are about. */
static int
env_subject(const struct req *r)
{
	if (MSG_KEEP_OP(env.msg.hdr.give) == MSG_KEEP_USE)
		return -1;
	switch (r->call.type) {
	case Q_LOOKUP:
	case Q_CREATE:
	case Q_MKNOD:
	case Q_MKDIR:
	case Q_SYMLINK:
	case Q_TMPFILE:
		return fdbag_get(&env.msg.fds, 0);
	case Q_LINK:
	case Q_SETATTR:
		return node_fd(r->node[0]);
	default:
		return -1;
	}
}

static void
env_compose(const struct req *r, const struct env_answer *a)
{
	struct chan_msg *m = &env.msg;
	unsigned int i, cnt;
	int fd;

	m->row = msg_row(r->call.type + 1);
	FUZZ_MUST(m->row != NULL);
	env.body = calloc(1, m->row->body_len);
	m->tail_len = a->tail_len < m->row->tail_max ? a->tail_len :
	    m->row->tail_max;
	env.tail = malloc(m->tail_len > 0 ? m->tail_len : 1);
	FUZZ_MUST(env.body != NULL && env.tail != NULL);
	if (a->body_len > 0)
		memcpy(env.body, a->body, a->body_len < m->row->body_len ?
		    a->body_len : m->row->body_len);
	if (m->tail_len > 0)
		memcpy(env.tail, a->tail, m->tail_len);
	m->body = env.body;
	m->tail = env.tail;
	cnt = (m->row->fds & 0x8000u) != 0 ? a->fd_cnt : m->row->fds;
	/* What may be kept and not sent, is; it has no honest attributes. */
	m->hdr.give = m->row->gives ? r->call.give : 0;
	cnt -= MSG_KEEP_OP(m->hdr.give) == MSG_KEEP_USE;
	for (i = 0; i < cnt; i++) {
		fd = fcntl(env.file[a->file[i % 2]], F_DUPFD_CLOEXEC, 0);
		FUZZ_MUST(fd != -1 && fdbag_put(&m->fds, fd) == 0);
	}
	if (a->honest && (fd = env_subject(r)) != -1)
		env_honest((struct msg_attr *)(void *)env.body, fd);
	if (a->honest && r->call.type == Q_AHEAD)
		env_honest_watch((struct a_ahead *)(void *)env.body,
		    &r->call.q.ahead);
	if (r->call.type == Q_READDIRPLUS || r->call.type == Q_AHEAD)
		env_honest_records(env.tail, m->tail_len, &m->fds);
}

static void
env_opened(struct req *r, const struct env_answer *a)
{
	int fd = -1;

	if (a->err == 0) {
		fd = fcntl(env.file[a->file[0]], F_DUPFD_CLOEXEC, 0);
		FUZZ_MUST(fd != -1);
	}
	r->call.type = env.asked[r->chain.head];
	ask_opened(&env.fs, r, a->err, fd);
}

/* As wlink.c does it, with the privileged retry. */
void
env_answer(unsigned int i, const struct env_answer *a)
{
	struct req *r = env_take(i);
	struct cred cred;

	fdbag_init(&env.msg.fds);
	if (r->call.type == Q_HOPEN) {
		env_opened(r, a);
		return;
	}
	if (a->err != 0)
		env_check_answer(r, NULL);
	if (a->err != 0 && route_retry(r, a->err, &cred)) {
		r->call.retried = 1;
		r->call.cred = cred;
		wlink_call(NULL, r);
	} else if (a->err != 0) {
		r->call.done(r, a->err, NULL);
	} else {
		env_compose(r, a);
		env_check_answer(r, &env.msg);
		r->call.done(r, 0, &env.msg);
		env_check_answered(&env.fs, &env.msg);
		free(env.body);
		free(env.tail);
	}
	fdbag_close(&env.msg.fds);
	dispatch_flush(&env.fs);
}

/* ---- begin and end ---- */

/* Somebody else holds locks on ENV_OTHER. */
static void
env_locked(void)
{
	struct flock fl = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d",
	    env.file[ENV_OTHER]);
	fd = open(path, O_RDWR | O_CLOEXEC);
	FUZZ_MUST(fd != -1 && fcntl(fd, F_OFD_SETLK, &fl) == 0 &&
	    flock(fd, LOCK_EX) == 0);
}

static void
env_files(void)
{
	int pair[2];

	env.file[ENV_FILE] = memfd_create("file", MFD_CLOEXEC);
	env.file[ENV_DIR] = open("/proc/self/ns", O_RDONLY | O_CLOEXEC);
	env.file[ENV_SUID] = memfd_create("suid", MFD_CLOEXEC);
	env.file[ENV_OTHER] = memfd_create("other", MFD_CLOEXEC);
	env_locked();
	env.file[ENV_LINK] = open("/proc/self/exe",
	    O_PATH | O_NOFOLLOW | O_CLOEXEC);
	env.file[ENV_ROOT] = open("/proc/self/net", O_PATH | O_CLOEXEC);
	FUZZ_MUST(pipe2(pair, O_CLOEXEC) == 0);
	env.file[ENV_FIFO] = pair[0];
	FUZZ_MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
	    pair) == 0);
	env.file[ENV_SOCKET] = pair[0];
	FUZZ_MUST(env.file[ENV_SUID] != -1 &&
	    fchmod(env.file[ENV_SUID], 06755) == 0);
	FUZZ_MUST(env.file[ENV_DIR] != -1 && env.file[ENV_ROOT] != -1 &&
	    env.file[ENV_LINK] != -1);
}

void
env_open(unsigned int how, uint32_t share, uint64_t flags)
{
	struct msg_attr attr;
	struct fs *fs = &env.fs;

	if (!env.ready) {
		log_set_level(LOG_LEVEL_OFF);
		env_files();
		env_watch_setup();
		env.base = event_base_new();
		FUZZ_MUST(env.base != NULL);
		env.ready = 1;
	}
	env.fd_free = fuzz_fd_free();
	memset(fs, 0, sizeof(*fs));
	fs->conf.cache = how & ENV_CACHE;
	fs->conf.flags = share & MSG_SHARE_FLAGS;
	fs->ids.rules = env_rules;
	fs->ids.cnt = (how & ENV_RULES) ?
	    sizeof(env_rules) / sizeof(env_rules[0]) : 0;
	if (how & ENV_READY) {
		fs->session.ready = 1;
		fs->session.minor = FUSE_PROTO_MINOR;
		fs->session.flags = flags;
	}
	memset(&attr, 0, sizeof(attr));
	env_honest(&attr, env.file[ENV_ROOT]);
	fs->base = env.base;
	fs->magic = TMPFS_MAGIC;
	fs->cookies = 1;
	fs->dev_major = attr.dev_major;
	fs->dev_minor = attr.dev_minor;
	fs->fd_total = how & ENV_AHEAD ? 207 : 7;
	fs->watch = env_watch_begin(fs);
	fs->ahead = ahead_table_new(fs, how & ENV_AHEAD ? 100 : 0);
	fs->spares = spare_set_new(fs, how & ENV_AHEAD ? 3 : 0);
	fs->conf.entry.sec = fs->conf.attr.sec = 1;
	fs->conf.dir_entry.sec = fs->conf.dir_attr.sec = 1;
	fs->batches = batch_set_new(fs, op_list_old, fs);
	fs->locks = lock_table_new(fs, 8);
	fs->reqs = req_pool_new(4);
	fs->handles = handle_table_new(fs, 4);
	env_check_begin(fs);
	fs->nodes = node_table_new(fs,
	    fcntl(env.file[ENV_ROOT], F_DUPFD_CLOEXEC, 0), &attr, 7);
	FUZZ_MUST(fs->reqs != NULL && fs->handles != NULL &&
	    fs->ahead != NULL && fs->spares != NULL &&
	    fs->locks != NULL && fs->nodes != NULL && fs->batches != NULL);
}

static void
env_free(void)
{
	struct handle_table *h = env.fs.handles;
	struct node_table *n = env.fs.nodes;
	struct req *r;
	unsigned int i;

	env_check_end();
	while ((r = TAILQ_FIRST(&env.fs.reqs->free)) != NULL) {
		TAILQ_REMOVE(&env.fs.reqs->free, r, entry);
		free(r);
	}
	free(env.fs.reqs);
	for (i = 0; i < h->chunk_cnt; i++)
		free(h->chunk[i]);
	free(h->chunk);
	free(h);
	free(env.fs.locks);
	event_free(env.fs.batches->ev);
	free(env.fs.batches);
	event_free(env.fs.ahead->ev);
	free(env.fs.ahead);
	event_free(env.fs.spares->ev);
	free(env.fs.spares);
	fd_close(&n->root->fd);
	for (i = 0; i < n->slots.cnt; i++)
		free(n->slots.chunk[i].node);
	free(n->slots.chunk);
	free(n->hash);
	free(n);
}

void
env_close(void)
{
	static const struct env_answer lost = { .err = EIO };
	unsigned int i;

	while (env.waiting_cnt > 0) {
		if (env_is_question(0))
			env_answer(0, &lost);
		else
			env_run(0);
	}
	op_lock_cancel(&env.fs);
	FUZZ_MUST(env.waiting_cnt == 0);
	FUZZ_MUST(req_live(&env.fs) == 0);
	for (i = 0; i < ENV_LIVE_MAX; i++)
		FUZZ_MUST(env.slot[i].in == NULL);
	op_sess_reset(&env.fs);
	FUZZ_MUST(node_count(env.fs.nodes) == 1);
	FUZZ_MUST(handle_count(env.fs.handles) == 0);
	FUZZ_MUST(env.fs.batches->cnt == 0 && env.fs.batches->fds == 0);
	FUZZ_MUST(env.fs.nodes->fds == 1);
	FUZZ_MUST(env.fs.fd_open == 0 && env.fs.ahead->name_cnt == 0);
	env_watch_end();
	env_free();
	FUZZ_MUST(fuzz_fd_free() == env.fd_free);
}
