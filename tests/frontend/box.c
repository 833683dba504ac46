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
 * Knows: the order in which a VMM brings a vhost-user-fs device up.
 * Never: the bytes of a message or a request.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "box.h"
#include "tap.h"

void
box_open(struct box *b, const struct box_opts *o)
{
	unsigned	 i;
	int		 err;

	memset(b, 0, sizeof(*b));
	b->v.fd = -1;
	b->o = *o;
	b->fails = tap_failed();
	if (b->o.mem_len == 0)
		b->o.mem_len = MEM_LEN;
	if (b->o.regions == 0)
		b->o.regions = 1;
	if (b->o.queues == 0)
		b->o.queues = 2;
	if (b->o.ring_num == 0)
		b->o.ring_num = 128;
	err = mem_open(&b->m, b->o.mem_len, b->o.regions);
	for (i = 0; err == 0 && i < b->o.queues; i++)
		err = ring_open(&b->q[i], &b->m, i, b->o.ring_num);
	if (err != 0)
		tap_bail("guest memory: %s", strerror(err));
	fs_open(&b->fs, &b->m, b->q, b->o.queues, &b->v);
	daemon_open(&b->d);
}

int
box_launch(struct box *b)
{
	daemon_start(&b->d, &b->o.daemon);
	return box_connect(b);
}

int
box_connect(struct box *b)
{
	int	 err, tries;

	vhost_close(&b->v);
	for (tries = 0; tries < 200; tries++) {
		err = vhost_connect(&b->v, b->d.sock, 100);
		if (err == 0 || !daemon_alive(&b->d))
			return err;
	}
	return err;
}

static uint64_t
box_bit(bool want, unsigned bit)
{
	return want ? 1ULL << bit : 0;
}

static int
box_proto(struct box *b)
{
	struct vhost	*v = &b->v;
	uint64_t	 want;
	int		 err;

	err = vhost_get(v, VHOST_GET_PROTOCOL_FEATURES, &v->proto_offered);
	if (err != 0)
		return err;
	want = box_bit(true, VHOST_PF_MQ) |
	    box_bit(!b->o.no_ack, VHOST_PF_REPLY_ACK) |
	    box_bit(true, VHOST_PF_CONFIG) |
	    box_bit(true, VHOST_PF_RESET_DEVICE) |
	    box_bit(b->o.slots, VHOST_PF_MEM_SLOTS);
	want &= v->proto_offered;
	err = vhost_set(v, VHOST_SET_PROTOCOL_FEATURES, &want, sizeof(want),
	    -1);
	if (err != 0)
		return err;
	v->proto = want;
	v->queue_max = 1;
	if ((want >> VHOST_PF_MQ) & 1)
		err = vhost_get(v, VHOST_GET_QUEUE_NUM, &v->queue_max);
	return err;
}

static int
box_features(struct box *b)
{
	uint64_t	 want;
	unsigned	 i;

	want = box_bit(true, VHOST_F_VERSION_1) |
	    box_bit(true, VHOST_F_PROTOCOL) |
	    box_bit(b->o.indirect, VHOST_F_INDIRECT) |
	    box_bit(b->o.event_idx, VHOST_F_EVENT_IDX);
	want &= b->v.offered;
	b->v.features = want;
	b->fs.indirect = (want >> VHOST_F_INDIRECT) & 1;
	for (i = 0; i < b->o.queues; i++)
		b->q[i].event_idx = (want >> VHOST_F_EVENT_IDX) & 1;
	return vhost_set(&b->v, VHOST_SET_FEATURES, &want, sizeof(want), -1);
}

int
box_negotiate(struct box *b)
{
	int	 err;

	err = vhost_get(&b->v, VHOST_GET_FEATURES, &b->v.offered);
	if (err == 0 && ((b->v.offered >> VHOST_F_PROTOCOL) & 1))
		err = box_proto(b);
	if (err == 0)
		err = vhost_set(&b->v, VHOST_SET_OWNER, NULL, 0, -1);
	if (err == 0)
		err = box_features(b);
	return err;
}

static int
box_slots(struct box *b)
{
	struct vhost_table	 t;
	struct vhost_slot	 s;
	uint64_t		 max;
	unsigned		 i;
	int			 err;

	err = vhost_get(&b->v, VHOST_GET_MAX_MEM_SLOTS, &max);
	if (err == 0 && max < b->m.region_cnt)
		err = ENOSPC;
	vhost_table(&b->m, &t);
	for (i = 0; err == 0 && i < t.cnt; i++) {
		memset(&s, 0, sizeof(s));
		s.region = t.region[i];
		err = vhost_set(&b->v, VHOST_ADD_MEM_REG, &s, sizeof(s),
		    b->m.fd);
	}
	return err;
}

