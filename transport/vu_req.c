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
 * Knows: the table of vhost-user requests, and those about the device as a
 * whole.
 * Never: rings or memory (vu_queue.c, vu_mem.c); the socket.
 */

#include "config.h"

#include <sys/stat.h>

#include <endian.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../common/fdbag.h"
#include "../common/log.h"
#include "sysfd.h"
#include "vu_int.h"

#define VU_PROTO	(VU_PF_MQ | VU_PF_REPLY_ACK | VU_PF_BACKEND_REQ | \
	VU_PF_BACKEND_SEND_FD | VU_PF_RESET_DEVICE | VU_PF_MEM_SLOTS)

/* Virtio 1.2 section 5.11.4: tag and number of request queues. */
#define VU_SPACE_LEN	(VU_TAG_LEN + 4)

static uint64_t
vu_proto_offered(const struct vu_dev *d)
{
	return VU_PROTO | (d->has_tag ? VU_PF_CONFIG : 0);
}

static int
vu_answer(struct vu_msg *m, uint64_t val)
{
	m->body.u64 = val;
	m->hdr.size = sizeof(m->body.u64);
	return 0;
}

static int
vu_on_get_features(struct vu_dev *d, struct vu_msg *m)
{
	(void)d;
	return vu_answer(m, VU_FEATURES);
}

static int
vu_on_set_features(struct vu_dev *d, struct vu_msg *m)
{
	unsigned int i;
	int err;

	if ((m->body.u64 & ~VU_FEATURES) != 0)
		return EINVAL;
	if (m->body.u64 == d->features)
		return 0;
	for (i = 0; i < d->queue_max; i++)
		if (vu_ring_running(d, i))
			return EBUSY;
	d->features = m->body.u64;
	for (i = 0, err = 0; i < d->queue_max && err == 0; i++)
		err = vu_queue_start(&d->queues[i]);
	return err;
}

/* There is one owner per connection: nothing to be done. */
static int
vu_on_owner(struct vu_dev *d, struct vu_msg *m)
{
	(void)d;
	(void)m;
	return 0;
}

static int
vu_on_get_proto(struct vu_dev *d, struct vu_msg *m)
{
	return vu_answer(m, vu_proto_offered(d));
}

static int
vu_on_set_proto(struct vu_dev *d, struct vu_msg *m)
{
	if ((m->body.u64 & ~vu_proto_offered(d)) != 0)
		return EINVAL;
	d->proto = m->body.u64;
	return 0;
}

static int
vu_on_queue_num(struct vu_dev *d, struct vu_msg *m)
{
	return vu_answer(m, d->queue_max);
}

/* Kept until the end, because the front-end may wait for its hang-up. */
static int
vu_on_backend_fd(struct vu_dev *d, struct vu_msg *m)
{
	struct stat st;

	if (sysfd_stat(m->fds[0], &st) == -1)
		return errno;
	if (!S_ISSOCK(st.st_mode))
		return EINVAL;
	fd_close(&d->backend_fd);
	d->backend_fd = vu_msg_take(m, 0);
	return 0;
}

/* An error is told by an answer without payload. */
static int
vu_on_get_config(struct vu_dev *d, struct vu_msg *m)
{
	struct vu_space *s = &m->body.space;
	uint8_t space[VU_CONFIG_MAX] = { 0 };
	uint32_t num = htole32(d->num_request_queues);

	if (s->size > VU_CONFIG_MAX || s->offset > VU_CONFIG_MAX - s->size ||
	    m->hdr.size != offsetof(struct vu_space, bytes) + s->size) {
		log_guest(LOG_KEY_VHOST, "GET_CONFIG: bad length or offset");
		m->hdr.size = 0;
		return 0;
	}
	memcpy(space, d->tag, VU_TAG_LEN);
	memcpy(space + VU_TAG_LEN, &num, sizeof(num));
	memcpy(s->bytes, space + s->offset, s->size);
	return 0;
}

static int
vu_on_set_config(struct vu_dev *d, struct vu_msg *m)
{
	(void)d;
	(void)m;
	/* The configuration space of virtio-fs is read-only for drivers. */
	return EPERM;
}

