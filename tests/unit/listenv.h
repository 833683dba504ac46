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

#ifndef VIOFSD_TEST_LISTENV_H
#define VIOFSD_TEST_LISTENV_H

/*
 * Knows: a directory that a guest lists, and answers of workers in the making;
 * includes op_list.c and op_plus.c.
 * Never: a test.
 */

#include "transport/op_list.c"
#include "transport/op_plus.c"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <fcntl.h>
#include <stdio.h>

#include <event2/event.h>

#include "transport/blink.h"
#include "transport/dispatch.h"
#include "transport/iopool.h"
#include "transport/reap.h"
#include "transport/wlink.h"

#define ROOM	8192u
#define ENTRY(n)	FUSE_DIRENT_ALIGN(FUSE_NAME_OFFSET_DIRENTPLUS + (n))

static struct fs fs;
static struct handle *dir;
static struct node *root;
static uint8_t in_buf[sizeof(struct fuse_in_header) +
    sizeof(struct fuse_read_in)];
static uint8_t out_buf[sizeof(struct fuse_out_header) + ROOM + 64];
static struct req *asked[16];	/* questions that reached a worker */
static unsigned int ask_cnt, push_cnt;
static int wlink_err;		/* answer at once with this */
static uint32_t pushed_len;
static uint32_t asker = 1000;	/* who the guest is */
static char path[64];

void
vring_push(struct vring *ring, uint16_t head, uint32_t len)
{
	(void)ring;
	(void)head;
	push_cnt++;
	pushed_len = len;
}

void
reap_close(struct fs *f, int *fd)
{
	(void)f;
	fd_close(fd);
}

/* The share's root never loses its descriptor. */
int
blink_hopen(struct blink *b, const struct msg_seal *seal, void *cookie)
{
	(void)b;
	(void)seal;
	(void)cookie;
	return ENOMEM;
}

void
dispatch_flush(struct fs *f)
{
	(void)f;
	fail();
}

void
wlink_call(struct wlink *w, struct req *r)
{
	(void)w;
	if (wlink_err != 0) {
		r->call.done(r, wlink_err, NULL);
		return;
	}
	assert_true(ask_cnt < 16);
	asked[ask_cnt++] = r;
}

/* A thread that is as fast as that. */
void
iopool_submit(struct iopool *p, struct req *r)
{
	(void)p;
	r->io.work(r);
	if (r->io.after != NULL)
		r->io.after(r);
	req_free(r);
}

static inline struct fuse_out_header *
reply(void)
{
	return (void *)out_buf;
}

static inline void
list(uint32_t opcode, uint64_t off, uint32_t size, size_t room)
{
	struct fuse_in_header in;
	struct fuse_read_in rd;
	struct req *r = req_new(&fs);
	int repliable;

	assert_non_null(r);
	memset(&in, 0, sizeof(in));
	in.len = sizeof(in_buf);
	in.opcode = opcode;
	in.nodeid = FUSE_ROOT_ID;
	in.uid = in.gid = asker;
	memset(&rd, 0, sizeof(rd));
	rd.fh = handle_id(dir);
	rd.offset = off;
	rd.size = size;
	memcpy(in_buf, &in, sizeof(in));
	memcpy(in_buf + sizeof(in), &rd, sizeof(rd));
	memset(out_buf, 0xaa, sizeof(out_buf));
	r->chain.iov[0].iov_base = in_buf;
	r->chain.iov[0].iov_len = r->chain.in_len = sizeof(in_buf);
	r->chain.iov[1].iov_base = out_buf;
	r->chain.iov[1].iov_len = r->chain.out_len =
	    sizeof(struct fuse_out_header) + room;
	r->chain.in_cnt = r->chain.out_cnt = 1;
	assert_int_equal(req_read(r, &repliable), 0);
	push_cnt = 0;
	if (opcode == FUSE_READDIR)
		op_readdir(r);
	else
		op_readdirplus(r);
}

/* Nothing behind the reply was touched. */
static inline void
check_reply(size_t room)
{
	size_t i;

	assert_int_equal(push_cnt, 1);
	assert_int_equal(reply()->len, pushed_len);
	assert_true(reply()->len <= sizeof(struct fuse_out_header) + room);
	for (i = sizeof(struct fuse_out_header) + room; i < sizeof(out_buf);
	    i++)
		assert_int_equal(out_buf[i], 0xaa);
}

/* A worker's answer in the making. */
static struct {
	struct chan_msg m;
	struct a_readdirplus a;
	uint8_t tail[MSG_TAIL_MAX];
} ans;

