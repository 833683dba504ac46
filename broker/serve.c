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
 * Knows: the event loop: who is listened to, and how it all ends.
 * Never: what a message means.
 */

#include "config.h"

#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "../common/log.h"
#include "broker.h"
#include "ended.h"
#include "on.h"
#include "reply.h"
#include "serve.h"

#define SERVE_HELLO_MS	5000	/* for a first message */
#define SERVE_GRACE_MS	1000	/* for a drain */
#define SERVE_EXIT_MS	10000	/* an exit frees memory and deletes files */
#define SERVE_BATCH	16	/* messages before others have a turn */

static struct chan_msg serve_msg;

void
serve_end(struct broker *b, int status)
{
	b->status = status;
	event_base_loopbreak(b->base);
}

/* How the process behind pidfd ended, waiting for it at most ms. */
static int
serve_reap(int pidfd, int ms, int *status)
{
	struct pollfd pfd = { .fd = pidfd, .events = POLLIN };
	siginfo_t si;

	memset(&si, 0, sizeof(si));
	if (poll(&pfd, 1, ms) != 1 ||
	    waitid(P_PIDFD, (id_t)pidfd, &si, WEXITED | WNOHANG) == -1 ||
	    si.si_pid == 0)
		return EAGAIN;
	/* In the form that waitpid(2) gives. */
	*status = si.si_code == CLD_EXITED ?
	    si.si_status << 8 : si.si_status & 0x7f;
	return 0;
}

static void
serve_kill(int *pidfd)
{
	int status;

	if (*pidfd == -1)
		return;
	if (syscall(SYS_pidfd_send_signal, *pidfd, SIGKILL, NULL, 0) == -1 &&
	    errno != ESRCH)
		log_err("pidfd_send_signal");
	serve_reap(*pidfd, SERVE_GRACE_MS, &status);
	fd_close(pidfd);
}

/* A spawner's end is the end of every worker of its. */
static void
serve_kill_all(struct broker *b)
{
	struct home *h;

	serve_kill(&b->transport_pidfd);
	for (h = b->home; h < b->home + POLICY_HOME_CNT; h++)
		if (h->used)
			serve_kill(&h->pidfd);
}

/* A spawner's next message, or the transport's (h NULL); as chan_recv(). */
static int
serve_one(struct broker *b, struct home *h)
{
	int err;

	if ((err = chan_recv(h != NULL ? &h->chan : &b->transport,
	    &serve_msg)) != 0)
		return err;
	err = h != NULL ? on_spawner(h, &serve_msg) :
	    on_transport(b, &serve_msg);
	fdbag_close(&serve_msg.fds);
	return err;
}

/* ---- the first messages ---- */

__attribute__((noreturn)) static void
serve_no_hello(struct broker *b, const char *who, int *pidfd, const char *why)
{
	char how[ENDED_STR_MAX];
	int status;

	if (serve_reap(*pidfd, SERVE_GRACE_MS, &status) == 0) {
		fd_close(pidfd);
		why = ended_str(status, how);
	}
	serve_kill_all(b);
	fatalx("the %s did not start: it %s", who, why);
}

static void
serve_first(struct broker *b, struct home *h)
{
	const char *who = h != NULL ? "spawner" : "transport";
	struct chan *c = h != NULL ? &h->chan : &b->transport;
	int *pidfd = h != NULL ? &h->pidfd : &b->transport_pidfd;
	struct pollfd pfd = { .fd = c->fd, .events = POLLIN };
	int err, n;

	/* A signal that comes now is looked at in the loop. */
	while ((n = poll(&pfd, 1, SERVE_HELLO_MS)) == -1 && errno == EINTR)
		continue;
	if (n != 1)
		serve_no_hello(b, who, pidfd, "said nothing in time");
	if ((err = serve_one(b, h)) == EPROTO) {
		serve_kill_all(b);
		fatalx("the %s is not used: %s", who, c->why);
	}
	if (err != 0)
		serve_no_hello(b, who, pidfd, "closed its channel");
}

void
serve_hello(struct broker *b)
{
	struct home *h;

	for (h = b->home; h < b->home + POLICY_HOME_CNT; h++)
		if (h->used)
			serve_first(b, h);
	serve_first(b, NULL);
}

/* ---- the loop ---- */

static void
serve_grace(struct broker *b, int ms)
{
	struct timeval tv = { ms / 1000, 0 };

	event_add(b->grace_ev, &tv);
}

static void
serve_grace_over(int fd, short what, void *arg)
{
	struct broker *b = arg;

	(void)fd;
	(void)what;
	log_warnx("the transport did not end in time");
	serve_end(b, b->draining ? 0 : 1);
}

