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
 * Knows: how a transport that was taken over comes up: as the real one, with
 * its filter, in its empty root.
 * Never: what it tries then.  The broker starts it under the real one's name;
 * the tag of the share says which part to play, standard error is its report.
 */

#include "config.h"

#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../common/jail.h"
#include "../../common/landlock.h"
#include "../../common/log.h"
#include "../../common/proc.h"
#include "../../common/sandbox.h"
#include "../../transport/sandbox_tab.h"
#include "taken.h"

static struct taken taken;

void
taken_say(bool could, const char *what)
{
	char line[160];
	int len;

	len = snprintf(line, sizeof(line), "taken could%s: %s\n",
	    could ? "" : " not", what);
	if (write(STDERR_FILENO, line, (size_t)len) != len)
		_exit(1);
}

void
taken_note(const char *what, int err)
{
	char line[160];
	int len;

	len = snprintf(line, sizeof(line), "taken note: %s: %d\n", what, err);
	if (write(STDERR_FILENO, line, (size_t)len) != len)
		_exit(1);
}

int
taken_ask(struct taken *t, struct chan *c, const struct chan_out *out)
{
	struct epoll_event ev;
	int err;

	fdbag_close(&t->msg.fds);
	if (chan_send(c, out) != 0)
		return -1;
	while ((err = chan_recv(c, &t->msg)) == EAGAIN) {
		chan_bell(c);
		epoll_wait(t->napfd, &ev, 1, 1);
	}
	return err == 0 ? (int)t->msg.hdr.err : -1;
}

static void
taken_hello(struct taken *t, struct a_hello *conf)
{
	struct q_hello q;
	struct chan_out out = { .type = Q_HELLO, .body = &q };

	memcpy(q.build_id, msg_build_id, sizeof(q.build_id));
	chan_init(&t->broker, PROC_FD_BROKER, MSG_TRANSPORT, MSG_BROKER, 0);
	if (taken_ask(t, &t->broker, &out) != 0)
		fatalx("no answer to hello");
	memcpy(conf, t->msg.body, sizeof(*conf));
	t->bare = (conf->flags & MSG_SHARE_BARE) != 0;
	t->uid = t->bare ? TAKEN_BARE_UID : TAKEN_UID;
	t->listenfd = fdbag_take(&t->msg.fds, 0);
	t->rootfd = fdbag_take(&t->msg.fds, 1);
}

/* The front-end's first message, with all its descriptors. */
static void
taken_front_end(struct taken *t)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(TAKEN_FOREIGN * sizeof(int))];
	} ctl;
	char buf[64];
	struct iovec iov = { buf, sizeof(buf) };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = ctl.bytes, .msg_controllen = sizeof(ctl) };
	struct cmsghdr *c;
	int conn;

	if (fcntl(t->listenfd, F_SETFL, 0) == -1 || (conn = accept4(
	    t->listenfd, NULL, NULL, SOCK_CLOEXEC)) == -1 ||
	    recvmsg(conn, &mh, MSG_CMSG_CLOEXEC) == -1 ||
	    (c = CMSG_FIRSTHDR(&mh)) == NULL)
		fatal("front-end");
	t->foreign_cnt = (unsigned int)((c->cmsg_len - CMSG_LEN(0)) /
	    sizeof(int));
	memcpy(t->foreign, CMSG_DATA(c), t->foreign_cnt * sizeof(int));
}

int
main(void)
{
	struct a_hello conf;
	char tag[MSG_TAG_MAX + 1];

	proc_init("T", PROC_FD_BROKER + 1);
	if ((taken.napfd = epoll_create1(EPOLL_CLOEXEC)) == -1)
		fatal("epoll_create1");
	taken_hello(&taken, &conf);
	jail_limits(conf.nofile, 0, RLIM_INFINITY);
	jail_no_new_privs();
	landlock_enter(-1);
	sandbox_enter(&sandbox_transport, 1, conf.seccomp);
	memcpy(tag, conf.tag, MSG_TAG_MAX);
	tag[MSG_TAG_MAX] = '\0';
	if (strcmp(tag, "calls") == 0) {
		taken_calls();
	} else if (strcmp(tag, "asks") == 0) {
		taken_front_end(&taken);
		taken_asks(&taken);
	} else {
		taken_fatal(&taken, tag);
	}
	_exit(0);
}
