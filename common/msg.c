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
 * Knows: the rows of msg.def as data, and what the compiler can prove of them.
 * Never: any I/O.
 */

#include "config.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "../common/msg.h"

const uint8_t msg_build_id[MSG_BUILD_ID] = {
#include "build_id.h"
};

/* Where each row is: looking for it would touch the whole table. */
enum msg_index {
#define RPC(V, v, num, src, dst, qf, af, qt, at, ph, text) \
	MSG_AT_Q_##V, \
	MSG_AT_A_##V,
#define MSG(V, v, num, src, dst, f, t, ph, text) MSG_AT_N_##V,
#include "../common/msg.def"
#undef RPC
#undef MSG
};

/* An answer whose tail is a seal is about one node. */
#define GIVES(at)	((at) == MSG_SEAL_MAX)

const struct msg_row msg_rows[] = {
#define RPC(V, v, num, src, dst, qf, af, qt, at, ph, text) \
	[MSG_AT_Q_##V] = { "Q_" #V, text, Q_##V, qf, sizeof(struct q_##v), qt, \
	    MSG_##src, MSG_##dst, MSG_PHASE_##ph, 0, GIVES(at) }, \
	[MSG_AT_A_##V] = { "A_" #V, text, A_##V, af, sizeof(struct a_##v), at, \
	    MSG_##dst, MSG_##src, MSG_PHASE_##ph, 1, GIVES(at) },
#define MSG(V, v, num, src, dst, f, t, ph, text) \
	[MSG_AT_N_##V] = { "N_" #V, text, N_##V, f, sizeof(struct n_##v), t, \
	    MSG_##src, MSG_##dst, MSG_PHASE_##ph, 0, 0 },
#include "../common/msg.def"
#undef RPC
#undef MSG
};

const unsigned int msg_row_cnt = sizeof(msg_rows) / sizeof(msg_rows[0]);

/* Facts about every row. */
#define FDS_OK(n)	(((n) & 0x7fffu) <= MSG_FDS_MAX)
#define RPC(V, v, num, src, dst, qf, af, qt, at, ph, text) \
	_Static_assert((num) % 2 == 0, #V ": numbers are even"); \
	_Static_assert(sizeof(struct q_##v) <= MSG_BODY_MAX, #V); \
	_Static_assert(sizeof(struct a_##v) <= MSG_BODY_MAX, #V); \
	_Static_assert(sizeof(struct q_##v) % 4 == 0, #V); \
	_Static_assert(sizeof(struct a_##v) % 4 == 0, #V); \
	_Static_assert((qt) <= MSG_TAIL_MAX && (at) <= MSG_TAIL_MAX, #V); \
	_Static_assert(FDS_OK(qf) && FDS_OK(af), #V); \
	_Static_assert(MSG_##src != MSG_##dst, #V);
#define MSG(V, v, num, src, dst, f, t, ph, text) \
	_Static_assert((num) % 2 == 0, #V ": numbers are even"); \
	_Static_assert(sizeof(struct n_##v) <= MSG_BODY_MAX, #V); \
	_Static_assert(sizeof(struct n_##v) % 4 == 0, #V); \
	_Static_assert((t) <= MSG_TAIL_MAX && FDS_OK(f), #V); \
	_Static_assert(MSG_##src != MSG_##dst, #V);
#include "../common/msg.def"
#undef RPC
#undef MSG

_Static_assert(MSG_KEEP_MAX <= MSG_KEEP_NR(UINT16_MAX) + 1, "numbers");
_Static_assert(sizeof(struct msg_hdr) == 24, "header");
_Static_assert(sizeof(struct cred) == 16 + 4 * CRED_GROUPS_MAX, "cred");
_Static_assert(sizeof(struct msg_attr) == 112, "attr");
_Static_assert(sizeof(struct msg_dirent) == 136, "dirent");
_Static_assert(sizeof(struct msg_seal) == MSG_SEAL_MAX, "seal");
_Static_assert(sizeof(struct msg_dirent) % 8 == 0, "dirent alignment");

const struct msg_row *
msg_row(uint16_t type)
{
	/* A switch makes two rows with one number a compile error. */
	switch (type) {
#define RPC(V, v, num, from, to, qf, af, qt, at, ph, text) \
	case Q_##V: \
		return &msg_rows[MSG_AT_Q_##V]; \
	case A_##V: \
		return &msg_rows[MSG_AT_A_##V];
#define MSG(V, v, num, from, to, f, t, ph, text) \
	case N_##V: \
		return &msg_rows[MSG_AT_N_##V];
#include "../common/msg.def"
#undef RPC
#undef MSG
	default:
		return NULL;
	}
}

int
msg_name_check(const char name[MSG_NAME_MAX])
{
	size_t len, i;

	len = strnlen(name, MSG_NAME_MAX);
	if (len == MSG_NAME_MAX)
		return ENAMETOOLONG;
	if (len == 0 || memchr(name, '/', len) != NULL)
		return EINVAL;
	if (name[0] == '.' &&
	    (len == 1 || (len == 2 && name[1] == '.')))
		return EINVAL;
	for (i = len; i < MSG_NAME_MAX; i++)
		if (name[i] != '\0')
			return EINVAL;
	return 0;
}
