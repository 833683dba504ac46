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
 * Knows: that READDIRPLUS lists everything once, within its limits.
 * Never: the loop or the jail.
 */

#include "config.h"

#include "../../fsworker/w_list.c"

#include <sys/stat.h>

#include <fcntl.h>
#include <stdio.h>

#include "../../common/seal.h"
#include "wenv.h"

#define TEST_FILES	300

/* What one run through a directory has seen. */
struct test_run {
	unsigned int files, dots, nodes, sealed, seals, calls;
	uint32_t flags;
	unsigned char seen[TEST_FILES];
};

static void
test_seal(const struct wenv *e, struct test_run *run,
    const struct msg_dirent *d)
{
	struct msg_seal seal;

	assert_true(d->seal_len <= sizeof(seal));
	memset(&seal, 0, sizeof(seal));
	memcpy(&seal, d + 1, d->seal_len);
	assert_int_equal(d->seal_len, MSG_SEAL_LEN(seal.len));
	assert_int_equal(seal.mnt_id, d->attr.mnt_id);
	assert_true(seal_check(&seal, e->who.seal_key));
	run->seals++;
}

static void
test_entry(struct wenv *e, struct test_run *run, const struct msg_dirent *d,
    unsigned int *fd_i)
{
	char name[MSG_NAME_MAX] = "";
	struct stat st;
	unsigned int n;

	memcpy(name, (const char *)(d + 1) + d->seal_len, d->name_len);
	assert_int_equal(d->rec_len, sizeof(*d) +
	    ((d->seal_len + d->name_len + 7u) & ~7u));
	assert_int_equal(d->name_len, strlen(name));
	if (w_list_dots(name)) {
		assert_int_equal(d->flags, 0);
		assert_int_equal(d->attr.ino, 0);
		assert_int_equal(d->seal_len, 0);
		run->dots++;
		return;
	}
	assert_int_equal(sscanf(name, "f%u", &n), 1);
	assert_true(n < TEST_FILES);
	run->seen[n]++;
	run->files++;
	if (d->flags & MSG_DIRENT_NODE) {
		assert_int_equal(fstat(e->req.give.fds[(*fd_i)++], &st), 0);
		assert_int_equal(st.st_ino, d->attr.ino);
		assert_int_equal(st.st_ino, d->ino);
		assert_int_equal(d->type, DT_REG);
		run->nodes++;
	}
	if (d->flags & MSG_DIRENT_SEALED) {
		assert_int_equal(d->flags, MSG_DIRENT_SEALED);
		assert_true(d->seal_len > 0);
		assert_int_equal(d->ino, d->attr.ino);
		assert_int_equal(d->attr.mode, S_IFREG | 0644);
		run->sealed++;
	}
	if (d->seal_len > 0)
		test_seal(e, run, d);
}

/* One question; returns the cookie for the next one, 0 at the end. */
static uint64_t
test_step(struct wenv *e, int dirfd, const struct q_readdirplus *q,
    struct test_run *run)
{
	const struct msg_dirent *d;
	struct a_readdirplus a = { 0, 0 };
	unsigned int i, fd_i = 0;
	const char *pos;
	uint64_t off = 0;

	assert_int_equal(on_readdirplus(wenv_req(e, dirfd, -1), q, &a), 0);
	assert_true(e->req.tail_len <= q->size);
	assert_true(a.entry_cnt <= q->entry_max);
	pos = e->req.tail;
	for (i = 0; i < a.entry_cnt; i++) {
		d = (const void *)pos;
		test_entry(e, run, d, &fd_i);
		off = d->off;
		pos += d->rec_len;
	}
	assert_ptr_equal(pos, (const char *)e->req.tail + e->req.tail_len);
	assert_int_equal(fd_i, e->req.give.cnt);
	run->calls++;
	return a.entry_cnt == 0 ? 0 : off;
}

static void
test_whole(struct wenv *e, uint32_t size, uint32_t entry_max,
    struct test_run *run)
{
	struct q_readdirplus q = { .size = size, .entry_max = entry_max };
	unsigned int i;
	int dirfd;

