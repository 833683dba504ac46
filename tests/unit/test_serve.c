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
 * Knows: the loop between a channel and the handlers: answers, exit status.
 * Never: what a handler does.
 */

#include "config.h"

#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <unistd.h>

#include "../../fsworker/serve.c"
#include "../../common/proc.h"

#include "wenv.h"

static struct chan_msg test_answer;

/* A child that serves; our end of its channel is *c. */
static pid_t
test_serve_start(struct wenv *e, struct chan *c)
{
	struct chan theirs;
	int fds[2], proc;
	pid_t pid;

	assert_int_equal(chan_pair(fds), 0);
	pid = fork();
	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		log_set_level(LOG_LEVEL_OFF);
		close(fds[0]);
		/* Its own descriptors, not ours. */
		proc = open("/proc/self/fd", O_PATH | O_DIRECTORY);
		if (dup2(proc, PROC_FD_PROC) == -1 ||
		    fchdir(PROC_FD_PROC) == -1)
			_exit(2);
		chan_init(&theirs, fds[1], MSG_FSWORKER, MSG_TRANSPORT, 0);
		chan_phase(&theirs, MSG_PHASE_RUN);
		_exit(serve(&theirs, &e->who, &e->rules));
	}
	close(fds[1]);
	chan_init(c, fds[0], MSG_TRANSPORT, MSG_FSWORKER, 0);
	return pid;
}

