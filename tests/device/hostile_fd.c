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
 * Descriptors in vhost-user messages: too many, too few, of the wrong kind,
 * again and again.
 *
 * Knows: which message carries what.
 * Never: the numbers in it.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "hostile.h"

#define HOSTILE_AGAIN	2000

enum hostile_kind {
	KIND_FILE, KIND_DIR, KIND_NULL, KIND_SOCKET, KIND_MEMFD, KIND_PIPE,
	KIND_EVENT
};

static int
hostile_open(struct hostile *h, uint64_t kind)
{
	int	 pair[2] = { -1, -1 };

	switch (kind) {
	case KIND_FILE:
		return open(box_host(h->b, "known"), O_RDWR | O_CLOEXEC);
	case KIND_DIR:
		return open(h->b->d.share, O_RDONLY | O_DIRECTORY |
		    O_CLOEXEC);
	case KIND_NULL:
		return open("/dev/null", O_RDWR | O_CLOEXEC);
	case KIND_SOCKET:
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair);
		break;
	case KIND_PIPE:
		if (pipe2(pair, O_CLOEXEC) == -1)
			return -1;
		break;
	case KIND_MEMFD:
		return memfd_create("evil", MFD_CLOEXEC);
	default:
		return eventfd(0, EFD_CLOEXEC);
	}
	close(pair[1]);
	return pair[0];
}

static const char *const	 hostile_kinds[] = { "file", "directory",
	"/dev/null", "socket", "memfd", "pipe", "eventfd" };

/* Give the request ring its own eventfd back. */
static int
hostile_own(struct hostile *h, uint32_t request)
{
	struct ring	*r = &h->b->q[1];
	uint64_t	 ring = 1;
	int		 fd;

	fd = request == VHOST_SET_VRING_KICK ? r->kick :
	    request == VHOST_SET_VRING_CALL ? r->call : r->err;
	return hostile_send(h, request, &ring, sizeof(ring), &fd, 1);
}

/* SET_VRING_KICK, CALL or ERR with something that is no eventfd. */
static bool
hostile_notifier(struct hostile *h, const struct hostile_case *c)
{
	uint64_t	 ring = 1;
	int		 fd, err;

	fd = hostile_open(h, c->arg[1]);
	if (fd == -1)
		tap_bail("%s: %s", hostile_kinds[c->arg[1]],
		    strerror(errno));
	err = hostile_send(h, (uint32_t)c->arg[0], &ring, sizeof(ring), &fd,
	    1);
	close(fd);
	if (err == 0)
		hostile_own(h, (uint32_t)c->arg[0]);
	return hostile_nack(err);
}

/* The ring number and the descriptor do not go together. */
static bool
hostile_missing(struct hostile *h, const struct hostile_case *c)
{
	return hostile_denied(hostile_send(h, (uint32_t)c->arg[0],
	    &c->arg[1], 8, NULL, 0));
}

static bool
hostile_bad_ring(struct hostile *h, const struct hostile_case *c)
{
	int	 fd = eventfd(0, EFD_CLOEXEC), err;

	err = hostile_send(h, (uint32_t)c->arg[0], &c->arg[1], 8, &fd, 1);
	close(fd);
	return hostile_denied(err);
}

struct hostile_plain {
	const char	*name;
	uint32_t	 request;
	uint32_t	 len;
	unsigned	 fds;		/* it may carry */
};

