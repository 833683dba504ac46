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

#ifndef VIOFSD_FUZZ_FSENV_CHECK_H
#define VIOFSD_FUZZ_FSENV_CHECK_H

#include "transport/req.h"

/* What must be true of whatever the transport says, whoever made it say so. */

/* One chain in the hands of the device. */
struct env_slot {
	uint8_t *in, *out;		/* NULL: unused */
	size_t in_len, out_len;
	size_t cut;
};

/* Memory for a reply of just that length, and its end. */
uint8_t	*env_room(unsigned int slot, size_t len);
void	env_room_free(uint8_t *room, size_t len);

/* A reply of len bytes as the guest gets it. */
void	env_check_reply(const struct fs *fs, const struct env_slot *s,
	    uint32_t len);

/* Nothing was asked yet, and nothing will be any more. */
void	env_check_begin(struct fs *fs);
void	env_check_end(void);

/* Has the worker what r is about, if it has no descriptor here? */
int	env_check_enough(const struct req *r);

/* A question on its way to a worker. */
void	env_check_question(struct req *r);

/* Its answer m, NULL if that is an errno, before and behind done(). */
void	env_check_answer(struct req *r, const struct chan_msg *m);
void	env_check_answered(struct fs *fs, const struct chan_msg *m);

#endif