/* A record of name; a seal of seal_len bytes comes before it. */
static inline struct msg_dirent *
record_sealed(const char *name, int file, const void *seal, size_t seal_len)
{
	struct msg_dirent *d = (void *)(ans.tail + ans.m.tail_len);
	struct stat st;
	char full[512];
	int fd;

	memset(d, 0, sizeof(*d));
	d->name_len = (uint16_t)strlen(name);
	d->seal_len = (uint16_t)seal_len;
	d->rec_len = (uint16_t)((sizeof(*d) + seal_len + d->name_len + 7) &
	    ~7u);
	d->off = ans.a.entry_cnt + 1;
	d->ino = 1234;
	d->type = DT_REG;
	if (seal_len > 0)
		memcpy(d + 1, seal, seal_len);
	memcpy((uint8_t *)(d + 1) + seal_len, name, d->name_len);
	ans.m.tail_len += d->rec_len;
	ans.a.entry_cnt++;
	if (!file)
		return d;
	snprintf(full, sizeof(full), "%s/%s", path, name);
	fd = open(full, O_PATH | O_CLOEXEC);
	assert_int_not_equal(fd, -1);
	assert_int_equal(fstat(fd, &st), 0);
	d->flags = MSG_DIRENT_NODE;
	d->attr.ino = d->ino = st.st_ino;
	d->attr.mode = st.st_mode;
	d->attr.uid = st.st_uid;
	d->attr.dev_major = major(st.st_dev);
	d->attr.dev_minor = minor(st.st_dev);
	assert_int_equal(fdbag_put(&ans.m.fds, fd), 0);
	return d;
}

static inline struct msg_dirent *
record(const char *name, int file)
{
	return record_sealed(name, file, NULL, 0);
}

static inline void
answer(void)
{
	struct req *r = asked[--ask_cnt];

	ans.m.body = &ans.a;
	ans.m.tail = ans.tail;
	r->call.done(r, 0, &ans.m);
	fdbag_close(&ans.m.fds);
}

static inline void
ask_plus(uint32_t size)
{
	memset(&ans, 0, sizeof(ans));
	fdbag_init(&ans.m.fds);
	list(FUSE_READDIRPLUS, 0, size, ROOM);
	assert_int_equal(ask_cnt, 1);
}

static inline void
make_file(const char *name)
{
	char full[512];
	int fd;

	snprintf(full, sizeof(full), "%s/%s", path, name);
	fd = open(full, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert_int_not_equal(fd, -1);
	close(fd);
}

static inline int
setup_group(void **state)
{
	struct msg_attr a;
	struct stat st;
	char name[16];
	int fd, i;

	(void)state;
	snprintf(path, sizeof(path), "/tmp/viofsd-list.XXXXXX");
	if (mkdtemp(path) == NULL)
		return -1;
	for (i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "file%d", i);
		make_file(name);
	}
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	memset(&a, 0, sizeof(a));
	fstat(fd, &st);
	a.ino = st.st_ino;
	a.mode = st.st_mode;
	a.dev_major = major(st.st_dev);
	a.dev_minor = minor(st.st_dev);
	fs.fd_total = 1000;
	fs.reqs = req_pool_new(4);
	fs.nodes = node_table_new(&fs, fd, &a, 1000);
	fs.handles = handle_table_new(&fs, 10);
	fs.base = event_base_new();
	fs.conf.entry.sec = fs.conf.attr.sec = 1;
	fs.conf.dir_entry.sec = fs.conf.dir_attr.sec = 1;
	fs.batches = batch_set_new(&fs, op_list_old, &fs);
	root = node_get(fs.nodes, FUSE_ROOT_ID);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return handle_new(fs.handles, root, &fd, 1, &dir);
}

static inline int
teardown_group(void **state)
{
	char full[512];
	int i;

	(void)state;
	for (i = 0; i < 20; i++) {
		snprintf(full, sizeof(full), "%s/file%d", path, i);
		unlink(full);
	}
	rmdir(path);
	return 0;
}

/* Whatever happened, no request is left and the stream is free. */
static inline int
teardown(void **state)
{
	(void)state;
	assert_int_equal(ask_cnt, 0);
	assert_int_equal(req_live(&fs), 0);
	assert_int_equal(dir->dir_busy, 0);
	assert_int_equal(dir->pins, 1);
	assert_true(TAILQ_EMPTY(&dir->dir_wait));
	node_forget_all(fs.nodes);
	assert_int_equal(node_count(fs.nodes), 1);
	return 0;
}

#define UNIT(f)	cmocka_unit_test_teardown(f, teardown)

#endif