static const struct hostile_plain	 hostile_plains[] = {
	{ "GET_FEATURES", VHOST_GET_FEATURES, 0, 0 },
	{ "SET_FEATURES", VHOST_SET_FEATURES, 8, 0 },
	{ "SET_OWNER", VHOST_SET_OWNER, 0, 0 },
	{ "RESET_OWNER", VHOST_RESET_OWNER, 0, 0 },
	{ "SET_MEM_TABLE", VHOST_SET_MEM_TABLE, 40, 1 },
	{ "SET_VRING_NUM", VHOST_SET_VRING_NUM, 8, 0 },
	{ "SET_VRING_ADDR", VHOST_SET_VRING_ADDR, 40, 0 },
	{ "SET_VRING_BASE", VHOST_SET_VRING_BASE, 8, 0 },
	{ "GET_VRING_BASE", VHOST_GET_VRING_BASE, 8, 0 },
	{ "SET_VRING_KICK", VHOST_SET_VRING_KICK, 8, 1 },
	{ "SET_VRING_CALL", VHOST_SET_VRING_CALL, 8, 1 },
	{ "SET_VRING_ERR", VHOST_SET_VRING_ERR, 8, 1 },
	{ "GET_PROTOCOL_FEATURES", VHOST_GET_PROTOCOL_FEATURES, 0, 0 },
	{ "SET_PROTOCOL_FEATURES", VHOST_SET_PROTOCOL_FEATURES, 8, 0 },
	{ "GET_QUEUE_NUM", VHOST_GET_QUEUE_NUM, 0, 0 },
	{ "SET_VRING_ENABLE", VHOST_SET_VRING_ENABLE, 8, 0 },
	{ "SET_BACKEND_REQ_FD", VHOST_SET_BACKEND_REQ_FD, 0, 1 },
	{ "GET_CONFIG", VHOST_GET_CONFIG, 16, 0 },
	{ "RESET_DEVICE", VHOST_RESET_DEVICE, 0, 0 },
	{ "GET_MAX_MEM_SLOTS", VHOST_GET_MAX_MEM_SLOTS, 0, 0 },
	{ "ADD_MEM_REG", VHOST_ADD_MEM_REG, 40, 1 },
	{ "REM_MEM_REG", VHOST_REM_MEM_REG, 40, 1 },
	{ "SET_LOG_BASE", VHOST_SET_LOG_BASE, 16, 1 },
	{ "SET_LOG_FD", VHOST_SET_LOG_FD, 0, 1 },
	{ "SET_INFLIGHT_FD", VHOST_SET_INFLIGHT_FD, 24, 1 },
	{ "an unknown request", 200, 8, 0 },
};

/* More descriptors than the message has a place for; none may stay. */
static bool
hostile_surplus(struct hostile *h, const struct hostile_case *c)
{
	const struct hostile_plain	*p = &hostile_plains[c->arg[0]];
	uint8_t				 payload[64];
	int				 fds[253], err, *fd;
	unsigned			 i, n = (unsigned)c->arg[1];

	memset(payload, 0, sizeof(payload));
	payload[0] = 1;
	for (i = 0; i < n; i++)
		fds[i] = hostile_open(h, KIND_EVENT);
	h->b->v.timeout = 500;
	err = hostile_send(h, p->request, payload, p->len, fds, n);
	h->b->v.timeout = 3000;
	for (fd = fds; fd < fds + n; fd++)
		close(*fd);
	/* A GET may be answered; the others are refused or hung up on. */
	if (err != 0 || p->fds == 0)
		return true;
	tap_diag("%u descriptors were accepted", n);
	return false;
}

/* The same message again and again, each time with a new eventfd. */
static bool
hostile_repeat(struct hostile *h, const struct hostile_case *c)
{
	uint64_t	 ring = 1;
	unsigned	 i;
	int		 fd, err = 0;

	for (i = 0; i < c->arg[1] && err == 0; i++) {
		fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		err = hostile_send(h, (uint32_t)c->arg[0], &ring,
		    sizeof(ring), &fd, 1);
		close(fd);
	}
	if (err == 0)
		err = hostile_own(h, (uint32_t)c->arg[0]);
	if (err != 0)
		tap_diag("the %uth: %s", i, strerror(err));
	return err == 0;
}

static bool
hostile_repeat_table(struct hostile *h, const struct hostile_case *c)
{
	unsigned	 i;
	int		 err = 0;

	for (i = 0; i < c->arg[0] && err == 0; i++)
		err = box_memory(h->b);
	if (err != 0)
		tap_diag("the %uth: %s", i, strerror(err));
	return err == 0;
}

