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

#ifndef VIOFSD_FRONTEND_VHOST_H
#define VIOFSD_FRONTEND_VHOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mem.h"

/*
 * The front-end side of the vhost-user protocol (QEMU's docs/interop/
 * vhost-user.rst).  Functions return 0 or a positive errno: ECONNRESET when
 * the back-end closed the connection, ETIMEDOUT, EPROTO for an answer that
 * breaks the protocol, EREMOTEIO for a negative acknowledgement.
 */

enum vhost_request {
	VHOST_GET_FEATURES = 1,
	VHOST_SET_FEATURES = 2,
	VHOST_SET_OWNER = 3,
	VHOST_RESET_OWNER = 4,
	VHOST_SET_MEM_TABLE = 5,
	VHOST_SET_LOG_BASE = 6,
	VHOST_SET_LOG_FD = 7,
	VHOST_SET_VRING_NUM = 8,
	VHOST_SET_VRING_ADDR = 9,
	VHOST_SET_VRING_BASE = 10,
	VHOST_GET_VRING_BASE = 11,
	VHOST_SET_VRING_KICK = 12,
	VHOST_SET_VRING_CALL = 13,
	VHOST_SET_VRING_ERR = 14,
	VHOST_GET_PROTOCOL_FEATURES = 15,
	VHOST_SET_PROTOCOL_FEATURES = 16,
	VHOST_GET_QUEUE_NUM = 17,
	VHOST_SET_VRING_ENABLE = 18,
	VHOST_SEND_RARP = 19,
	VHOST_NET_SET_MTU = 20,
	VHOST_SET_BACKEND_REQ_FD = 21,
	VHOST_IOTLB_MSG = 22,
	VHOST_SET_VRING_ENDIAN = 23,
	VHOST_GET_CONFIG = 24,
	VHOST_SET_CONFIG = 25,
	VHOST_CREATE_CRYPTO_SESSION = 26,
	VHOST_POSTCOPY_ADVISE = 28,
	VHOST_POSTCOPY_LISTEN = 29,
	VHOST_POSTCOPY_END = 30,
	VHOST_GET_INFLIGHT_FD = 31,
	VHOST_SET_INFLIGHT_FD = 32,
	VHOST_GPU_SET_SOCKET = 33,
	VHOST_RESET_DEVICE = 34,
	VHOST_VRING_KICK = 35,
	VHOST_GET_MAX_MEM_SLOTS = 36,
	VHOST_ADD_MEM_REG = 37,
	VHOST_REM_MEM_REG = 38,
	VHOST_SET_STATUS = 39,
	VHOST_GET_STATUS = 40,
	VHOST_GET_SHARED_OBJECT = 41,
	VHOST_SET_DEVICE_STATE_FD = 42,
	VHOST_CHECK_DEVICE_STATE = 43,
	VHOST_GET_SHMEM_CONFIG = 44,
};

#define VHOST_VERSION		0x1U
#define VHOST_REPLY		0x4U
#define VHOST_NEED_REPLY	0x8U

#define VHOST_VRING_NOFD	0x100U	/* in the u64 of KICK, CALL, ERR */

/* Protocol features (bit numbers). */
#define VHOST_PF_MQ			0
#define VHOST_PF_REPLY_ACK		3
#define VHOST_PF_CONFIG			9
#define VHOST_PF_RESET_DEVICE		13
#define VHOST_PF_MEM_SLOTS		15

/* Device features (bit numbers). */
#define VHOST_F_INDIRECT		28
#define VHOST_F_EVENT_IDX		29
#define VHOST_F_PROTOCOL		30
#define VHOST_F_VERSION_1		32

#define VHOST_PAYLOAD_MAX	4096
#define VHOST_FD_MAX		16
#define VHOST_HDR_LEN		12

struct vhost_hdr {
	uint32_t	 request;
	uint32_t	 flags;
	uint32_t	 size;		/* bytes of payload */
};

struct vhost_msg {
	struct vhost_hdr	 hdr;
	unsigned		 fd_cnt;	/* came along; already closed */
	union {
		uint64_t	 u64;
		uint8_t		 bytes[VHOST_PAYLOAD_MAX];
	};
};

struct vhost_state {		/* SET_VRING_NUM, BASE, ENABLE */
	uint32_t	 index;
	uint32_t	 num;
};

struct vhost_addr {		/* SET_VRING_ADDR */
	uint32_t	 index;
	uint32_t	 flags;
	uint64_t	 desc;
	uint64_t	 used;
	uint64_t	 avail;
	uint64_t	 log;
};

struct vhost_region {
	uint64_t	 gpa;
	uint64_t	 len;
	uint64_t	 uva;
	uint64_t	 off;
};

struct vhost_table {		/* SET_MEM_TABLE */
	uint32_t		 cnt;
	uint32_t		 padding;
	struct vhost_region	 region[MEM_REGION_MAX];
};

struct vhost_slot {		/* ADD_MEM_REG, REM_MEM_REG */
	uint64_t		 padding;
	struct vhost_region	 region;
};

struct vhost {
	int		 fd;
	uint64_t	 offered;	/* device features of the back-end */
	uint64_t	 features;	/* acknowledged by us */
	uint64_t	 proto_offered;
	uint64_t	 proto;
	uint64_t	 queue_max;	/* GET_QUEUE_NUM, 1 without MQ */
	int		 timeout;	/* milliseconds */
};

/* Connect to the socket; the back-end may take timeout ms to create it. */
int	vhost_connect(struct vhost *, const char *path, int timeout);
void	vhost_close(struct vhost *);

/* Any bytes with any descriptors (which stay ours). */
int	vhost_send_raw(struct vhost *, const void *buf, size_t len,
	    const int *fds, unsigned fd_cnt);

/* A message with a right header; flags are added to the version. */
int	vhost_send(struct vhost *, uint32_t request, uint32_t flags,
	    const void *payload, size_t len);
int	vhost_send_fds(struct vhost *, const struct vhost_hdr *,
	    const void *payload, const int *fds, unsigned fd_cnt);

/* The next message of the back-end. */
int	vhost_recv(struct vhost *, struct vhost_msg *);

/*
 * A message without an answer of its own.  When REPLY_ACK was negotiated the
 * acknowledgement is asked for and waited for.
 */
int	vhost_set(struct vhost *, uint32_t request, const void *payload,
	    size_t len, int fd);
int	vhost_set_fds(struct vhost *, const struct vhost_hdr *,
	    const void *payload, const int *fds, unsigned fd_cnt);

/* A GET message that is answered with a number. */
int	vhost_get(struct vhost *, uint32_t request, uint64_t *val);

/* GET_VRING_BASE: stops the ring and tells its next available index. */
int	vhost_get_base(struct vhost *, unsigned index, uint32_t *num);

/*
 * The back-end has handled everything sent so far and is still connected:
 * one GET_FEATURES and its answer.
 */
int	vhost_ping(struct vhost *);

/* Whether the back-end has hung up (does not wait). */
bool	vhost_gone(struct vhost *);

/* Fill in a SET_MEM_TABLE payload; returns its length in bytes. */
size_t	vhost_table(const struct mem *, struct vhost_table *);

#endif
