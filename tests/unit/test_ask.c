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
 * Knows: questions that wait for descriptors, and what is checked of answers.
 * Never: a real worker or broker.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "transport/ask.c"
#include "transport/node.c"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#define REQS	6

static struct fs fs;
static struct req *req;			/* REQS of them */
static struct node *node[3];
static struct handle handle;
static int share;			/* a directory that stays open */
/* What was asked, and how it ended. */
static struct req *opens[REQS + 2], *asked[REQS + 2], *ended[REQS + 2];
static struct msg_seal open_seal[REQS + 2];
static unsigned int open_cnt, ask_cnt, end_cnt, flush_cnt, next_cnt;
static int open_err, end_err, next_err;

void
reap_close(struct fs *f, int *fd)
{
	(void)f;
	fd_close(fd);
}

void
dispatch_flush(struct fs *f)
{
	assert_ptr_equal(f, &fs);
	flush_cnt++;
}

int
blink_hopen(struct blink *b, const struct msg_seal *seal, void *cookie)
{
	(void)b;
	if (open_err != 0)
		return open_err;
	open_seal[open_cnt] = *seal;
	opens[open_cnt++] = cookie;
	return 0;
}

void
wlink_call(struct wlink *w, struct req *r)
{
	unsigned int i;

	(void)w;
	for (i = 0; i < r->call.fd_cnt; i++) {
		r->call.fds[i] = r->call.handles ? r->handle[i]->fd :
		    node_fd(r->node[i]);
		if (r->call.fds[i] == -1) {
			ask_home(r);
			return;
		}
	}
	asked[ask_cnt++] = r;
}

void
iopool_submit(struct iopool *p, struct req *r)
{
	(void)p;
	r->io.work(r);
}

void
req_end(struct req *r, int err)
{
	ended[end_cnt++] = r;
	end_err = err;
}

static void
done(struct req *r, int err, struct chan_msg *m)
{
	assert_null(m);
	req_end(r, err);
}

static void
next(struct req *r, int err)
{
	(void)r;
	next_cnt++;
	next_err = err;
}

static void
go_on(struct req *r)
{
	next(r, 0);
}

