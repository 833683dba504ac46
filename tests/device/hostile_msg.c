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
 * vhost-user messages that are cut, too long, unknown, not negotiated, or no
 * messages at all.
 *
 * Knows: the framing of the protocol.
 * Never: what a right message would do.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "hostile.h"

int
hostile_send(struct hostile *h, uint32_t request, const void *payload,
    uint32_t len, const int *fds, unsigned fd_cnt)
{
	struct vhost_hdr	 hdr = { request, 0, len };

	return vhost_set_fds(&h->b->v, &hdr, payload, fds, fd_cnt);
}

bool
hostile_nack(int err)
{
	if (err == EREMOTEIO)
		return true;
	tap_diag("message was %s, should be refused by its acknowledgement",
	    err == 0 ? "accepted" : strerror(err));
	return false;
}

bool
hostile_denied(int err)
{
	if (err == EREMOTEIO || err == ECONNRESET || err == EPIPE)
		return true;
	tap_diag("message was %s, should be refused", err == 0 ?
	    "accepted" : strerror(err));
	return false;
}

struct hostile_msg {
	const char	*name;
	uint32_t	 request;
	uint32_t	 len;		/* bytes of payload it should have */
};

static const struct hostile_msg	 hostile_msgs[] = {
	{ "GET_FEATURES", VHOST_GET_FEATURES, 0 },
	{ "SET_FEATURES", VHOST_SET_FEATURES, 8 },
	{ "SET_OWNER", VHOST_SET_OWNER, 0 },
	{ "SET_MEM_TABLE", VHOST_SET_MEM_TABLE, 40 },
	{ "SET_VRING_NUM", VHOST_SET_VRING_NUM, 8 },
	{ "SET_VRING_ADDR", VHOST_SET_VRING_ADDR, 40 },
	{ "SET_VRING_BASE", VHOST_SET_VRING_BASE, 8 },
	{ "GET_VRING_BASE", VHOST_GET_VRING_BASE, 8 },
	{ "SET_VRING_KICK", VHOST_SET_VRING_KICK, 8 },
	{ "SET_VRING_CALL", VHOST_SET_VRING_CALL, 8 },
	{ "SET_VRING_ERR", VHOST_SET_VRING_ERR, 8 },
	{ "SET_PROTOCOL_FEATURES", VHOST_SET_PROTOCOL_FEATURES, 8 },
	{ "GET_QUEUE_NUM", VHOST_GET_QUEUE_NUM, 0 },
	{ "SET_VRING_ENABLE", VHOST_SET_VRING_ENABLE, 8 },
	{ "RESET_DEVICE", VHOST_RESET_DEVICE, 0 },
};

/* A message of another size, all of which is sent. */
static bool
hostile_size(struct hostile *h, const struct hostile_case *c)
{
	const struct hostile_msg	*m = &hostile_msgs[c->arg[0]];
	uint8_t				 payload[VHOST_PAYLOAD_MAX];

	memset(payload, 0, sizeof(payload));
	return hostile_denied(hostile_send(h, m->request, payload,
	    (uint32_t)c->arg[1], NULL, 0));
}