/* Descriptors with every part of a message instead of with its first. */
static bool
hostile_late(struct hostile *h, const struct hostile_case *c)
{
	struct vhost_hdr	 hdr = { VHOST_SET_VRING_CALL,
	    VHOST_VERSION | VHOST_NEED_REPLY, 8 };
	uint64_t		 ring = 1;
	struct vhost_msg	 m;
	int			 err, fd = h->b->q[1].call;

	(void)c;
	err = vhost_send_raw(&h->b->v, &hdr, 6, NULL, 0);
	if (err == 0)
		err = vhost_send_raw(&h->b->v, (uint8_t *)&hdr + 6, 6, &fd,
		    1);
	if (err == 0)
		err = vhost_send_raw(&h->b->v, &ring, 8, &fd, 1);
	if (err == 0)
		err = vhost_recv(&h->b->v, &m);
	return err != ETIMEDOUT;
}

static void
hostile_notifier_cases(uint32_t request, const char *what)
{
	static const unsigned	 kind[] = { KIND_FILE, KIND_DIR, KIND_NULL,
	    KIND_SOCKET, KIND_MEMFD, KIND_PIPE };
	char			 name[96];
	unsigned		 i;

	for (i = 0; i < sizeof(kind) / sizeof(kind[0]); i++) {
		snprintf(name, sizeof(name), "%s with a %s", what,
		    hostile_kinds[kind[i]]);
		hostile_add(name, hostile_notifier, HOSTILE_KEEP, request,
		    kind[i]);
	}
	snprintf(name, sizeof(name), "%s without its descriptor", what);
	hostile_add(name, hostile_missing, HOSTILE_CLOSE, request, 1);
	snprintf(name, sizeof(name), "%s for ring 200", what);
	hostile_add(name, hostile_bad_ring, HOSTILE_CLOSE, request, 200);
	snprintf(name, sizeof(name), "%s for ring 2^63", what);
	hostile_add(name, hostile_bad_ring, HOSTILE_CLOSE, request,
	    1ULL << 63);
	snprintf(name, sizeof(name), "%s %u times", what, HOSTILE_AGAIN);
	hostile_add(name, hostile_repeat, HOSTILE_KEEP, request,
	    HOSTILE_AGAIN);
}

void
hostile_again_cases(unsigned times)
{
	hostile_add("long: SET_VRING_KICK", hostile_repeat, HOSTILE_KEEP,
	    VHOST_SET_VRING_KICK, times);
	hostile_add("long: SET_VRING_CALL", hostile_repeat, HOSTILE_KEEP,
	    VHOST_SET_VRING_CALL, times);
	hostile_add("long: SET_VRING_ERR", hostile_repeat, HOSTILE_KEEP,
	    VHOST_SET_VRING_ERR, times);
	hostile_add("long: SET_MEM_TABLE", hostile_repeat_table,
	    HOSTILE_KEEP, times, 0);
}

void
hostile_fd_cases(void)
{
	const struct hostile_plain	*p;
	char				 name[96];
	unsigned			 i;

	hostile_notifier_cases(VHOST_SET_VRING_KICK, "SET_VRING_KICK");
	hostile_notifier_cases(VHOST_SET_VRING_CALL, "SET_VRING_CALL");
	hostile_notifier_cases(VHOST_SET_VRING_ERR, "SET_VRING_ERR");
	hostile_add("SET_MEM_TABLE 2000 times", hostile_repeat_table,
	    HOSTILE_KEEP, HOSTILE_AGAIN, 0);
	for (i = 0; i < sizeof(hostile_plains) / sizeof(*p); i++) {
		p = &hostile_plains[i];
		snprintf(name, sizeof(name), "%s with %u descriptors",
		    p->name, p->fds + 1);
		hostile_add(name, hostile_surplus, HOSTILE_CLOSE, i,
		    p->fds + 1);
		snprintf(name, sizeof(name), "%s with 253 descriptors",
		    p->name);
		hostile_add(name, hostile_surplus, HOSTILE_CLOSE, i, 253);
	}
	hostile_add("descriptors behind the header", hostile_late,
	    HOSTILE_CLOSE, 0, 0);
}
