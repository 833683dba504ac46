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

#ifndef VIOFSD_TRANSPORT_VU_INT_H
#define VIOFSD_TRANSPORT_VU_INT_H

#include <stdint.h>

#include "vu.h"

/* What vu_dev.c, vu_req.c, vu_mem.c and vu_queue.c share with each other. */

/* Device feature bits: vhost-user and virtio 1.2 section 6. */
#define VU_F_INDIRECT_DESC	(1ULL << 28)
#define VU_F_EVENT_IDX		(1ULL << 29)
#define VU_F_PROTOCOL_FEATURES	(1ULL << 30)
#define VU_F_VERSION_1		(1ULL << 32)

#define VU_FEATURES	(VU_F_INDIRECT_DESC | VU_F_EVENT_IDX | \
	VU_F_PROTOCOL_FEATURES | VU_F_VERSION_1)

/* Protocol feature bits. */
#define VU_PF_MQ		(1ULL << 0)
#define VU_PF_REPLY_ACK		(1ULL << 3)
#define VU_PF_BACKEND_REQ	(1ULL << 5)
#define VU_PF_CONFIG		(1ULL << 9)
#define VU_PF_BACKEND_SEND_FD	(1ULL << 10)
#define VU_PF_RESET_DEVICE	(1ULL << 13)
#define VU_PF_MEM_SLOTS		(1ULL << 15)

/* ---- vu_req.c ---- */

/* The row of a request that this connection may send now, or NULL. */
const struct vu_row *vu_row(const struct vu_dev *, uint32_t request);

/* ---- vu_dev.c ---- */

/*
 * Hold queue idx (-1: all) until the message is done.  0: nothing is in
 * flight there; EINPROGRESS: the handler must return that.
 */
int	vu_wait(struct vu_dev *, int idx);

/* ---- vu_queue.c ---- */

/* A queue without anything; 0 or errno. */
int	vu_queue_init(struct vu_queue *, struct vu_dev *, unsigned int idx);

/*
 * Back to that state.  Like vu_queue_stop(), only when nothing of this queue
 * is in flight.
 */
void	vu_queue_reset(struct vu_queue *);

/* Stop the ring if it runs and remember where. */
void	vu_queue_stop(struct vu_queue *);

/*
 * Start the ring if it has everything it needs and does not run.  Errors as
 * vring_start(); it then stays stopped.
 */
int	vu_queue_start(struct vu_queue *);

/* Let the event loop call ring_ready(), soon. */
void	vu_queue_wake(struct vu_queue *);

int	vu_on_vring_num(struct vu_dev *, struct vu_msg *);
int	vu_on_vring_addr(struct vu_dev *, struct vu_msg *);
int	vu_on_vring_base(struct vu_dev *, struct vu_msg *);
int	vu_on_vring_get_base(struct vu_dev *, struct vu_msg *);
int	vu_on_vring_kick(struct vu_dev *, struct vu_msg *);
int	vu_on_vring_call(struct vu_dev *, struct vu_msg *);
int	vu_on_vring_err(struct vu_dev *, struct vu_msg *);
int	vu_on_vring_enable(struct vu_dev *, struct vu_msg *);

/* ---- vu_mem.c ---- */

int	vu_on_mem_table(struct vu_dev *, struct vu_msg *);
int	vu_on_mem_slots(struct vu_dev *, struct vu_msg *);
int	vu_on_mem_add(struct vu_dev *, struct vu_msg *);
int	vu_on_mem_del(struct vu_dev *, struct vu_msg *);

#endif