static unsigned int
fd_count(void)
{
	unsigned int n = 0;
	DIR *d;

	d = opendir("/proc/self/fd");
	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

static int
fd_new(void)
{
	int fd = open("/dev/null", O_PATH | O_CLOEXEC);

	assert_int_not_equal(fd, -1);
	return fd;
}

/* All of them are the file of fd_new(), and other files by their handles. */
static struct node *
make_with(int fd, uint8_t handle_byte)
{
	struct msg_seal seal = { .len = 1, .handle = { handle_byte } };
	struct msg_attr a = { .mnt_id = 7 };
	struct node_file f = { .attr = &a, .seal = &seal,
	    .seal_len = MSG_SEAL_LEN(1), .fd = fd };
	struct node *n = NULL;
	struct stat st;

	assert_int_equal(stat("/dev/null", &st), 0);
	a.ino = st.st_ino;
	a.dev_major = major(st.st_dev);
	a.dev_minor = minor(st.st_dev);
	a.mode = st.st_mode;
	assert_int_equal(node_enter(fs.nodes, &f, &n), 0);
	return n;
}

static struct node *
make(uint8_t handle_byte)
{
	return make_with(fd_new(), handle_byte);
}

static void
hold(struct req *r, unsigned int i, struct node *n)
{
	r->node[i] = n;
	node_pin(n);
	node_use(fs.nodes, n);
}

/* Three nodes, of which none but the last has a descriptor. */
static int
setup(void **state)
{
	struct msg_attr root = { .ino = 1, .mode = S_IFDIR | 0755 };
	unsigned int i;

	(void)state;
	memset(&fs, 0, sizeof(fs));
	memset(&handle, 0, sizeof(handle));
	share = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fs.nodes = node_table_new(&fs, fd_new(), &root, 64);
	if ((req = calloc(REQS, sizeof(*req))) == NULL)
		return -1;
	for (i = 0; i < REQS; i++) {
		req[i].fs = &fs;
		req[i].in.uid = req[i].in.gid = 1000;
	}
	for (i = 0; i < 3; i++)
		node[i] = make((uint8_t)(100 + i));
	node_use(fs.nodes, node[2]);
	node_budget(fs.nodes, 2);
	node_budget(fs.nodes, 64);
	node_unuse(node[2]);
	assert_int_equal(node_fd(node[0]), -1);
	assert_int_equal(node_fd(node[1]), -1);
	open_cnt = ask_cnt = end_cnt = flush_cnt = next_cnt = 0;
	open_err = end_err = next_err = 0;
	return 0;
}

static int
teardown(void **state)
{
	struct node_table *t = fs.nodes;
	unsigned int i, k;

	(void)state;
	for (i = 0; i < REQS; i++)
		for (k = 0; k < 2; k++)
			if (req[i].node[k] != NULL) {
				node_unuse(req[i].node[k]);
				node_unpin(fs.nodes, req[i].node[k]);
			}
	free(req);
	node_forget_all(fs.nodes);
	assert_int_equal(node_count(fs.nodes), 1);
	fd_close(&t->root->fd);
	free(t->slots.chunk[0].node);
	free(t->slots.chunk);
	free(t->hash);
	free(t);
	fd_close(&share);
	return 0;
}

static void
opened(unsigned int i, int err)
{
	ask_opened(&fs, opens[i], err, err == 0 ? fd_new() : -1);
}

/* A node that has its descriptor is not asked for. */
static void
test_at_once(void **state)
{
	(void)state;
	hold(&req[0], 0, node[2]);
	ask_worker(&req[0], Q_LOOKUP, ASK_REPEATABLE, done);
	assert_int_equal(open_cnt, 0);
	assert_int_equal(ask_cnt, 1);
	assert_int_equal(asked[0]->call.fds[0], node_fd(node[2]));
	assert_int_equal(asked[0]->call.repeatable, 1);
	assert_int_equal(asked[0]->call.cred.uid, 1000);
}

static void
test_opened(void **state)
{
	(void)state;
	hold(&req[0], 0, node[0]);
	ask_worker(&req[0], Q_LOOKUP, 0, done);
	assert_int_equal(open_cnt, 1);
	assert_int_equal(open_seal[0].len, 1);
	assert_int_equal(open_seal[0].handle[0], 100);
	assert_int_equal(ask_cnt, 0);
	opened(0, 0);
	assert_int_equal(ask_cnt, 1);
	assert_int_not_equal(node_fd(node[0]), -1);
	assert_int_equal(asked[0]->call.fds[0], node_fd(node[0]));
	assert_int_equal(flush_cnt, 1);
	/* The next one needs nobody. */
	hold(&req[1], 0, node[0]);
	ask_worker(&req[1], Q_LOOKUP, 0, done);
	assert_int_equal(open_cnt, 1);
	assert_int_equal(ask_cnt, 2);
}

/* The handle leads to another file than the one that was shown. */
static void
test_other_file(void **state)
{
	unsigned int before = fd_count(), i;

	(void)state;
	for (i = 0; i < 4; i++) {
		node[0]->ino ^= i == 0;
		node[0]->dev_minor ^= i == 1;
		node[0]->dev_major ^= i == 2;
		node[0]->mode ^= i == 3 ? S_IFREG ^ S_IFLNK : 0;
		hold(&req[i], 0, node[0]);
		ask_worker(&req[i], Q_LOOKUP, 0, done);
		opened(i, 0);
		assert_int_equal(end_cnt, i + 1);
		assert_int_equal(end_err, ESTALE);
		assert_int_equal(node_fd(node[0]), -1);
		node[0]->ino ^= i == 0;
		node[0]->dev_minor ^= i == 1;
		node[0]->dev_major ^= i == 2;
		node[0]->mode ^= i == 3 ? S_IFREG ^ S_IFLNK : 0;
	}
	assert_int_equal(fd_count(), before);
	assert_int_equal(fs.debt[DEBT_LIST].left, 0);
}

/* A worker may send what it keeps: it is taken if it is that and is needed. */
static void
test_back(void **state)
{
	unsigned int before = fd_count();

	(void)state;
	hold(&req[0], 0, node[0]);
	ask_back(&req[0], -1);
	ask_back(&req[0], dup(share));
	assert_int_equal(node_fd(node[0]), -1);
	ask_back(&req[0], fd_new());
	assert_int_not_equal(node_fd(node[0]), -1);
	ask_back(&req[0], fd_new());
	assert_int_equal(fd_count(), before + 1);
	assert_int_equal(fs.debt[DEBT_LIST].left, 0);
}

/* What came without a descriptor and needs one is paid for, once. */
static void
test_listed(void **state)
{
	struct node *n = make_with(-1, 200);
	unsigned int cost;

	(void)state;
	assert_int_equal(node_fd(n), -1);
	hold(&req[0], 0, n);
	hold(&req[1], 0, n);
	ask_worker(&req[0], Q_LOOKUP, 0, done);
	ask_worker(&req[1], Q_LOOKUP, 0, done);
	opened(0, 0);
	opened(1, 0);
	assert_int_equal(ask_cnt, 2);
	assert_int_not_equal(node_fd(n), -1);
	cost = fs.debt[DEBT_LIST].left;
	assert_true(cost > 1);
	/* One that only lost its descriptor was no mistake. */
	hold(&req[2], 0, node[0]);
	ask_worker(&req[2], Q_LOOKUP, 0, done);
	opened(2, 0);
	assert_int_equal(fs.debt[DEBT_LIST].left, cost);
}

/* Two directories, one after the other. */
static void
test_both_opened(void **state)
{
	(void)state;
	hold(&req[0], 0, node[0]);
	hold(&req[0], 1, node[1]);
	ask_worker(&req[0], Q_RENAME, 0, done);
	assert_int_equal(open_cnt, 1);
	opened(0, 0);
	assert_int_equal(open_cnt, 2);
	assert_int_equal(open_seal[1].handle[0], 101);
	assert_int_equal(ask_cnt, 0);
	/* What came first stays while the second is awaited. */
	node_budget(fs.nodes, 0);
	node_budget(fs.nodes, 64);
	opened(1, 0);
	assert_int_equal(ask_cnt, 1);
	assert_int_equal(asked[0]->call.fds[0], node_fd(node[0]));
	assert_int_equal(asked[0]->call.fds[1], node_fd(node[1]));
	assert_int_not_equal(node_fd(node[0]), -1);
}

/* All that wait for one node go on, and one descriptor stays. */
static void
test_many_wait(void **state)
{
	unsigned int before = fd_count(), i;

	(void)state;
	for (i = 0; i < REQS; i++) {
		hold(&req[i], 0, node[0]);
		ask_worker(&req[i], Q_LOOKUP, 0, done);
	}
	assert_int_equal(open_cnt, REQS);
	for (i = REQS; i-- > 0;)
		opened(i, 0);
	assert_int_equal(ask_cnt, REQS);
	for (i = 0; i < REQS; i++)
		assert_int_equal(asked[i]->call.fds[0], node_fd(node[0]));
	assert_int_equal(fd_count(), before + 1);
}

/* The file is gone: each of them is told, and later ones ask again. */
static void
test_stale(void **state)
{
	unsigned int before = fd_count();

	(void)state;
	hold(&req[0], 0, node[0]);
	hold(&req[1], 0, node[0]);
	ask_worker(&req[0], Q_LOOKUP, 0, done);
	ask_worker(&req[1], Q_LOOKUP, 0, done);
	opened(0, ESTALE);
	assert_int_equal(end_cnt, 1);
	assert_ptr_equal(ended[0], &req[0]);
	assert_int_equal(end_err, ESTALE);
	assert_int_equal(flush_cnt, 1);
	opened(1, 0);
	assert_int_equal(ask_cnt, 1);
	assert_ptr_equal(asked[0], &req[1]);
	assert_int_equal(fd_count(), before + 1);
}

/* One fails while another has opened it: neither is wrong. */
static void
test_second_stale(void **state)
{
	(void)state;
	hold(&req[0], 0, node[2]);
	hold(&req[0], 1, node[1]);
	ask_worker(&req[0], Q_LINK, 0, done);
	assert_int_equal(open_cnt, 1);
	assert_int_equal(open_seal[0].handle[0], 101);
	opened(0, ESTALE);
	assert_int_equal(end_err, ESTALE);
	assert_int_equal(ask_cnt, 0);
}

static void
test_not_sent(void **state)
{
	(void)state;
	open_err = ENOMEM;
	hold(&req[0], 0, node[0]);
	ask_worker(&req[0], Q_LOOKUP, 0, done);
	assert_int_equal(end_cnt, 1);
	assert_int_equal(end_err, ENOMEM);
	ask_nodes(&req[0], 1, next);
	assert_int_equal(next_err, ENOMEM);
	assert_int_equal(ask_cnt, 0);
}

/* Nothing is made that has no place here. */
static void
test_place(void **state)
{
	(void)state;
	node_budget(fs.nodes, 3);	/* the root, node[2] and one more */
	node_use(fs.nodes, node[2]);
	hold(&req[0], 0, node[2]);
	ask_worker(&req[0], Q_MKDIR, ASK_CREATES, done);
	assert_int_equal(ask_cnt, 1);
	assert_int_equal(req[0].making, 1);
	ask_worker(&req[0], Q_MKDIR, ASK_CREATES, done);
	assert_int_equal(fs.nodes->kept_cnt, 1);
	hold(&req[1], 0, node[2]);
	ask_worker(&req[1], Q_MKDIR, ASK_CREATES, done);
	assert_int_equal(ask_cnt, 2);
	assert_int_equal(end_err, ENFILE);
	assert_int_equal(req[1].making, 0);
	ask_worker(&req[1], Q_LOOKUP, 0, done);
	assert_int_equal(ask_cnt, 3);
	node_unreserve(fs.nodes);
	node_unuse(node[2]);
}

/* Open files are at hand whatever became of their nodes. */
static void
test_handles(void **state)
{
	(void)state;
	handle.fd = share;
	hold(&req[0], 0, node[0]);
	req[0].handle[0] = &handle;
	ask_worker(&req[0], Q_SETATTR, ASK_HANDLES | ASK_ROOT, done);
	assert_int_equal(open_cnt, 0);
	assert_int_equal(asked[0]->call.fds[0], share);
	assert_int_equal(asked[0]->call.cred.class, CRED_ROOT);
}

/* An id that the share's map forbids never gets as far as a worker. */
static void
test_forbidden(void **state)
{
	static const struct idmap_rule rule = {
		IDMAP_UID, IDMAP_FORBID_GUEST, 1000, 0, 1
	};

	(void)state;
	fs.ids.rules = &rule;
	fs.ids.cnt = 1;
	hold(&req[0], 0, node[0]);
	ask_worker(&req[0], Q_LOOKUP, 0, done);
	assert_int_equal(end_err, EPERM);
	assert_int_equal(open_cnt + ask_cnt, 0);
}

/* The mapped security.capability goes before the first write, once. */
static void
test_no_caps(void **state)
{
	static const int fine[] = { 0, ENODATA, EOPNOTSUPP };
	unsigned int i;

	(void)state;
	hold(&req[0], 0, node[2]);
	ask_no_caps(&req[0], go_on);
	assert_int_equal(ask_cnt, 0);		/* not mapped: nothing to do */
	assert_int_equal(next_cnt, 1);
	fs.conf.flags = MSG_SHARE_CAPS_MAPPED;
	for (i = 0; i < 3; i++) {
		ask_cnt = next_cnt = 0;
		node[2]->no_caps = 0;
		ask_no_caps(&req[0], go_on);
		assert_int_equal(next_cnt, 0);
		assert_int_equal(asked[0]->call.type, Q_REMOVEXATTR);
		assert_int_equal(asked[0]->call.cred.class, CRED_ROOT);
		assert_string_equal(asked[0]->call.q.removexattr.name,
		    "security.capability");
		asked[0]->call.retried = 1;
		asked[0]->call.done(asked[0], fine[i], NULL);
		assert_int_equal(next_cnt, 1);
		assert_int_equal(req[0].call.retried, 0);
		ask_no_caps(&req[0], go_on);
		assert_int_equal(ask_cnt, 1);
		assert_int_equal(next_cnt, 2);
	}
	assert_int_equal(end_cnt, 0);
}

/* If it cannot go, nothing is written. */
static void
test_no_caps_refused(void **state)
{
	(void)state;
	fs.conf.flags = MSG_SHARE_CAPS_MAPPED;
	hold(&req[0], 0, node[2]);
	ask_no_caps(&req[0], go_on);
	asked[0]->call.done(asked[0], EROFS, NULL);
	assert_int_equal(end_err, EROFS);
	assert_int_equal(next_cnt, 0);
	assert_int_equal(node[2]->no_caps, 0);
}

static void
test_size(void **state)
{
	char name[] = "/tmp/viofsd-ask.XXXXXX";

	(void)state;
	handle.fd = mkstemp(name);
	assert_int_not_equal(handle.fd, -1);
	unlink(name);
	assert_int_equal(ftruncate(handle.fd, 100), 0);
	req[0].handle[1] = &handle;
	assert_int_equal(ask_size(&req[0], 1, UINT64_MAX), 0);
	fs.conf.flags = MSG_SHARE_SEAL_SIZE;
	assert_int_equal(ask_size(&req[0], 1, 0), 0);
	assert_int_equal(ask_size(&req[0], 1, 100), 0);
	assert_int_equal(ask_size(&req[0], 1, 101), EPERM);
	assert_int_equal(ask_size(&req[0], 1, UINT64_MAX), EPERM);
	fd_close(&handle.fd);
	assert_int_equal(ask_size(&req[0], 1, 0), EBADF);
}

/* A worker may say what it wants; what is true is asked again. */
static void
test_attr(void **state)
{
	struct msg_attr said, attr;
	struct stat st;

	(void)state;
	assert_int_equal(fstat(share, &st), 0);
	memset(&said, 0, sizeof(said));
	said.ino = st.st_ino;
	said.dev_major = major(st.st_dev);
	said.dev_minor = minor(st.st_dev);
	said.mode = S_IFREG | 04777;
	said.uid = said.gid = 4242;
	said.rdev_major = 9;
	said.mtime = -77;
	said.mnt_id = 5;
	assert_int_equal(ask_attr(share, &said, &attr), 0);
	assert_int_equal(attr.mode, st.st_mode);
	assert_int_equal(attr.uid, st.st_uid);
	assert_int_equal(attr.gid, st.st_gid);
	assert_int_equal(attr.rdev_major, major(st.st_rdev));
	assert_int_equal(attr.mtime, st.st_mtim.tv_sec);
	assert_int_equal(attr.size, st.st_size);
	assert_int_equal(attr.nlink, st.st_nlink);
	assert_int_equal(attr.mnt_id, 5);
	said.ino++;
	assert_int_equal(ask_attr(share, &said, &attr), EIO);
	said.ino--;
	said.dev_major ^= 1;
	assert_int_equal(ask_attr(share, &said, &attr), EIO);
	assert_int_equal(ask_attr(-1, &said, &attr), EBADF);
}

#define UNIT(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_at_once),
		UNIT(test_opened),
		UNIT(test_other_file),
		UNIT(test_back),
		UNIT(test_listed),
		UNIT(test_both_opened),
		UNIT(test_many_wait),
		UNIT(test_stale),
		UNIT(test_second_stale),
		UNIT(test_not_sent),
		UNIT(test_place),
		UNIT(test_handles),
		UNIT(test_forbidden),
		UNIT(test_no_caps),
		UNIT(test_no_caps_refused),
		UNIT(test_size),
		UNIT(test_attr),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