/* Read a channel, as serve_one(); returns 0, EPIPE when closed, or EPROTO. */
static int
serve_read(struct broker *b, struct home *h)
{
	struct chan *c = h != NULL ? &h->chan : &b->transport;
	unsigned int i;
	int err;

	for (i = 0; i < SERVE_BATCH && c->fd != -1; i++) {
		if ((err = serve_one(b, h)) == EAGAIN)
			return 0;
		if (err != 0 && err != EPIPE && err != EPROTO) {
			c->why = strerror(err);
			return EPROTO;
		}
		if (err != 0)
			return err;
		if (!TAILQ_EMPTY(&b->replies))
			return 0;
	}
	return 0;
}

static void
serve_transport(int fd, short what, void *arg)
{
	struct broker *b = arg;
	int err;

	(void)fd;
	(void)what;
	if ((err = serve_read(b, NULL)) == 0)
		return;
	if (err == EPROTO) {
		log_errx("the transport is ended: %s", b->transport.why);
		serve_end(b, 1);
		return;
	}
	/* It ends; how, its pidfd tells in a moment. */
	event_del(b->transport_ev);
	event_del(b->transport_write_ev);
	chan_close(&b->transport);
	if (!evtimer_pending(b->grace_ev, NULL))
		serve_grace(b, SERVE_EXIT_MS);
}

static void
serve_transport_writable(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	reply_flush(arg);
}

static void
serve_transport_ended(int fd, short what, void *arg)
{
	char how[ENDED_STR_MAX];
	struct broker *b = arg;
	int status;

	(void)what;
	if (serve_reap(fd, 0, &status) != 0)
		return;
	fd_close(&b->transport_pidfd);
	if (status == 0)
		log_info("the transport is done");
	else
		log_errx("the transport %s", ended_str(status, how));
	serve_end(b, status == 0 ? 0 : 1);
}

static void
serve_spawner(int fd, short what, void *arg)
{
	struct home *h = arg;
	int err;

	(void)fd;
	(void)what;
	if ((err = serve_read(h->broker, h)) == 0)
		return;
	if (err == EPROTO)
		log_errx("the spawner is ended: %s", h->chan.why);
	else
		log_errx("the spawner closed its channel");
	serve_end(h->broker, 1);
}

static void
serve_signal(int sig, short what, void *arg)
{
	struct broker *b = arg;
	struct chan_out out;
	struct n_quit n;

	(void)what;
	if (b->draining)
		return;
	log_info("signal %d: ending", sig);
	b->draining = 1;
	memset(&n, 0, sizeof(n));
	memset(&out, 0, sizeof(out));
	out.type = N_QUIT;
	out.body = &n;
	if (b->transport.fd == -1 || chan_send(&b->transport, &out) != 0) {
		serve_end(b, 0);
		return;
	}
	serve_grace(b, SERVE_GRACE_MS);
}

static struct event *
serve_event(struct broker *b, int fd, short what, event_callback_fn fn)
{
	struct event *ev;

	if ((ev = event_new(b->base, fd, what, fn, b)) == NULL)
		fatalx("event");
	return ev;
}

static void
serve_home(struct home *h)
{
	h->ev = event_new(h->broker->base, h->chan.fd, EV_READ | EV_PERSIST,
	    serve_spawner, h);
	if (h->ev == NULL || event_add(h->ev, NULL) == -1)
		fatalx("event");
}

static void
serve_add(struct broker *b, int fd, short what, event_callback_fn fn)
{
	if (event_add(serve_event(b, fd, what, fn), NULL) == -1)
		fatalx("event");
}

void
serve_init(struct broker *b)
{
	struct event_config *cfg;
	struct home *h;

	TAILQ_INIT(&b->replies);
	if ((cfg = event_config_new()) == NULL ||
	    event_config_set_flag(cfg, EVENT_BASE_FLAG_IGNORE_ENV |
	    EVENT_BASE_FLAG_NOLOCK) == -1 ||
	    (b->base = event_base_new_with_config(cfg)) == NULL)
		fatalx("no event loop");
	event_config_free(cfg);
	serve_add(b, SIGTERM, EV_SIGNAL | EV_PERSIST, serve_signal);
	serve_add(b, SIGHUP, EV_SIGNAL | EV_PERSIST, serve_signal);
	serve_add(b, SIGINT, EV_SIGNAL | EV_PERSIST, serve_signal);
	b->grace_ev = serve_event(b, -1, 0, serve_grace_over);
	b->transport_ev = serve_event(b, b->transport.fd,
	    EV_READ | EV_PERSIST, serve_transport);
	b->transport_write_ev = serve_event(b, b->transport.fd, EV_WRITE,
	    serve_transport_writable);
	for (h = b->home; h < b->home + POLICY_HOME_CNT; h++)
		if (h->used)
			serve_home(h);
	serve_add(b, b->transport_pidfd, EV_READ, serve_transport_ended);
	if (event_add(b->transport_ev, NULL) == -1)
		fatalx("event");
}

int
serve_loop(struct broker *b)
{
	if (event_base_dispatch(b->base) == -1) {
		log_errx("the event loop failed");
		b->status = 1;
	}
	serve_kill_all(b);
	return b->status;
}