	q.flags = run->flags;
	memset(run, 0, sizeof(*run));
	run->flags = q.flags;
	dirfd = openat(e->share, "d", O_RDONLY | O_DIRECTORY);
	assert_int_not_equal(dirfd, -1);
	while ((q.off = test_step(e, dirfd, &q, run)) != 0)
		continue;
	close(dirfd);
	assert_int_equal(run->files, TEST_FILES);
	assert_int_equal(run->dots, 2);
	for (i = 0; i < TEST_FILES; i++)
		assert_int_equal(run->seen[i], 1);
}

static void
test_fill(struct wenv *e, int long_names)
{
	char name[MSG_NAME_MAX + 16];
	int i, fd;

	assert_int_equal(mkdirat(e->share, "d", 0755), 0);
	for (i = 0; i < TEST_FILES; i++) {
		snprintf(name, sizeof(name), "d/f%0*d",
		    long_names ? 254 : 1, i);
		fd = openat(e->share, name, O_WRONLY | O_CREAT, 0644);
		assert_int_not_equal(fd, -1);
		close(fd);
	}
}

static void
test_all(void **state)
{
	struct wenv *e = *state;
	struct test_run run = { .flags = 0 };

	test_fill(e, 0);
	test_whole(e, MSG_TAIL_MAX, MSG_DIRPLUS_MAX, &run);
	assert_int_equal(run.nodes, TEST_FILES);
	assert_true(run.calls <= 5);
	test_whole(e, 160, MSG_DIRPLUS_MAX, &run);
	assert_int_equal(run.calls, TEST_FILES + 3);
	test_whole(e, MSG_TAIL_MAX, 1, &run);
	assert_int_equal(run.calls, TEST_FILES + 3);
	test_whole(e, 1000, 7, &run);
}

static void
test_long(void **state)
{
	struct wenv *e = *state;
	struct test_run run = { .flags = 0 };

	test_fill(e, 1);
	test_whole(e, MSG_TAIL_MAX, MSG_DIRPLUS_MAX, &run);
	test_whole(e, 400, 1, &run);
}

/* As much as the guest has room for, and that it is all. */
static void
test_room(void **state)
{
	struct wenv *e = *state;
	struct q_readdirplus q = { .size = MSG_TAIL_MAX,
	    .entry_max = MSG_DIRPLUS_MAX, .room = 10 * MSG_LIST_ROOM(4) };
	struct a_readdirplus a;
	const struct msg_dirent *d;
	unsigned int i, seen = 0;
	const char *pos;
	int dirfd;

	test_fill(e, 0);
	dirfd = openat(e->share, "d", O_RDONLY | O_DIRECTORY);
	do {
		memset(&a, 0, sizeof(a));
		assert_int_equal(on_readdirplus(wenv_req(e, dirfd, -1), &q,
		    &a), 0);
		seen += a.entry_cnt;
		pos = e->req.tail;
		for (i = 0; i < a.entry_cnt; i++) {
			d = (const void *)pos;
			q.off = d->off;
			pos += d->rec_len;
		}
		assert_true(a.flags == MSG_LIST_END || a.entry_cnt == 10);
	} while (a.flags == 0);
	assert_int_equal(seen, TEST_FILES + 2);
	assert_in_range(a.entry_cnt, 1, 9);
	close(dirfd);
}

/* No descriptors: only if asked, of root, and where root may do anything. */
static void
test_only_sealed(void **state)
{
	struct wenv *e = *state;
	struct test_run run = { .flags = MSG_LIST_SEALED };
	int has;

	test_fill(e, 0);
	e->who.flags = MSG_SHARE_HANDLES;
	e->who.cred.class = CRED_ROOT;
	test_whole(e, MSG_TAIL_MAX, MSG_DIRPLUS_MAX, &run);
	assert_int_equal(run.nodes + run.sealed, TEST_FILES);
	has = run.seals != 0;
	assert_int_equal(run.sealed, has ? TEST_FILES : 0);
	e->who.flags |= MSG_SHARE_READONLY;
	test_whole(e, MSG_TAIL_MAX, MSG_DIRPLUS_MAX, &run);
	assert_int_equal(run.nodes, TEST_FILES);
	e->who.flags = MSG_SHARE_HANDLES;
	e->who.cred.class = CRED_CREATOR;
	test_whole(e, MSG_TAIL_MAX, MSG_DIRPLUS_MAX, &run);
	assert_int_equal(run.nodes, TEST_FILES);
	e->who.cred.class = CRED_USER;
	test_whole(e, MSG_TAIL_MAX, MSG_DIRPLUS_MAX, &run);
	assert_int_equal(run.nodes, TEST_FILES);
	e->who.cred.class = CRED_ROOT;
	run.flags = 0;
	test_whole(e, MSG_TAIL_MAX, MSG_DIRPLUS_MAX, &run);
	assert_int_equal(run.nodes, TEST_FILES);
	e->who.flags = 0;
	run.flags = MSG_LIST_SEALED;
	test_whole(e, MSG_TAIL_MAX, MSG_DIRPLUS_MAX, &run);
	assert_int_equal(run.nodes, TEST_FILES);
}