static int
vu_on_reset(struct vu_dev *d, struct vu_msg *m)
{
	unsigned int i;
	int err;

	(void)m;
	err = vu_wait(d, -1);
	if (err != 0)
		return err;
	for (i = 0; i < d->queue_max; i++)
		vu_queue_reset(&d->queues[i]);
	d->ops->reset(d->arg);
	return 0;
}

#define VU_U64		8, 8
#define VU_STATE	8, 8
#define VU_NONE		0, 0

/* request, name, payload min and max, descriptors min and max, answer, ... */
static const struct vu_row vu_tab[] = {
	{ 1, "GET_FEATURES", VU_NONE, 0, 0, 1, 0, vu_on_get_features },
	{ 2, "SET_FEATURES", VU_U64, 0, 0, 0, 0, vu_on_set_features },
	{ 3, "SET_OWNER", VU_NONE, 0, 0, 0, 0, vu_on_owner },
	{ 4, "RESET_OWNER", VU_NONE, 0, 0, 0, 0, vu_on_owner },
	{ 5, "SET_MEM_TABLE", 8, sizeof(struct vu_table), 0, VU_REGION_MAX,
	    0, 0, vu_on_mem_table },
	{ 8, "SET_VRING_NUM", VU_STATE, 0, 0, 0, 0, vu_on_vring_num },
	{ 9, "SET_VRING_ADDR", 40, 40, 0, 0, 0, 0, vu_on_vring_addr },
	{ 10, "SET_VRING_BASE", VU_STATE, 0, 0, 0, 0, vu_on_vring_base },
	{ 11, "GET_VRING_BASE", VU_STATE, 0, 0, 1, 0, vu_on_vring_get_base },
	{ 12, "SET_VRING_KICK", VU_U64, 0, 1, 0, 0, vu_on_vring_kick },
	{ 13, "SET_VRING_CALL", VU_U64, 0, 1, 0, 0, vu_on_vring_call },
	{ 14, "SET_VRING_ERR", VU_U64, 0, 1, 0, 0, vu_on_vring_err },
	{ 15, "GET_PROTOCOL_FEATURES", VU_NONE, 0, 0, 1, 0, vu_on_get_proto },
	{ 16, "SET_PROTOCOL_FEATURES", VU_U64, 0, 0, 0, 0, vu_on_set_proto },
	{ 17, "GET_QUEUE_NUM", VU_NONE, 0, 0, 1, VU_PF_MQ, vu_on_queue_num },
	{ 18, "SET_VRING_ENABLE", VU_STATE, 0, 0, 0, 0, vu_on_vring_enable },
	{ 21, "SET_BACKEND_REQ_FD", 0, 8, 1, 1, 0, VU_PF_BACKEND_REQ,
	    vu_on_backend_fd },
	{ 24, "GET_CONFIG", 12, sizeof(struct vu_space), 0, 0, 1,
	    VU_PF_CONFIG, vu_on_get_config },
	{ 25, "SET_CONFIG", 12, sizeof(struct vu_space), 0, 0, 0,
	    VU_PF_CONFIG, vu_on_set_config },
	{ 34, "RESET_DEVICE", VU_NONE, 0, 0, 0, VU_PF_RESET_DEVICE,
	    vu_on_reset },
	{ 36, "GET_MAX_MEM_SLOTS", VU_NONE, 0, 0, 1, VU_PF_MEM_SLOTS,
	    vu_on_mem_slots },
	{ 37, "ADD_MEM_REG", 40, 40, 1, 1, 0, VU_PF_MEM_SLOTS,
	    vu_on_mem_add },
	/* Older front-ends send a descriptor with it, to be ignored. */
	{ 38, "REM_MEM_REG", 40, 40, 0, 1, 0, VU_PF_MEM_SLOTS,
	    vu_on_mem_del },
};

const struct vu_row *
vu_row(const struct vu_dev *d, uint32_t request)
{
	const struct vu_row *row;
	size_t i;

	for (i = 0; i < sizeof(vu_tab) / sizeof(vu_tab[0]); i++) {
		row = &vu_tab[i];
		if (row->request == request)
			return (row->proto & ~d->proto) == 0 ? row : NULL;
	}
	return NULL;
}