int
box_memory(struct box *b)
{
	struct vhost_hdr	 h = { .request = VHOST_SET_MEM_TABLE };
	struct vhost_table	 t;
	int			 fds[MEM_REGION_MAX];
	unsigned		 i;

	if (b->o.slots && ((b->v.proto >> VHOST_PF_MEM_SLOTS) & 1))
		return box_slots(b);
	h.size = (uint32_t)vhost_table(&b->m, &t);
	for (i = 0; i < MEM_REGION_MAX; i++)
		fds[i] = b->m.fd;
	return vhost_set_fds(&b->v, &h, &t, fds, t.cnt);
}

int
box_ring(struct box *b, unsigned index)
{
	struct ring		*r = &b->q[index];
	struct vhost_state	 num = { index, r->num };
	struct vhost_state	 base = { index, r->base };
	struct vhost_state	 on = { index, 1 };
	struct vhost_addr	 addr = { .index = index };
	uint64_t		 u = index;
	int			 err;

	addr.desc = mem_uva(&b->m, r->desc_gpa);
	addr.avail = mem_uva(&b->m, r->avail_gpa);
	addr.used = mem_uva(&b->m, r->used_gpa);
	err = vhost_set(&b->v, VHOST_SET_VRING_NUM, &num, sizeof(num), -1);
	if (err == 0)
		err = vhost_set(&b->v, VHOST_SET_VRING_BASE, &base,
		    sizeof(base), -1);
	if (err == 0)
		err = vhost_set(&b->v, VHOST_SET_VRING_ADDR, &addr,
		    sizeof(addr), -1);
	if (err == 0)
		err = vhost_set(&b->v, VHOST_SET_VRING_CALL, &u, sizeof(u),
		    r->call);
	if (err == 0)
		err = vhost_set(&b->v, VHOST_SET_VRING_ERR, &u, sizeof(u),
		    r->err);
	if (err == 0)
		err = vhost_set(&b->v, VHOST_SET_VRING_KICK, &u, sizeof(u),
		    r->kick);
	if (err == 0 && ((b->v.features >> VHOST_F_PROTOCOL) & 1))
		err = vhost_set(&b->v, VHOST_SET_VRING_ENABLE, &on,
		    sizeof(on), -1);
	return err;
}

int
box_setup(struct box *b)
{
	unsigned	 i;
	int		 err;

	err = box_memory(b);
	for (i = 0; err == 0 && i < b->o.queues; i++)
		err = box_ring(b, i);
	return err;
}

static int
box_rem_slots(struct box *b)
{
	struct vhost_table	 t;
	struct vhost_slot	 s;
	unsigned		 i;
	int			 err = 0;

	vhost_table(&b->m, &t);
	for (i = 0; err == 0 && i < t.cnt; i++) {
		memset(&s, 0, sizeof(s));
		s.region = t.region[i];
		err = vhost_set(&b->v, VHOST_REM_MEM_REG, &s, sizeof(s), -1);
	}
	return err;
}

int
box_reset(struct box *b)
{
	uint32_t	 base;
	unsigned	 i;
	int		 err = 0;

	for (i = 0; err == 0 && i < b->o.queues; i++)
		err = vhost_get_base(&b->v, i, &base);
	if (err == 0 && ((b->v.proto >> VHOST_PF_RESET_DEVICE) & 1))
		err = vhost_set(&b->v, VHOST_RESET_DEVICE, NULL, 0, -1);
	if (err == 0 && b->o.slots)
		err = box_rem_slots(b);
	for (i = 0; i < b->o.queues; i++)
		ring_reset(&b->q[i]);
	fs_reset(&b->fs);
	if (err == 0)
		err = box_features(b);
	if (err == 0)
		err = box_setup(b);
	return err;
}

bool
box_start(struct box *b, const struct box_opts *o)
{
	int	 err, rc;

	box_open(b, o);
	err = box_launch(b);
	if (err != 0)
		return tap_ok(false, "connect to the daemon: %s",
		    strerror(err));
	err = box_negotiate(b);
	if (err != 0)
		return tap_ok(false, "handshake: %s", strerror(err));
	err = box_setup(b);
	if (err != 0)
		return tap_ok(false, "memory and rings: %s", strerror(err));
	if (b->o.no_init)
		return true;
	rc = fs_init(&b->fs, &b->init);
	if (rc < 0)
		return tap_rc(rc, 0, "FUSE INIT");
	daemon_procs(&b->d);
	return true;
}

int
box_hangup(struct box *b)
{
	daemon_procs(&b->d);
	vhost_close(&b->v);
	return daemon_wait(&b->d, 10000);
}

void
box_close(struct box *b)
{
	unsigned	 i;

	if (tap_failed() > b->fails)
		daemon_show_log(&b->d);
	vhost_close(&b->v);
	daemon_close(&b->d);
	for (i = 0; i < b->o.queues; i++)
		ring_close(&b->q[i]);
	mem_close(&b->m);
}

const char *
box_host(struct box *b, const char *name)
{
	return daemon_host(&b->d, name);
}

void
box_file(struct box *b, const char *name, const void *data, size_t len)
{
	int	 fd;

	fd = open(box_host(b, name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
	    0644);
	if (fd == -1 || write(fd, data, len) != (ssize_t)len)
		tap_bail("%s on the host: %s", name, strerror(errno));
	close(fd);
}