/* What may be no regular file always has its descriptor. */
static void
test_sealed_kinds(void **state)
{
	struct wenv *e = *state;
	struct w_list l = { .req = wenv_req(e, e->share, -1), .sealed = 1 };
	struct dirent64 d = { .d_name = "f" };
	struct w_list_entry n;

	l.dirfd = e->share;
	e->who.flags = MSG_SHARE_HANDLES;
	e->who.cred.class = CRED_ROOT;
	entry_dir(&l.dir, &e->who, e->share);
	wenv_file(e, "f", "");
	d.d_type = DT_UNKNOWN;
	assert_int_equal(w_list_node(&l, &d, &n), 0);
	assert_int_equal(n.flags, MSG_DIRENT_NODE);
	fd_close(&n.fd);
	d.d_type = DT_REG;
	assert_int_equal(w_list_node(&l, &d, &n), 0);
	assert_int_equal(n.flags, n.seal.len != 0 ? MSG_DIRENT_SEALED :
	    MSG_DIRENT_NODE);
	fd_close(&n.fd);
}

/* What w_list_open() makes of name, which was listed as a regular file. */
static int
test_opened(struct wenv *e, const char *name, struct w_list_entry *n)
{
	struct w_list l = { .req = wenv_req(e, e->share, -1), .names = 1,
	    .open = 1 };
	struct dirent64 d = { .d_type = DT_REG };
	struct stat st;

	snprintf(d.d_name, sizeof(d.d_name), "%s", name);
	l.dirfd = e->share;
	entry_dir(&l.dir, &e->who, e->share);
	assert_int_equal(fstatat(e->share, name, &st, AT_SYMLINK_NOFOLLOW), 0);
	d.d_ino = st.st_ino;
	assert_int_equal(w_list_node(&l, &d, n), 0);
	assert_true(n->flags & MSG_DIRENT_NODE);
	return (fcntl(n->fd, F_GETFL) & O_PATH) == 0;
}

