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

#ifndef VIOFSD_TRANSPORT_FS_H
#define VIOFSD_TRANSPORT_FS_H

#include <stdint.h>

#include "../common/idmap.h"
#include "../common/msg.h"
#include "lean.h"
#include "slow.h"

/*
 * Knows: what belongs together in one running share.
 * Never: code; each part has a module of its own.
 */

struct ahead_table;
struct batch_set;
struct blink;
struct event;
struct event_base;
struct handle_table;
struct iopool;
struct lock_table;
struct node;
struct node_table;
struct req_pool;
struct spare_set;
struct vu_dev;
struct watch;
struct wkeep_slot;
struct wlink;

/* What INIT agreed on; changed by INIT, DESTROY and reset only. */
struct fs_session {
	int ready;		/* INIT was answered */
	uint32_t minor;		/* of the guest */
	uint64_t flags;		/* FUSE_* in force */
};

/* See debt.h: of what was listed or made, and of what was looked up. */
enum debt_kind {
	DEBT_LIST,
	DEBT_LOOK,
	DEBT_KINDS,
};

struct fs_debt {
	unsigned int left;	/* descriptors */
	int64_t when;		/* of the last trip, seconds */
};

struct fs {
	struct event_base *base;
	struct a_hello conf;	/* from the broker, never changed */
	struct idmap ids;	/* likewise */
	struct fs_session session;
	uint32_t dev_major, dev_minor;	/* of the share's root */
	unsigned long magic;	/* ... and its filesystem, see statfs(2) */
	int local;		/* ... which no other machine serves */
	int cookies;		/* ... where offsets in directories stay */
	struct node_table *nodes;
	struct handle_table *handles;
	struct lock_table *locks;
	struct ahead_table *ahead;
	struct spare_set *spares;
	struct watch *watch;	/* NULL: nothing can be watched */
	unsigned int fd_total;	/* for open files, locks and nodes together */
	unsigned int fd_open;	/* of them: open files and locks */
	struct fs_debt debt[DEBT_KINDS];
	unsigned int kept_gone;	/* descriptors that workers need not keep */
	struct wkeep_slot *given;	/* these two: see wkeep_answer() */
	struct node *known;
	int64_t linked;		/* when something last got one more name, ns */
	_Atomic unsigned int changes;	/* that the guest began or ended */
	struct lean lean;
	struct batch_set *batches;
	struct req_pool *reqs;
	struct wlink *wlink;
	struct blink *blink;
	struct iopool *iopool;
	struct vu_dev *dev;
	struct slow slow;
	struct event *resume;	/* rings left alone, see dispatch.c */
	int stalled;
	int quitting;		/* QUIT came: no new request is taken */
};

#endif