/* Requests that were not negotiated or do not exist. */
static const struct hostile_msg	 hostile_others[] = {
	{ "0", 0, 0 },
	{ "RESET_OWNER with a payload", VHOST_RESET_OWNER, 8 },
	{ "SET_LOG_BASE", VHOST_SET_LOG_BASE, 16 },
	{ "SEND_RARP", VHOST_SEND_RARP, 8 },
	{ "NET_SET_MTU", VHOST_NET_SET_MTU, 8 },
	{ "IOTLB_MSG", VHOST_IOTLB_MSG, 32 },
	{ "SET_VRING_ENDIAN", VHOST_SET_VRING_ENDIAN, 8 },
	{ "GET_CONFIG without a tag", VHOST_GET_CONFIG, 52 },
	{ "SET_CONFIG", VHOST_SET_CONFIG, 52 },
	{ "CREATE_CRYPTO_SESSION", VHOST_CREATE_CRYPTO_SESSION, 64 },
	{ "27", 27, 8 },
	{ "POSTCOPY_ADVISE", VHOST_POSTCOPY_ADVISE, 0 },
	{ "POSTCOPY_LISTEN", VHOST_POSTCOPY_LISTEN, 0 },
	{ "POSTCOPY_END", VHOST_POSTCOPY_END, 0 },
	{ "GET_INFLIGHT_FD", VHOST_GET_INFLIGHT_FD, 24 },
	{ "SET_INFLIGHT_FD", VHOST_SET_INFLIGHT_FD, 24 },
	{ "GPU_SET_SOCKET", VHOST_GPU_SET_SOCKET, 0 },
	{ "VRING_KICK", VHOST_VRING_KICK, 8 },
	{ "GET_MAX_MEM_SLOTS with a payload", VHOST_GET_MAX_MEM_SLOTS, 8 },
	{ "ADD_MEM_REG without a descriptor", VHOST_ADD_MEM_REG, 40 },
	{ "REM_MEM_REG of none", VHOST_REM_MEM_REG, 40 },
	{ "SET_STATUS", VHOST_SET_STATUS, 8 },
	{ "GET_STATUS", VHOST_GET_STATUS, 0 },
	{ "GET_SHARED_OBJECT", VHOST_GET_SHARED_OBJECT, 16 },
	{ "SET_DEVICE_STATE_FD", VHOST_SET_DEVICE_STATE_FD, 8 },
	{ "CHECK_DEVICE_STATE", VHOST_CHECK_DEVICE_STATE, 0 },
	{ "GET_SHMEM_CONFIG", VHOST_GET_SHMEM_CONFIG, 0 },
	{ "45", 45, 0 },
	{ "1000", 1000, 100 },
	{ "2^31", 1U << 31, 0 },
	{ "2^32-1", 0xffffffff, 4096 },
};

static bool
hostile_other(struct hostile *h, const struct hostile_case *c)
{
	const struct hostile_msg	*m = &hostile_others[c->arg[0]];
	uint8_t				 payload[VHOST_PAYLOAD_MAX];

	memset(payload, 0, sizeof(payload));
	return hostile_denied(hostile_send(h, m->request, payload, m->len,
	    NULL, 0));
}

/* A header that promises arg[1] bytes, and nothing behind it. */
static bool
hostile_promise(struct hostile *h, const struct hostile_case *c)
{
	struct vhost_hdr	 hdr = { (uint32_t)c->arg[0],
	    VHOST_VERSION | VHOST_NEED_REPLY, (uint32_t)c->arg[1] };
	struct vhost_msg	 m;
	int			 err;

	h->b->v.timeout = 100;
	err = vhost_send_raw(&h->b->v, &hdr, sizeof(hdr), NULL, 0);
	if (err == 0)
		err = vhost_recv(&h->b->v, &m);
	h->b->v.timeout = 3000;
	/* If the daemon waits for the rest, it will not get it. */
	vhost_close(&h->b->v);
	return err != 0 || m.u64 != 0;
}

/* Flags of the header that cannot be. */
static bool
hostile_flags(struct hostile *h, const struct hostile_case *c)
{
	struct vhost_hdr	 hdr = { (uint32_t)c->arg[1],
	    (uint32_t)c->arg[0], c->arg[1] == VHOST_SET_FEATURES ? 8 : 0 };
	struct vhost_msg	 m;
	int			 err;

	h->b->v.timeout = 200;
	err = vhost_send_fds(&h->b->v, &hdr, &h->b->v.features, NULL, 0);
	if (err == 0)
		err = vhost_recv(&h->b->v, &m);
	h->b->v.timeout = 3000;
	if (err == 0 && hdr.request == VHOST_SET_FEATURES && m.u64 == 0) {
		tap_diag("flags 0x%x were accepted", hdr.flags);
		return false;
	}
	return true;
}

/* Right messages, with the descriptor that belongs to them. */
static const struct hostile_msg	 hostile_rights[] = {
	{ "GET_FEATURES", VHOST_GET_FEATURES, 0 },
	{ "SET_FEATURES", VHOST_SET_FEATURES, 8 },
	{ "GET_PROTOCOL_FEATURES", VHOST_GET_PROTOCOL_FEATURES, 0 },
	{ "SET_PROTOCOL_FEATURES", VHOST_SET_PROTOCOL_FEATURES, 8 },
	{ "GET_QUEUE_NUM", VHOST_GET_QUEUE_NUM, 0 },
	{ "SET_OWNER", VHOST_SET_OWNER, 0 },
	{ "SET_VRING_ENABLE", VHOST_SET_VRING_ENABLE, 8 },
	{ "SET_VRING_CALL", VHOST_SET_VRING_CALL, 8 },
	{ "SET_VRING_ERR", VHOST_SET_VRING_ERR, 8 },
	{ "SET_VRING_KICK", VHOST_SET_VRING_KICK, 8 },
	{ "SET_MEM_TABLE", VHOST_SET_MEM_TABLE, 40 },
};

