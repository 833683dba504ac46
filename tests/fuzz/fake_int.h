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

#ifndef VIOFSD_FUZZ_FAKE_INT_H
#define VIOFSD_FUZZ_FAKE_INT_H

#include "fake.h"

/*
 * What fake_fd.c (descriptors), fake_sock.c (sockets) and fake_event.c (the
 * loop) share.
 */

#define FAKE_MSG_FDS 256

enum fake_kind {
	KIND_PLAIN,
	KIND_SOCKET,
	KIND_STREAM, /* a socket of the wrong type */
	KIND_MEMORY,
	KIND_BELL,
	KIND_WATCH, /* epoll(7) */
};

struct fake_message {
	struct fake_message *next;
	size_t len, room;
	unsigned int fd_cnt;
	int fds[FAKE_MSG_FDS];
	uint8_t bytes[];
};

struct fake_watched {
	struct fake_watched *next;
	int fd;
	epoll_data_t data;
};

struct fake_thing {
	enum fake_kind kind;
	unsigned int refs; /* descriptors, and mappings */
	int flags;
	mode_t type;
	struct fake_thing *peer; /* of a socket, NULL = gone */
	struct fake_message *first, **last;
	unsigned int queued, room;
	void *memory;
	size_t len;
	int seals;
	unsigned int rung;
	unsigned int watches; /* sets that it is in */
	struct fake_watched *watched;
	struct fake_thing *all; /* every one of them */
};

/* A thing that nobody has yet; the thing of a descriptor that is held. */
struct fake_thing *fake_thing_new(enum fake_kind kind);
struct fake_thing *fake_thing_of(int fd);

/* One more descriptor of t. */
int fake_thing_fd(struct fake_thing *t);

/* A descriptor goes into a message, and comes out of it. */
void fake_travel(int fd, int travels);

/* A message of len bytes; the end of one and of what travels in it. */
struct fake_message *fake_message_new(size_t len);
void fake_message_drop(struct fake_message *m);

/* What poll(2) would say. */
int fake_readable(int fd);
int fake_writable(int fd);

/* fake_event.c: before and after an input. */
void fake_events_begin(void);
void fake_events_end(void);

#endif
