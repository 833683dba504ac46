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
 * Knows: what the transport asks of the broker, and makes of its answers.
 * Never: a real broker.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* Sending may fail here without a socket that is full. */
#define chan_send	test_send
#include "transport/blink.c"
#undef chan_send

#include <sys/wait.h>

#include <dirent.h>
#include <fcntl.h>

#define ASKED	100u

int	chan_send(struct chan *c, const struct chan_out *out);

static struct event_base *base;
static struct blink *link_;
static struct chan broker;
static struct chan_msg question;
static int opened_cnt[ASKED], opened_err[ASKED], worker_cnt, worker_err;
static unsigned int quit_cnt, fds_before;
static int send_err, again_from = -1;

int
test_send(struct chan *c, const struct chan_out *out)
{
	return send_err != 0 ? send_err : chan_send(c, out);
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

static void
on_worker(void *arg, void *cookie, int err, uint32_t worker_id,
    struct fdbag *fds)
{
	assert_ptr_equal(arg, &base);
	assert_ptr_equal(cookie, &worker_cnt);
	assert_int_equal(fds->cnt, err != 0 ? 0 : 1 + MRING_FDS);
	assert_int_equal(worker_id, err == 0 ? 77 : 0);
	worker_cnt++;
	worker_err = err;
}

static void
on_opened(void *arg, void *cookie, int err, int fd)
{
	int *cnt = cookie;
	struct msg_seal seal = { .len = 1 };

	assert_ptr_equal(arg, &base);
	assert_int_equal(fd == -1, err != 0);
	++*cnt;
	opened_err[cnt - opened_cnt] = err;
	fd_close(&fd);
	/* Whoever goes on may need the next descriptor. */
	if (cnt - opened_cnt == again_from)
		assert_int_equal(blink_hopen(link_, &seal,
		    &opened_cnt[ASKED - 1]), 0);
}

static void
on_quit(void *arg)
{
	assert_ptr_equal(arg, &base);
	quit_cnt++;
}

static const struct blink_ops ops = {
	.worker = on_worker, .opened = on_opened, .quit = on_quit
};

static int
setup(void **state)
{
	int fds[2];

	(void)state;
	fds_before = fd_count();
	memset(opened_cnt, 0, sizeof(opened_cnt));
	memset(opened_err, -1, sizeof(opened_err));
	worker_cnt = send_err = 0;
	quit_cnt = 0;
	again_from = -1;
	base = event_base_new();
	link_ = calloc(1, sizeof(*link_));
	if (base == NULL || link_ == NULL || chan_pair(fds) != 0)
		return -1;
	STAILQ_INIT(&link_->hopen_wait);
	chan_init(&link_->chan, fds[0], MSG_TRANSPORT, MSG_BROKER, 0);
	blink_start(link_, base, &ops, &base);
	chan_init(&broker, fds[1], MSG_BROKER, MSG_TRANSPORT, 1);
	chan_phase(&broker, MSG_PHASE_RUN);
	return 0;
}

static int
teardown(void **state)
{
	unsigned int i;

	(void)state;
	assert_true(STAILQ_EMPTY(&link_->hopen_wait));
	for (i = 0; i < BLINK_HOPEN_MAX; i++)
		assert_null(link_->hopen[i]);
	event_free(link_->ev);
	chan_close(&link_->chan);
	chan_close(&broker);
	free(link_);
	event_base_free(base);
	assert_int_equal(fd_count(), fds_before);
	return 0;
}

static void
pump(void)
{
	unsigned int i;

	for (i = 0; i < 4; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
}

static int
ask(unsigned int i)
{
	struct msg_seal seal;

	memset(&seal, 0, sizeof(seal));
	seal.len = 1;
	seal.handle[0] = (uint8_t)i;
	return blink_hopen(link_, &seal, &opened_cnt[i]);
}

/* The next question's handle, -1 if there is none. */
static int
next_seal(uint32_t *id)
{
	const struct q_hopen *q;

	if (chan_recv(&broker, &question) != 0)
		return -1;
	assert_int_equal(question.hdr.type, Q_HOPEN);
	q = question.body;
	*id = question.hdr.id;
	return q->seal.handle[0];
}

static void
answer(uint16_t type, uint32_t id, uint32_t err)
{
	struct a_hopen opened = { 0 };
	struct a_wget got = { 77, 0 };
	struct chan_out out;
	int fd = open("/dev/null", O_PATH | O_CLOEXEC);
	int fds[1 + MRING_FDS] = { fd, fd, fd, fd };

	memset(&out, 0, sizeof(out));
	out.type = type;
	out.id = id;
	out.err = err;
	if (err == 0) {
		out.body = type == A_HOPEN ? (void *)&opened : (void *)&got;
		out.fds = fds;
		out.fd_cnt = type == A_HOPEN ? 1 : 1 + MRING_FDS;
	}
	assert_int_equal(chan_send(&broker, &out), 0);
	fd_close(&fd);
	pump();
}

static void
test_opened(void **state)
{
	uint32_t id[2] = { 0 };

	(void)state;
	assert_int_equal(ask(0), 0);
	assert_int_equal(ask(1), 0);
	assert_int_equal(next_seal(&id[0]), 0);
	assert_int_equal(next_seal(&id[1]), 1);
	answer(A_HOPEN, id[1], ESTALE);
	assert_int_equal(opened_cnt[1], 1);
	assert_int_equal(opened_err[1], ESTALE);
	assert_int_equal(opened_cnt[0], 0);
	answer(A_HOPEN, id[0], 0);
	assert_int_equal(opened_cnt[0], 1);
	assert_int_equal(opened_err[0], 0);
}

/* More than fit at once wait their turn, and each is answered once. */
static void
test_many(void **state)
{
	unsigned int i, done = 0;
	uint32_t id[ASKED] = { 0 };
	int seal, cnt = 0, most = 0;

	(void)state;
	for (i = 0; i < ASKED; i++)
		assert_int_equal(ask(i), 0);
	while (done < ASKED) {
		while ((seal = next_seal(&id[cnt])) != -1)
			cnt++;
		if (cnt > most)
			most = cnt;
		assert_true(cnt > 0);
		/* The last one first. */
		answer(A_HOPEN, id[--cnt], done % 3 == 0 ? ESTALE : 0);
		done++;
	}
	assert_int_equal(most, BLINK_HOPEN_MAX);
	for (i = 0; i < ASKED; i++)
		assert_int_equal(opened_cnt[i], 1);
}

/* Asked from inside an answer. */
static void
test_again(void **state)
{
	unsigned int i;
	uint32_t id[BLINK_HOPEN_MAX + 4] = { 0 };

	(void)state;
	again_from = 0;
	for (i = 0; i < BLINK_HOPEN_MAX + 2; i++)
		assert_int_equal(ask(i), 0);
	for (i = 0; i < BLINK_HOPEN_MAX + 3; i++) {
		assert_int_not_equal(next_seal(&id[i]), -1);
		answer(A_HOPEN, id[i], 0);
	}
	assert_int_equal(opened_cnt[ASKED - 1], 1);
	for (i = 0; i < BLINK_HOPEN_MAX + 2; i++)
		assert_int_equal(opened_cnt[i], 1);
}

/* What cannot be sent fails; nobody behind it waits for ever. */
static void
test_not_sent(void **state)
{
	unsigned int i;
	uint32_t id[BLINK_HOPEN_MAX] = { 0 };

	(void)state;
	send_err = EAGAIN;
	assert_int_equal(ask(99), EAGAIN);
	send_err = 0;
	for (i = 0; i < BLINK_HOPEN_MAX + 5; i++)
		assert_int_equal(ask(i), 0);
	for (i = 0; i < BLINK_HOPEN_MAX; i++)
		assert_int_equal(next_seal(&id[i]), (int)i);
	send_err = EAGAIN;
	answer(A_HOPEN, id[0], 0);
	for (i = BLINK_HOPEN_MAX; i < BLINK_HOPEN_MAX + 5; i++) {
		assert_int_equal(opened_cnt[i], 1);
		assert_int_equal(opened_err[i], EAGAIN);
	}
	send_err = 0;
	for (i = 1; i < BLINK_HOPEN_MAX; i++)
		answer(A_HOPEN, id[i], 0);
	assert_int_equal(opened_cnt[99], 0);
}

/* Answers to nothing: the descriptor is closed and that is all. */
static void
test_not_asked(void **state)
{
	static const uint32_t ids[] = {
		0, BLINK_WGET_MAX - 1, BLINK_WGET_MAX, BLINK_WGET_MAX + 1,
		BLINK_WGET_MAX + BLINK_HOPEN_MAX, UINT32_MAX,
	};
	unsigned int i, before = fd_count();
	uint32_t id = 0;

	(void)state;
	for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		answer(A_HOPEN, ids[i], 0);
		answer(A_HOPEN, ids[i], ESTALE);
		answer(A_WGET, ids[i], 0);
	}
	assert_int_equal(fd_count(), before);
	assert_int_equal(worker_cnt, 0);
	/* Twice the same, of which one was asked for. */
	assert_int_equal(ask(0), 0);
	assert_int_equal(next_seal(&id), 0);
	answer(A_HOPEN, id, 0);
	answer(A_HOPEN, id, 0);
	assert_int_equal(opened_cnt[0], 1);
	assert_int_equal(fd_count(), before);
}

static void
test_workers(void **state)
{
	const struct q_wget *q;
	struct cred cred;
	uint32_t id = 0;

	(void)state;
	cred_set(&cred, CRED_USER, 1000, 1001);
	assert_int_equal(ask(5), 0);
	assert_int_equal(blink_wget(link_, &cred, &worker_cnt), 0);
	assert_int_equal(next_seal(&id), 5);
	assert_int_equal(chan_recv(&broker, &question), 0);
	assert_int_equal(question.hdr.type, Q_WGET);
	q = question.body;
	assert_int_equal(q->cred.uid, 1000);
	/* One kind of answer is not the other, whatever id it has. */
	assert_int_not_equal(question.hdr.id, id);
	answer(A_WGET, id, 0);
	assert_int_equal(worker_cnt, 0);
	answer(A_WGET, question.hdr.id, 0);
	assert_int_equal(worker_cnt, 1);
	assert_int_equal(worker_err, 0);
	answer(A_HOPEN, id, 0);
	assert_int_equal(opened_cnt[5], 1);
	assert_int_equal(blink_wget(link_, &cred, &worker_cnt), 0);
	assert_int_equal(chan_recv(&broker, &question), 0);
	answer(A_WGET, question.hdr.id, EPERM);
	assert_int_equal(worker_err, EPERM);
	blink_wput(link_, 4711);
	assert_int_equal(chan_recv(&broker, &question), 0);
	assert_int_equal(question.hdr.type, N_WPUT);
}

static void
test_workers_limit(void **state)
{
	struct cred cred;
	unsigned int i;

	(void)state;
	cred_set(&cred, CRED_USER, 1000, 1001);
	for (i = 0; i < BLINK_WGET_MAX; i++)
		assert_int_equal(blink_wget(link_, &cred, &worker_cnt), 0);
	assert_int_equal(blink_wget(link_, &cred, &worker_cnt), EAGAIN);
	assert_int_equal(chan_recv(&broker, &question), 0);
	answer(A_WGET, question.hdr.id, EAGAIN);
	assert_int_equal(blink_wget(link_, &cred, &worker_cnt), 0);
}

static void
test_quit(void **state)
{
	struct n_quit n = { 0 };
	struct chan_out out = { .type = N_QUIT, .body = &n };

	(void)state;
	assert_int_equal(chan_send(&broker, &out), 0);
	pump();
	assert_int_equal(quit_cnt, 1);
}

/* Does the transport start with this map? */
static int
starts(const struct idmap_rule *rules, uint32_t cnt, size_t tail_len)
{
	struct a_hello conf = { .idmap_cnt = cnt };
	struct chan_msg *m = &question;
	struct idmap ids;
	int status;
	pid_t pid;

	m->tail = rules;
	m->tail_len = tail_len;
	if ((pid = fork()) == 0) {
		close(STDERR_FILENO);
		blink_idmap(&conf, m, &ids);
		_exit(ids.cnt == cnt ? 0 : 1);
	}
	assert_int_not_equal(pid, -1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void
test_idmap(void **state)
{
	static struct idmap_rule many[IDMAP_RULE_MAX + 1];
	struct idmap_rule rules[] = {
		{ IDMAP_UID, IDMAP_GUEST, 0, 1000, 10 },
		{ IDMAP_GID, IDMAP_HOST, 0, 1000, 10 },
	};
	uint32_t i;

	(void)state;
	assert_true(starts(rules, 0, 0));
	assert_true(starts(rules, 1, sizeof(rules[0])));
	assert_true(starts(rules, 2, sizeof(rules)));
	assert_false(starts(rules, 1, sizeof(rules)));
	assert_false(starts(rules, 2, sizeof(rules) - 1));
	assert_false(starts(rules, UINT32_MAX, sizeof(rules)));
	for (i = 0; i <= IDMAP_RULE_MAX; i++)
		many[i] = (struct idmap_rule){ IDMAP_UID, IDMAP_GUEST, i,
		    i, 1 };
	assert_true(starts(many, IDMAP_RULE_MAX, sizeof(many) -
	    sizeof(many[0])));
	assert_false(starts(many, IDMAP_RULE_MAX + 1, sizeof(many)));
	rules[1].kind = 99;
	assert_false(starts(rules, 2, sizeof(rules)));
}

#define UNIT(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_opened),
		UNIT(test_many),
		UNIT(test_again),
		UNIT(test_not_sent),
		UNIT(test_not_asked),
		UNIT(test_workers),
		UNIT(test_workers_limit),
		UNIT(test_quit),
		cmocka_unit_test(test_idmap),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