/* Fill in its payload; returns its descriptor or -1. */
static int
hostile_right(struct hostile *h, uint32_t request, uint8_t *payload)
{
	const struct ring	*r = &h->b->q[1];
	struct vhost_state	 on = { 1, 1 };
	struct vhost_table	 t;
	uint64_t		 ring = 1;

	memcpy(payload, &ring, sizeof(ring));
	switch (request) {
	case VHOST_SET_FEATURES:
		memcpy(payload, &h->b->v.features, 8);
		return -1;
	case VHOST_SET_PROTOCOL_FEATURES:
		memcpy(payload, &h->b->v.proto, 8);
		return -1;
	case VHOST_SET_VRING_ENABLE:
		memcpy(payload, &on, sizeof(on));
		return -1;
	case VHOST_SET_VRING_CALL:
		return r->call;
	case VHOST_SET_VRING_ERR:
		return r->err;
	case VHOST_SET_VRING_KICK:
		return r->kick;
	case VHOST_SET_MEM_TABLE:
		vhost_table(&h->b->m, &t);
		memcpy(payload, &t, 40);
		return h->b->m.fd;
	default:
		return -1;
	}
}

static bool
hostile_is_get(uint32_t request)
{
	return request == VHOST_GET_FEATURES ||
	    request == VHOST_GET_PROTOCOL_FEATURES ||
	    request == VHOST_GET_QUEUE_NUM;
}

/* A right message sent in two parts, cut at every byte. */
static bool
hostile_split(struct hostile *h, const struct hostile_case *c)
{
	const struct timespec		 nap = { 0, 300000 };
	const struct hostile_msg	*row = &hostile_rights[c->arg[0]];
	struct vhost_hdr		 hdr = { row->request,
	    VHOST_VERSION | VHOST_NEED_REPLY, row->len };
	uint8_t				 buf[VHOST_HDR_LEN + 64];
	struct vhost_msg		 m;
	size_t				 cut, len;
	int				 err, fd;

	len = VHOST_HDR_LEN + row->len;
	memcpy(buf, &hdr, sizeof(hdr));
	fd = hostile_right(h, row->request, buf + VHOST_HDR_LEN);
	for (cut = 1; cut < len; cut++) {
		err = vhost_send_raw(&h->b->v, buf, cut, &fd, fd != -1);
		nanosleep(&nap, NULL);
		if (err == 0)
			err = vhost_send_raw(&h->b->v, buf + cut, len - cut,
			    NULL, 0);
		if (err == 0)
			err = vhost_recv(&h->b->v, &m);
		if (err != 0 || m.hdr.request != hdr.request ||
		    (!hostile_is_get(row->request) && m.u64 != 0)) {
			tap_diag("cut at %zu of %zu: %s", cut, len,
			    strerror(err));
			return false;
		}
	}
	return true;
}

/* Hang up after arg[0] bytes of a message with a descriptor. */
static bool
hostile_partial(struct hostile *h, const struct hostile_case *c)
{
	struct vhost_table	 t;
	struct vhost_hdr	 hdr = { VHOST_SET_MEM_TABLE, VHOST_VERSION,
	    40 };
	uint8_t			 buf[VHOST_HDR_LEN + 40];
	int			 err;

	vhost_table(&h->b->m, &t);
	memcpy(buf, &hdr, sizeof(hdr));
	memcpy(buf + VHOST_HDR_LEN, &t, 40);
	err = vhost_send_raw(&h->b->v, buf, c->arg[0], &h->b->m.fd, 1);
	vhost_close(&h->b->v);
	return err == 0;
}

