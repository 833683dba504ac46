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
 * Knows: a ring whose other side writes anything into the memory that both
 * share: indices, flags, lengths, messages.
 * Never: what a message means; two sides at one time.
 */

#include "config.h"

#include <errno.h>
#include <fcntl.h>

#include "common/mring.c"

#include "common/chan.h"
#include "fuzz.h"

/* What is done next, and what follows it in the input. */
enum step {
	STEP_HEAD,			/* u32: they say so many are there */
	STEP_TAIL,			/* u32: they say so many were taken */
	STEP_ASLEEP,			/* u32 */
	STEP_SLOT,			/* u8 slot, u32 length */
	STEP_BYTES,			/* u8 slot, u8 count, bytes */
	STEP_MESSAGE,			/* u16 type, u8 tail: a good one */
	STEP_RECV,
	STEP_SEND,			/* u8 */
	STEP_BELL,
	STEP_SLEEP,
	STEP_CNT,
};

static struct chan chan;
static struct mring_mem *shared;	/* as the other side sees it */
static struct mring_half *theirs, *ours;
static struct chan_msg msg;
static int peer = -1;

static void
open_ring(void)
{
	int fds[MRING_FDS], pair[2];

	FUZZ_MUST(mring_make(fds) == 0 && chan_pair(pair) == 0);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED, fds[0], 0);
	FUZZ_MUST(shared != MAP_FAILED);
	chan_init(&chan, pair[0], MSG_TRANSPORT, MSG_FSWORKER, 1);
	FUZZ_MUST(chan_ring(&chan, fds, MRING_TRANSPORT, 0) == 0);
	peer = pair[1];
	theirs = &shared->half[!MRING_TRANSPORT];
	ours = &shared->half[MRING_TRANSPORT];
}

/* As new, and any number of messages old. */
static void
start(uint32_t age)
{
	memset(shared, 0, sizeof(*shared));
	theirs->head = theirs->tail = ours->head = ours->tail = age;
	chan.ring.in_tail = chan.ring.out_head = age;
	chan.ring.unrung = 0;
	chan.phase = MSG_PHASE_RUN;
}

static void
put_message(struct fuzz *f)
{
	struct mring_slot *s = mring_slot(theirs, theirs->head);
	const struct msg_row *row = &msg_rows[fuzz_u16(f) % msg_row_cnt];
	size_t tail = fuzz_u8(f) % (row->tail_max + 1u);
	struct msg_hdr hdr;

	memset(&hdr, 0, sizeof(hdr));
	hdr.type = row->type;
	hdr.len = (uint32_t)(sizeof(hdr) + row->body_len + tail);
	s->len = hdr.len;
	memcpy(s->bytes, &hdr, sizeof(hdr));
	theirs->head++;
}

/* What is in the ring is only looked at where that is possible at all. */
static void
take(void)
{
	uint32_t there = theirs->head - chan.ring.in_tail, len;
	uint32_t tail = chan.ring.in_tail;
	int err;

	len = mring_slot(theirs, tail)->len;
	err = chan_recv(&chan, &msg);
	if (there == 0)
		FUZZ_MUST(err == EAGAIN);
	else if (there > MRING_SLOTS || len > MRING_SLOT_LEN || len == 0)
		FUZZ_MUST(err == EPROTO);
	else
		FUZZ_MUST(err == 0 || err == EPROTO);
	if (err == 0) {
		FUZZ_MUST(msg.hdr.len == len && msg.fds.cnt == 0);
		FUZZ_MUST(msg.row->from == chan.peer &&
		    msg.row->to == chan.self);
		FUZZ_MUST(msg.hdr.err != 0 || (const char *)msg.tail +
		    msg.tail_len == msg.buf.bytes + len);
		FUZZ_MUST(memcmp(msg.buf.bytes, mring_slot(theirs,
		    tail)->bytes, len) == 0);
	}
	if (there == 0 || there > MRING_SLOTS || len > MRING_SLOT_LEN)
		FUZZ_MUST(chan.ring.in_tail == tail);
	else
		FUZZ_MUST(chan.ring.in_tail == tail + 1);
	FUZZ_MUST(theirs->tail == chan.ring.in_tail || err != 0);
}

static void
give(uint8_t val)
{
	uint32_t head = chan.ring.out_head;
	int room = head - ours->tail < MRING_SLOTS;

	FUZZ_MUST(mring_room(&chan.ring) == room);
	if (!room)
		return;
	memset(mring_begin(&chan.ring), val, val);
	mring_put(&chan.ring, val);
	FUZZ_MUST(ours->head == head + 1 && chan.ring.out_head == head + 1);
	FUZZ_MUST(mring_slot(ours, head)->len == val);
}

static void
nap(void)
{
	int more = mring_arm(&chan.ring);

	FUZZ_MUST(more == (theirs->head != chan.ring.in_tail));
	FUZZ_MUST(theirs->asleep == !more);
	mring_disarm(&chan.ring);
}

static void
one_step(struct fuzz *f)
{
	struct mring_slot *s;

	switch (fuzz_u8(f) % STEP_CNT) {
	case STEP_HEAD:
		theirs->head = fuzz_u32(f);
		break;
	case STEP_TAIL:
		ours->tail = fuzz_u32(f);
		break;
	case STEP_ASLEEP:
		ours->asleep = fuzz_u32(f);
		break;
	case STEP_SLOT:
		s = mring_slot(theirs, fuzz_u8(f));
		s->len = fuzz_u32(f);
		break;
	case STEP_BYTES:
		s = mring_slot(theirs, fuzz_u8(f));
		fuzz_bytes(f, s->bytes, fuzz_u8(f));
		break;
	case STEP_MESSAGE:
		put_message(f);
		break;
	case STEP_RECV:
		take();
		break;
	case STEP_SEND:
		give(fuzz_u8(f));
		break;
	case STEP_BELL:
		chan_bell(&chan);
		FUZZ_MUST(chan.ring.unrung == 0);
		break;
	default:
		nap();
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz f = { data, size };

	if (peer == -1)
		open_ring();
	start(fuzz_u32(&f));
	while (f.left > 0)
		one_step(&f);
	return 0;
}