static int
test_status(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int
test_lookup(struct chan *c, const char *name, int dirfd, uint32_t id)
{
	struct q_lookup q;
	struct chan_out out;

	wenv_name(q.name, name);
	memset(&out, 0, sizeof(out));
	out.type = Q_LOOKUP;
	out.id = id;
	out.body = &q;
	out.fds = &dirfd;
	out.fd_cnt = 1;
	assert_int_equal(chan_send(c, &out), 0);
	assert_int_equal(chan_recv(c, &test_answer), 0);
	assert_int_equal(test_answer.hdr.type, A_LOOKUP);
	assert_int_equal(test_answer.hdr.id, id);
	return (int)test_answer.hdr.err;
}

static void
test_answers(void **state)
{
	struct wenv *e = *state;
	struct chan c;
	pid_t pid;
	uint32_t i;

	wenv_file(e, "f", "");
	pid = test_serve_start(e, &c);
	/* many more descriptors than a process may have, so none is kept */
	for (i = 0; i < 3000; i++) {
		assert_int_equal(test_lookup(&c, "f", e->share, i), 0);
		assert_int_equal(test_answer.fds.cnt, 1);
		fdbag_close(&test_answer.fds);
		assert_int_equal(test_lookup(&c, "none", e->share, ~i),
		    ENOENT);
		assert_int_equal(test_answer.fds.cnt, 0);
		assert_int_equal(test_lookup(&c, "..", e->share, i), EINVAL);
	}
	chan_close(&c);
	assert_int_equal(test_status(pid), 0);
}

static void
test_bad_message(void **state)
{
	struct wenv *e = *state;
	struct msg_hdr hdr = { .type = A_LOOKUP, .len = sizeof(hdr) };
	struct chan c;
	pid_t pid;

	pid = test_serve_start(e, &c);
	assert_int_equal(send(c.fd, &hdr, sizeof(hdr), 0), sizeof(hdr));
	assert_int_equal(test_status(pid), 1);
	assert_int_equal(chan_recv(&c, &test_answer), EPIPE);
	chan_close(&c);
}

/* An answer that nobody can take any more is no fault of the worker. */
static void
test_gone(void **state)
{
	struct wenv *e = *state;
	struct q_lookup q = { .name = "f" };
	struct chan_out out;
	struct chan c;
	pid_t pid;

	pid = test_serve_start(e, &c);
	memset(&out, 0, sizeof(out));
	out.type = Q_LOOKUP;
	out.body = &q;
	out.fds = &e->share;
	out.fd_cnt = 1;
	assert_int_equal(chan_send(&c, &out), 0);
	chan_close(&c);
	assert_int_equal(test_status(pid), 0);
}

/* A question with fd under a number. */
static struct serve_req *
test_kept(struct wenv *e, int fd)
{
	struct serve_req *req = wenv_req(e, fd, -1);

	req->keep = &serve_keep;
	req->kept[0] = MSG_KEEP_USE | 5;
	return req;
}

/* Have fd kept, as a question says. */
static void
test_put(int fd)
{
	struct fdbag fds;

	serve_keep.max = 8;
	memset(&serve_msg, 0, sizeof(serve_msg));
	serve_msg.row = msg_row(Q_LOOKUP);
	serve_msg.hdr.kept[0] = MSG_KEEP_PUT | 5;
	fdbag_put(&serve_msg.fds, dup(fd));
	assert_int_equal(keep_take(&serve_keep, &serve_msg, &fds), 0);
}

static void
test_drop(void)
{
	const uint16_t nr = 5;
	struct n_drop n = { 1, 0 };

	serve_msg.body = &n;
	serve_msg.tail = (const void *)&nr;
	serve_msg.tail_len = sizeof(nr);
	assert_int_equal(keep_drop(&serve_keep, &serve_msg), 0);
}

static void
test_watch_send(struct chan *c, int fd)
{
	const struct n_watch n = { 0 };
	struct chan_out out;

	memset(&out, 0, sizeof(out));
	out.type = N_WATCH;
	out.body = &n;
	out.fds = &fd;
	out.fd_cnt = 1;
	assert_int_equal(chan_send(c, &out), 0);
}

/* Names are read ahead with an instance, and there is one for each worker. */
static void
test_watch(void **state)
{
	const struct q_ahead q = { .entry_max = MSG_AHEAD_NAMES };
	struct wenv *e = *state;
	const struct a_ahead *a;
	struct chan_out out;
	struct chan c;
	int fd = inotify_init1(IN_CLOEXEC), i;
	pid_t pid;

	wenv_file(e, "f", "");
	pid = test_serve_start(e, &c);
	memset(&out, 0, sizeof(out));
	out.type = Q_AHEAD;
	out.body = &q;
	out.fds = &e->share;
	out.fd_cnt = 1;
	for (i = 0; i < 2; i++) {
		assert_int_equal(chan_send(&c, &out), 0);
		assert_int_equal(chan_recv(&c, &test_answer), 0);
		assert_int_equal(test_answer.hdr.type, A_AHEAD);
		assert_int_equal(test_answer.hdr.err, i == 0 ? ENOTSUP : 0);
		if (i == 0)
			test_watch_send(&c, fd);
	}
	a = test_answer.body;
	assert_int_equal(inotify_rm_watch(fd, a->wd), 0);
	assert_int_equal(a->err, 0);
	assert_int_equal(a->end, 1);
	test_watch_send(&c, fd);
	assert_int_equal(test_status(pid), 1);
	chan_close(&c);
	close(fd);
}

/* What is kept is asked about once, as long as that is enough. */
static void
test_claim(void **state)
{
	struct wenv *e = *state;
	const uint64_t mnt = e->who.mounts[0];
	int fd = e->share, foreign = wenv_foreign(), i;
	uint32_t type;

	log_set_level(LOG_LEVEL_OFF);
	test_put(foreign);
	for (i = 0; i < 2; i++)
		assert_int_equal(serve_claim(test_kept(e, foreign), 0, &type),
		    EBADF);
	test_put(fd);
	e->who.mounts[0] = ~mnt;
	assert_int_equal(serve_claim_dir(test_kept(e, fd), 0), EBADF);
	e->who.mounts[0] = mnt;
	assert_int_equal(serve_claim_reg(test_kept(e, fd), 0), EISDIR);
	e->who.mounts[0] = ~mnt;
	assert_int_equal(serve_claim_dir(test_kept(e, fd), 0), 0);
	assert_int_equal(serve_claim_reg(test_kept(e, fd), 0), EISDIR);
	assert_int_equal(serve_claim(wenv_req(e, fd, -1), 0, &type), EBADF);
	e->who.policy = MSG_POLICY_STRICT;
	assert_int_equal(serve_claim(test_kept(e, fd), 0, &type), EBADF);
	e->who.policy = 0;
	e->who.flags = MSG_SHARE_BARE;
	assert_int_equal(serve_claim(test_kept(e, fd), 0, &type), EBADF);
}

/* Another one under the same number is another one. */
static void
test_claim_again(void **state)
{
	struct wenv *e = *state;
	struct msg_attr attr = { .mode = S_IFREG | 0644 };
	int foreign = wenv_foreign();
	uint32_t type;

	log_set_level(LOG_LEVEL_OFF);
	keep_give(&serve_keep, MSG_KEEP_USE | 5, dup(foreign), &attr);
	assert_int_equal(serve_claim(test_kept(e, foreign), 0, &type), 0);
	assert_int_equal(type, S_IFREG);
	test_put(foreign);
	assert_int_equal(serve_claim(test_kept(e, foreign), 0, &type), EBADF);
	keep_give(&serve_keep, MSG_KEEP_USE | 5, dup(foreign), &attr);
	test_drop();
	assert_int_equal(serve_claim(test_kept(e, foreign), 0, &type), EBADF);
}

#define T(f) cmocka_unit_test_setup_teardown(f, wenv_setup, wenv_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_answers), T(test_bad_message), T(test_gone),
		T(test_watch), T(test_claim), T(test_claim_again),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