/* Regular files that may be read, and what has a seal, or else its node. */
static void
test_files(void **state)
{
	struct wenv *e = *state;
	struct w_list_entry n;
	struct stat st;

	wenv_file(e, "f", "");
	assert_int_equal(mkfifoat(e->share, "fifo", 0666), 0);
	assert_int_equal(symlinkat("f", e->share, "link"), 0);
	assert_int_equal(test_opened(e, "f", &n), 0);
	assert_int_equal(n.flags, MSG_DIRENT_NODE);
	fd_close(&n.fd);
	e->who.flags = MSG_SHARE_HANDLES;
	if (!test_opened(e, "f", &n)) {
		assert_int_equal(n.seal.len, 0);
		fd_close(&n.fd);
		return;
	}
	assert_int_equal(n.flags, MSG_DIRENT_NODE | MSG_DIRENT_OPEN);
	assert_int_equal(fcntl(n.fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	assert_int_equal(fstat(n.fd, &st), 0);
	assert_int_equal(st.st_ino, n.attr.ino);
	assert_true(n.seal.len != 0 && seal_check(&n.seal, e->who.seal_key));
	fd_close(&n.fd);
	/* The type is not believed: this would wake who writes to it. */
	assert_int_equal(test_opened(e, "fifo", &n), 0);
	assert_int_equal(n.flags, MSG_DIRENT_NODE);
	fd_close(&n.fd);
	assert_int_equal(test_opened(e, "link", &n), 0);
	fd_close(&n.fd);
	if (getuid() != 0)
		return;
	assert_int_equal(fchmodat(e->share, ".", 0755, 0), 0);
	assert_int_equal(fchmodat(e->share, "f", 0200, 0), 0);
	assert_int_equal(seteuid(1), 0);
	assert_int_equal(test_opened(e, "f", &n), 0);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(n.flags, MSG_DIRENT_NODE);
	fd_close(&n.fd);
}

/* Seals take room, and every node has one or none has. */
static void
test_sealed(void **state)
{
	struct wenv *e = *state;
	struct test_run run = { .flags = 0 };

	test_fill(e, 1);
	memset(e->who.seal_key, 9, MSG_KEY_LEN);
	test_whole(e, MSG_TAIL_MAX, MSG_DIRPLUS_MAX, &run);
	assert_int_equal(run.seals, 0);
	e->who.flags = MSG_SHARE_HANDLES;
	test_whole(e, MSG_TAIL_MAX, MSG_DIRPLUS_MAX, &run);
	assert_true(run.seals == 0 || run.seals == run.nodes);
	test_whole(e, sizeof(struct msg_dirent) + MSG_SEAL_MAX + 256, 16,
	    &run);
	assert_int_equal(run.nodes, TEST_FILES);
}

/* Without the right to search, names are all there is. */
static void
test_unseen(void **state)
{
	struct wenv *e = *state;
	struct q_readdirplus q = { .size = MSG_TAIL_MAX, .entry_max = 128 };
	struct test_run run = { .flags = 0 };
	int dirfd;

	test_fill(e, 0);
	memset(&run, 0, sizeof(run));
	assert_int_equal(fchmodat(e->share, "d", 0600, 0), 0);
	dirfd = openat(e->share, "d", O_RDONLY | O_DIRECTORY);
	if (getuid() == 0)
		assert_int_equal(seteuid(1), 0);
	while ((q.off = test_step(e, dirfd, &q, &run)) != 0)
		continue;
	if (getuid() == 0)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(fchmodat(e->share, "d", 0700, 0), 0);
	close(dirfd);
	assert_int_equal(run.files, TEST_FILES);
	assert_int_equal(run.nodes, 0);
}

static unsigned int
test_fds(void)
{
	unsigned int n = 0;
	DIR *d = opendir("/proc/self/fd");

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

/* Of a node: what was opened for it comes along if there is more. */
static void
test_open(void **state)
{
	struct wenv *e = *state;
	struct q_readdirplus q = { .size = MSG_TAIL_MAX, .entry_max = 100,
	    .flags = MSG_LIST_OPEN };
	struct a_readdirplus a;
	struct test_run run = { 0 };
	unsigned int open;
	struct stat st, of;
	int dirfd, more;

	test_fill(e, 0);
	dirfd = openat(e->share, "d", O_PATH | O_DIRECTORY);
	assert_int_equal(fstat(dirfd, &of), 0);
	memset(&a, 0, sizeof(a));
	assert_int_equal(on_readdirplus(wenv_req(e, dirfd, -1), &q, &a), 0);
	assert_int_equal(a.entry_cnt, 100);
	assert_int_equal(a.flags, MSG_LIST_MORE);
	more = fdbag_take(&e->req.give, e->req.give.cnt - 1);
	assert_int_equal(fstat(more, &st), 0);
	assert_int_equal(st.st_ino, of.st_ino);
	assert_int_equal(fcntl(more, F_GETFL) & (O_PATH | O_ACCMODE), 0);
	/* Where it stands does not matter. */
	run.flags = 0;
	q.flags = 0;
	while ((q.off = test_step(e, more, &q, &run)) != 0)
		continue;
	assert_int_equal(run.files, TEST_FILES);
	close(more);
	/* To the end in one: then it is closed again. */
	q.flags = MSG_LIST_OPEN;
	q.entry_max = MSG_DIRPLUS_MAX - 1;
	assert_int_equal(mkdirat(e->share, "few", 0755), 0);
	close(dirfd);
	dirfd = openat(e->share, "few", O_PATH | O_DIRECTORY);
	open = test_fds();
	memset(&a, 0, sizeof(a));
	assert_int_equal(on_readdirplus(wenv_req(e, dirfd, -1), &q, &a), 0);
	assert_int_equal(a.entry_cnt, 2);
	assert_int_equal(a.flags, MSG_LIST_END);
	assert_int_equal(e->req.give.cnt, 0);
	/* And where it fails. */
	q.size = sizeof(struct msg_dirent);
	assert_int_equal(on_readdirplus(wenv_req(e, dirfd, -1), &q, &a),
	    EINVAL);
	assert_int_equal(test_fds(), open);
	close(dirfd);
}

/* Directories alone have nodes, and nothing else is looked up. */
static void
test_lean(void **state)
{
	struct wenv *e = *state;
	struct q_readdirplus q = { .size = MSG_TAIL_MAX, .entry_max = 128,
	    .flags = MSG_LIST_NAMES | MSG_LIST_SEALED | MSG_LIST_OPEN };
	const struct msg_dirent *d;
	struct a_readdirplus a;
	unsigned int i, nodes = 0;
	const char *pos;
	int dirfd;

	e->who.flags = MSG_SHARE_HANDLES;
	e->who.cred.class = CRED_ROOT;
	wenv_file(e, "file", "");
	assert_int_equal(symlinkat("x", e->share, "link"), 0);
	assert_int_equal(mkfifoat(e->share, "pipe", 0600), 0);
	assert_int_equal(mkdirat(e->share, "sub", 0700), 0);
	q.entry_max--;
	dirfd = openat(e->share, ".", O_PATH | O_DIRECTORY);
	memset(&a, 0, sizeof(a));
	assert_int_equal(on_readdirplus(wenv_req(e, dirfd, -1), &q, &a), 0);
	assert_int_equal(a.entry_cnt, 6);
	pos = e->req.tail;
	for (i = 0; i < a.entry_cnt; i++) {
		d = (const void *)pos;
		assert_int_equal(d->flags != 0, d->name_len == 3);
		assert_int_equal(d->seal_len != 0 && d->flags == 0, 0);
		nodes += d->flags == MSG_DIRENT_NODE;
		pos += d->rec_len;
	}
	assert_int_equal(nodes, 1);
	assert_int_equal(e->req.give.cnt, 1);
	close(dirfd);
}

static void
test_bad(void **state)
{
	struct wenv *e = *state;
	struct q_readdirplus q = { .size = 4096, .entry_max = 8 };
	struct a_readdirplus a;
	int fd;

	wenv_file(e, "f", "");
	fd = openat(e->share, "f", O_RDONLY);
	assert_int_equal(on_readdirplus(wenv_req(e, fd, -1), &q, &a), ENOTDIR);
	close(fd);
	fd = openat(e->share, ".", O_PATH | O_DIRECTORY);
	assert_int_equal(on_readdirplus(wenv_req(e, fd, -1), &q, &a), EBADF);
	close(fd);
	q.entry_max = 0;
	assert_int_equal(on_readdirplus(wenv_req(e, e->share, -1), &q, &a),
	    EINVAL);
	q.entry_max = MSG_DIRPLUS_MAX + 1;
	assert_int_equal(on_readdirplus(wenv_req(e, e->share, -1), &q, &a),
	    EINVAL);
	q.entry_max = MSG_DIRPLUS_MAX;
	q.flags = MSG_LIST_OPEN;
	assert_int_equal(on_readdirplus(wenv_req(e, e->share, -1), &q, &a),
	    EINVAL);
	q.flags = 0;
	q.entry_max = 1;
	q.size = MSG_TAIL_MAX + 1;
	assert_int_equal(on_readdirplus(wenv_req(e, e->share, -1), &q, &a),
	    EINVAL);
	q.size = sizeof(struct msg_dirent);
	assert_int_equal(on_readdirplus(wenv_req(e, e->share, -1), &q, &a),
	    EINVAL);
	q.size = 4096;
	q.flags = MSG_LIST_NAMES << 1;
	assert_int_equal(on_readdirplus(wenv_req(e, e->share, -1), &q, &a),
	    EINVAL);
	q.flags = 0;
	q.room = MSG_LIST_ROOM(1) - 1;
	assert_int_equal(on_readdirplus(wenv_req(e, e->share, -1), &q, &a),
	    EINVAL);
	q.room = 0;
	q.off = 1ULL << 63;
	assert_int_equal(on_readdirplus(wenv_req(e, e->share, -1), &q, &a),
	    EINVAL);
}

#define T(f) cmocka_unit_test_setup_teardown(f, wenv_setup, wenv_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_all), T(test_long), T(test_sealed), T(test_unseen),
		T(test_room), T(test_open), T(test_lean),
		T(test_bad), T(test_only_sealed), T(test_sealed_kinds),
		T(test_files),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
