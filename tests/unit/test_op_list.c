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
 * Knows: directories listed to a guest, and workers that lie about entries.
 * Never: a real worker.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "transport/op_list.c"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <fcntl.h>
#include <stdio.h>

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

static struct fuse_out_header *
reply(void)
{
	return (void *)out_buf;
}

static void
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
	in.uid = in.gid = 1000;
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
static void
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

static struct msg_dirent *
record(const char *name, int file)
{
	struct msg_dirent *d = (void *)(ans.tail + ans.m.tail_len);
	struct stat st;
	char full[512];
	int fd;

	memset(d, 0, sizeof(*d));
	d->name_len = (uint16_t)strlen(name);
	d->rec_len = (uint16_t)((sizeof(*d) + d->name_len + 7) & ~7u);
	d->off = ans.a.entry_cnt + 1;
	d->ino = 1234;
	d->type = DT_REG;
	memcpy(d + 1, name, d->name_len);
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

static void
answer(void)
{
	struct req *r = asked[--ask_cnt];

	ans.m.body = &ans.a;
	ans.m.tail = ans.tail;
	r->call.done(r, 0, &ans.m);
	fdbag_close(&ans.m.fds);
}

static void
ask_plus(uint32_t size)
{
	memset(&ans, 0, sizeof(ans));
	fdbag_init(&ans.m.fds);
	list(FUSE_READDIRPLUS, 0, size, ROOM);
	assert_int_equal(ask_cnt, 1);
}

static void
make_file(const char *name)
{
	char full[512];
	int fd;

	snprintf(full, sizeof(full), "%s/%s", path, name);
	fd = open(full, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert_int_not_equal(fd, -1);
	close(fd);
}

static int
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
	root = node_get(fs.nodes, FUSE_ROOT_ID);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return handle_new(fs.handles, root, &fd, 1, &dir);
}

static int
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
static int
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

static void
test_readdir_all_rooms(void **state)
{
	const struct fuse_dirent *d;
	unsigned int room, seen;
	uint64_t off;
	size_t at;

	(void)state;
	for (room = 64; room <= ROOM; room *= 2) {
		off = seen = 0;
		for (;;) {
			list(FUSE_READDIR, off, room, room);
			check_reply(room);
			assert_int_equal(reply()->error, 0);
			if (reply()->len == sizeof(*reply()))
				break;
			for (at = sizeof(*reply()); at < reply()->len;
			    at += FUSE_DIRENT_SIZE(d)) {
				d = (const void *)(out_buf + at);
				assert_in_range(d->namelen, 1, 255);
				off = d->off;
				seen++;
			}
			assert_int_equal(at, reply()->len);
		}
		assert_int_equal(seen, 22);
	}
}

/* ".." of the share's root is outside. */
static void
test_readdir_root_parent(void **state)
{
	const struct fuse_dirent *d;
	unsigned int found = 0;
	size_t at;

	(void)state;
	list(FUSE_READDIR, 0, ROOM, ROOM);
	for (at = sizeof(*reply()); at < reply()->len;
	    at += FUSE_DIRENT_SIZE(d)) {
		d = (const void *)(out_buf + at);
		if (d->namelen == 2 && memcmp(d->name, "..", 2) == 0) {
			assert_int_equal(d->ino, root->ino);
			found = 1;
		}
	}
	assert_int_equal(found, 1);
}

static void
test_bad_arguments(void **state)
{
	(void)state;
	list(FUSE_READDIR, 0, ROOM + 1, ROOM);	/* more than there is room */
	assert_int_equal(reply()->error, -EINVAL);
	list(FUSE_READDIR, 1ULL << 63, ROOM, ROOM);
	assert_int_equal(reply()->error, -EINVAL);
	list(FUSE_READDIRPLUS, UINT64_MAX, ROOM, ROOM);
	assert_int_equal(reply()->error, -EINVAL);
	list(FUSE_READDIR, 0, 16, 16);		/* not one entry fits */
	assert_int_equal(reply()->error, -EINVAL);
}

static void
test_plus(void **state)
{
	const struct fuse_direntplus *e = (void *)(out_buf +
	    sizeof(struct fuse_out_header));
	struct node *n;

	(void)state;
	ask_plus(ROOM);
	assert_int_equal(asked[0]->call.type, Q_READDIRPLUS);
	assert_in_range(asked[0]->call.q.readdirplus.entry_max, 1,
	    MSG_DIRPLUS_MAX);
	record("file1", 1);
	record("gone", 0);
	answer();
	check_reply(ROOM);
	assert_int_equal(reply()->error, 0);
	assert_int_equal(reply()->len, sizeof(*reply()) + ENTRY(5) + ENTRY(4));
	n = node_get(fs.nodes, e->entry_out.nodeid);
	assert_non_null(n);
	assert_int_equal(n->nlookup, 1);
	e = (const void *)((const char *)e + ENTRY(5));
	assert_int_equal(e->entry_out.nodeid, 0);
	assert_memory_equal(e->dirent.name, "gone", 4);
}

/* Room for n and a half entries: n are told, n are entered. */
static void
test_plus_room(void **state)
{
	static const char *const names[] = { "file1", "file2", "file3" };
	unsigned int n, extra, i;

	(void)state;
	for (n = 0; n <= 3; n++)
		for (extra = 0; extra < ENTRY(5); extra += 8) {
			ask_plus((uint32_t)(n * ENTRY(5) + extra));
			for (i = 0; i < 3; i++)
				record(names[i], 1);
			answer();
			check_reply(n * ENTRY(5) + extra);
			assert_int_equal(reply()->error, n == 0 ? -EINVAL : 0);
			assert_int_equal(node_count(fs.nodes), 1 + n);
			node_forget_all(fs.nodes);
			if (n == 3)
				break;
		}
}

static void
test_plus_end(void **state)
{
	(void)state;
	ask_plus(ROOM);
	answer();
	assert_int_equal(reply()->error, 0);
	assert_int_equal(reply()->len, sizeof(*reply()));
}

/* One good record, then one that is none: the guest gets the good one. */
static void
test_plus_bad_record(void **state)
{
	struct msg_dirent *d;
	unsigned int i;

	(void)state;
	for (i = 0; i < 13; i++) {
		ask_plus(ROOM);
		record("file1", 1);
		d = record("file2", 1);
		switch (i) {
		case 0:
			d->rec_len = 0;
			break;
		case 1:
			d->rec_len = 8;
			break;
		case 2:
			d->rec_len += 4;
			break;
		case 3:
			d->rec_len += 8;
			break;
		case 4:
			d->rec_len = UINT16_MAX;
			break;
		case 5:
			d->name_len = 0;
			break;
		case 6:		/* into what is no record any more */
			memset(d + 1, 'y', 32);
			d->name_len = 9;
			break;
		case 7:
			d->name_len = 256;
			d->rec_len = 392;
			break;
		case 8:
			d->name_len = UINT16_MAX;
			break;
		case 9:
			memcpy(d + 1, "fi/e2", 5);
			break;
		case 10:
			memcpy(d + 1, "fi\0e2", 5);
			break;
		case 11:
			ans.m.tail_len -= d->rec_len;
			break;
		default:
			ans.m.tail_len -= 8;
			break;
		}
		answer();
		check_reply(ROOM);
		assert_int_equal(reply()->error, 0);
		assert_int_equal(reply()->len, sizeof(*reply()) + ENTRY(5));
		assert_int_equal(node_count(fs.nodes), 2);
		node_forget_all(fs.nodes);
	}
}

static void
test_plus_nothing_good(void **state)
{
	(void)state;
	ask_plus(ROOM);
	ans.a.entry_cnt = UINT32_MAX;	/* and not one record */
	answer();
	assert_int_equal(reply()->error, -EIO);
	ask_plus(ROOM);
	record("a/b", 0);
	answer();
	assert_int_equal(reply()->error, -EIO);
}

/* More records than counted are not looked at. */
static void
test_plus_surplus(void **state)
{
	(void)state;
	ask_plus(ROOM);
	record("file1", 1);
	record("file2", 1);
	ans.a.entry_cnt = 1;
	answer();
	assert_int_equal(reply()->len, sizeof(*reply()) + ENTRY(5));
	assert_int_equal(node_count(fs.nodes), 2);
}

/* A node without a descriptor: the guest looks that one up itself. */
static void
test_plus_missing_descriptor(void **state)
{
	const struct fuse_direntplus *e = (void *)(out_buf +
	    sizeof(struct fuse_out_header));

	(void)state;
	ask_plus(ROOM);
	record("file1", 1);
	record("file2", 0)->flags = MSG_DIRENT_NODE;
	answer();
	assert_int_equal(reply()->len, sizeof(*reply()) + 2 * ENTRY(5));
	e = (const void *)((const char *)e + ENTRY(5));
	assert_int_equal(e->entry_out.nodeid, 0);
	assert_int_equal(node_count(fs.nodes), 2);
}

/* The descriptor of one file under the identity of another. */
static void
test_plus_other_file(void **state)
{
	const struct fuse_direntplus *e = (void *)(out_buf +
	    sizeof(struct fuse_out_header));

	(void)state;
	ask_plus(ROOM);
	record("file1", 1)->attr.ino ^= 1u << 20;
	record("file2", 1)->attr.dev_minor++;
	answer();
	assert_int_equal(e->entry_out.nodeid, 0);
	assert_int_equal(node_count(fs.nodes), 1);
}

/* What a guest decides permissions by is not taken from a worker. */
static void
test_plus_false_owner(void **state)
{
	const struct fuse_direntplus *e = (void *)(out_buf +
	    sizeof(struct fuse_out_header));
	struct msg_dirent *d;

	(void)state;
	ask_plus(ROOM);
	d = record("file1", 1);
	d->attr.mode = S_IFREG | 04777;
	d->attr.uid = d->attr.gid = 4242;
	answer();
	assert_int_equal(e->entry_out.attr.mode & S_ISUID, 0);
	assert_int_equal(e->entry_out.attr.uid, getuid());
	assert_int_not_equal(e->entry_out.attr.gid, 4242);
}

static void
test_one_at_a_time(void **state)
{
	(void)state;
	ask_plus(ROOM);
	list(FUSE_READDIRPLUS, 0, ROOM, ROOM);
	list(FUSE_READDIR, 0, ROOM, ROOM);
	assert_int_equal(ask_cnt, 1);
	assert_int_equal(push_cnt, 0);
	answer();			/* the second one goes out */
	assert_int_equal(ask_cnt, 1);
	assert_int_equal(push_cnt, 1);
	memset(&ans, 0, sizeof(ans));
	answer();			/* and the third is served at once */
	assert_int_equal(push_cnt, 3);
}

/* All that wait fail at once: on one level, not one inside the other. */
static void
test_many_fail(void **state)
{
	unsigned int i;

	(void)state;
	ask_plus(ROOM);
	for (i = 0; i < REQ_LIVE_MAX; i++)
		list(FUSE_READDIRPLUS, 0, ROOM, ROOM);
	push_cnt = 0;
	wlink_err = EIO;
	asked[0]->call.done(asked[0], EIO, NULL);
	ask_cnt = 0;
	wlink_err = 0;
	assert_int_equal(push_cnt, REQ_LIVE_MAX + 1);
	assert_int_equal(reply()->error, -EIO);
}

#define UNIT(f)	cmocka_unit_test_teardown(f, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_readdir_all_rooms),
		UNIT(test_readdir_root_parent),
		UNIT(test_bad_arguments),
		UNIT(test_plus),
		UNIT(test_plus_room),
		UNIT(test_plus_end),
		UNIT(test_plus_bad_record),
		UNIT(test_plus_nothing_good),
		UNIT(test_plus_surplus),
		UNIT(test_plus_missing_descriptor),
		UNIT(test_plus_other_file),
		UNIT(test_plus_false_owner),
		UNIT(test_one_at_a_time),
		UNIT(test_many_fail),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup_group, teardown_group);
}
