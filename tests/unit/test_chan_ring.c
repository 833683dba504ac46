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
 * Knows: a channel with a ring: which way a message takes, how its reader
 * sleeps and is woken, and what ends it.
 * Never: the checks of a message (test_chan.c), or the ring itself
 * (test_mring.c).
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/chan.c"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <signal.h>

static struct chan worker;    /* sleeps, as workers do */
static struct chan transport; /* never does */
static struct chan_msg msg;

static int
setup(void **state)
{
	int fds[2], ring[MRING_FDS], other[MRING_FDS], i;

	(void)state;
	if (chan_pair(fds) != 0 || mring_make(ring) != 0)
		return -1;
	for (i = 0; i < MRING_FDS; i++)
		other[i] = dup(ring[i]);
	chan_init(&worker, fds[0], MSG_FSWORKER, MSG_TRANSPORT, 0);
	chan_init(&transport, fds[1], MSG_TRANSPORT, MSG_FSWORKER, 1);
	chan_phase(&worker, MSG_PHASE_RUN);
	chan_phase(&transport, MSG_PHASE_RUN);
	return chan_ring(&worker, ring, MRING_WORKER, 1) |
	    chan_ring(&transport, other, MRING_TRANSPORT, 0);
}

static int
teardown(void **state)
{
	(void)state;
	chan_close(&worker);
	chan_close(&transport);
	return 0;
}

static int
ask(uint32_t id, const char *tail)
{
	struct q_setxattr q = {.name = "user.a"};
	struct chan_out out = {.type = Q_SETXATTR, .body = &q, .tail = tail};
	int fd = STDIN_FILENO;

	out.id = id;
	out.tail_len = strlen(tail);
	out.fds = &fd;
	out.fd_cnt = 1;
	return chan_send(&transport, &out);
}

static int
answer(const char *tail)
{
	struct a_getxattr a = {.size = 1};
	struct chan_out out = {.type = A_GETXATTR, .body = &a, .tail = tail};

	out.tail_len = strlen(tail);
	return chan_send(&worker, &out);
}

static void
expect(struct chan *c, uint32_t id, const char *tail)
{
	assert_int_equal(chan_recv(c, &msg), 0);
	assert_int_equal(msg.hdr.id, id);
	assert_int_equal(msg.tail_len, strlen(tail));
	assert_memory_equal(msg.tail, tail, msg.tail_len);
	fdbag_close(&msg.fds);
}

/* A descriptor takes the socket, a tail that is short the ring. */
static void
test_ways(void **state)
{
	static char big[MRING_SLOT_LEN + 1];

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	assert_int_equal(ask(1, "value"), 0);
	expect(&worker, 1, "value");
	assert_int_equal(answer("short"), 0);
	assert_int_equal(answer(big), 0);
	expect(&transport, 0, "short");
	expect(&transport, 0, big);
	assert_int_equal(chan_recv(&transport, &msg), EAGAIN);
}

static void
on_alarm(int sig)
{
	(void)sig;
}

/*
 * The other side of the channel in a child, who takes its time; a signal does
 * not look like a message.
 */
static void
test_sleeps(void **state)
{
	struct sigaction sa = {.sa_handler = on_alarm};
	int status;
	pid_t pid;

	(void)state;
	assert_int_not_equal(pid = fork(), -1);
	if (pid == 0) {
		chan_close(&worker);
		usleep(50000);
		ask(7, "late");
		chan_bell(&transport);
		usleep(50000);
		_exit(0);
	}
	chan_close(&transport);
	assert_int_equal(sigaction(SIGALRM, &sa, NULL), 0);
	ualarm(10000, 0);
	expect(&worker, 7, "late");
	assert_int_equal(chan_recv(&worker, &msg), EPIPE);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	transport.fd = -1;
}

static void
ask_meanwhile(const struct mring *r)
{
	assert_ptr_equal(r, &worker.ring);
	worker.idle = NULL;
	assert_int_equal(ask(9, "meanwhile"), 0);
}

/* What comes when it is about to sleep keeps it awake. */
static void
test_stays_awake(void **state)
{
	(void)state;
	worker.idle = ask_meanwhile;
	expect(&worker, 9, "meanwhile");
}

/* Whoever takes nothing is no peer. */
static void
test_full(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < MRING_SLOTS; i++)
		assert_int_equal(answer("x"), 0);
	assert_int_equal(answer("x"), EPROTO);
	assert_string_equal(worker.why, "takes nothing from its ring");
	expect(&transport, 0, "x");
	assert_int_equal(answer("x"), 0);
}

static void
test_no_ring(void **state)
{
	struct rlimit old, few;
	int ring[MRING_FDS], fds[2];
	struct chan c = worker;

	(void)state;
	assert_int_equal(mring_make(ring), 0);
	fd_close(&ring[0]);
	ring[0] = memfd_create("small", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	assert_int_equal(chan_ring(&c, ring, MRING_WORKER, 1), EINVAL);
	assert_int_equal(ring[1], -1);
	/* No number is left for what it would sleep on. */
	assert_int_equal(mring_make(ring), 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	few = old;
	few.rlim_cur = (rlim_t)ring[0];
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	assert_int_equal(chan_pair(fds), EMFILE);
	assert_int_equal(chan_ring(&c, ring, MRING_WORKER, 1), EMFILE);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	mring_unmap(&c.ring);
}

/* What comes along may be descriptors and nothing else. */
static void
test_control_data(void **state)
{
	struct chan us;
	int fds[2], on = 1;

	(void)state;
	assert_int_equal(chan_pair(fds), 0);
	chan_init(&us, fds[0], MSG_TRANSPORT, MSG_FSWORKER, 1);
	assert_int_equal(setsockopt(fds[0], SOL_SOCKET, SO_PASSCRED, &on,
			     sizeof(on)),
	    0);
	assert_int_equal(send(fds[1], "x", 1, 0), 1);
	assert_int_equal(chan_recv(&us, &msg), EPROTO);
	assert_string_equal(us.why, "unexpected control data");
	chan_close(&us);
	close(fds[1]);
	assert_int_equal(chan_take(&us, fds[1], MSG_TRANSPORT, MSG_FSWORKER,
			     1),
	    EBADF);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(test_ways),
	    T(test_sleeps),
	    T(test_stays_awake),
	    T(test_full),
	    T(test_no_ring),
	    T(test_control_data),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