/* arg[1] bytes without any sense; the seed is arg[0]. */
static bool
hostile_garbage(struct hostile *h, const struct hostile_case *c)
{
	static uint8_t	 buf[65536];
	uint64_t	 x = c->arg[0] * 2654435761U + 1;
	size_t		 i;

	for (i = 0; i < sizeof(buf); i++) {
		x = x * 6364136223846793005ULL + 1442695040888963407ULL;
		buf[i] = c->arg[0] == 0 ? 0 : (uint8_t)(x >> 56);
	}
	vhost_send_raw(&h->b->v, buf, c->arg[1], NULL, 0);
	/* Whatever is left of it must not look like a clean end. */
	if (vhost_ping(&h->b->v) == ETIMEDOUT) {
		vhost_send_raw(&h->b->v, buf, 1, NULL, 0);
		vhost_close(&h->b->v);
	}
	return true;
}

static void
hostile_size_rows(void)
{
	const struct hostile_msg	*m;
	char				 name[96];
	unsigned			 i;

	for (i = 0; i < sizeof(hostile_msgs) / sizeof(*m); i++) {
		m = &hostile_msgs[i];
		if (m->len > 0) {
			snprintf(name, sizeof(name), "%s: %u bytes instead "
			    "of %u", m->name, m->len - 1, m->len);
			hostile_add(name, hostile_size, HOSTILE_CLOSE, i,
			    m->len - 1);
			snprintf(name, sizeof(name), "%s: no payload",
			    m->name);
			hostile_add(name, hostile_size, HOSTILE_CLOSE, i, 0);
		}
		snprintf(name, sizeof(name), "%s: %u bytes instead of %u",
		    m->name, m->len + 8, m->len);
		hostile_add(name, hostile_size, HOSTILE_CLOSE, i, m->len + 8);
	}
	for (i = 0; i < sizeof(hostile_others) / sizeof(*m); i++) {
		snprintf(name, sizeof(name), "request %s",
		    hostile_others[i].name);
		hostile_add(name, hostile_other, HOSTILE_CLOSE, i, 0);
	}
}

void
hostile_msg_cases(void)
{
	static const uint32_t	 promise[] = { 4, 4097, 65536, 0x7fffffff,
	    0xffffffff };
	static const uint32_t	 flags[] = { 0, 2, 3, 5, 8, 0xfffffff0,
	    0xffffffff };
	static const uint32_t	 partial[] = { 1, 4, 11, 12, 13, 51 };
	char			 name[96];
	unsigned		 i;

	hostile_size_rows();
	for (i = 0; i < sizeof(promise) / sizeof(promise[0]); i++) {
		snprintf(name, sizeof(name), "SET_FEATURES that promises %u "
		    "bytes and ends", promise[i]);
		hostile_add(name, hostile_promise, HOSTILE_CLOSE,
		    VHOST_SET_FEATURES, promise[i]);
	}
	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		snprintf(name, sizeof(name), "SET_FEATURES with header flags "
		    "0x%x", flags[i]);
		hostile_add(name, hostile_flags, HOSTILE_CLOSE, flags[i],
		    VHOST_SET_FEATURES);
	}
	hostile_add("GET_FEATURES with the reply flag", hostile_flags,
	    HOSTILE_CLOSE, VHOST_VERSION | VHOST_REPLY, VHOST_GET_FEATURES);
	for (i = 0; i < sizeof(hostile_rights) / sizeof(hostile_rights[0]);
	    i++) {
		snprintf(name, sizeof(name), "split: %s at every byte",
		    hostile_rights[i].name);
		hostile_add(name, hostile_split, HOSTILE_KEEP, i, 0);
	}
	for (i = 0; i < sizeof(partial) / sizeof(partial[0]); i++) {
		snprintf(name, sizeof(name), "hang-up after %u bytes of "
		    "SET_MEM_TABLE", partial[i]);
		hostile_add(name, hostile_partial, HOSTILE_CLOSE, partial[i],
		    0);
	}
	hostile_add("64 KiB of zeroes", hostile_garbage, HOSTILE_CLOSE, 0,
	    65536);
	for (i = 1; i <= 4; i++) {
		snprintf(name, sizeof(name), "garbage, seed %u", i);
		hostile_add(name, hostile_garbage, HOSTILE_CLOSE, i,
		    i * 15000 + 7);
	}
}
