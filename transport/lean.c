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
 * Knows: whether a guest looks at the files that it lists.
 * Never: an entry.
 */

#include "config.h"

#include <sys/stat.h>

#include "fs.h"
#include "lean.h"
#include "node.h"
#include "req.h"

#define LEAN_GAP	1	/* listings from one try to the next, first */
#define LEAN_SHIFT_MAX	6	/* ... and doubled so often */
#define LEAN_QUIET	2	/* tries that tell */
#define LEAN_SECONDS	10	/* what is good for longer is worth having */

enum lean_how
lean_how(struct req *r)
{
	const struct a_hello *conf = &r->fs->conf;
	struct lean *l = &r->fs->lean;

	/* Past the first page the guest asks like that if it has looked. */
	if (r->io.off != 0 || conf->entry.sec > LEAN_SECONDS ||
	    (r->fs->session.flags & FUSE_READDIRPLUS_AUTO) == 0)
		return LEAN_NOT;
	if (l->all)
		return LEAN_ALL;
	if (l->past < LEAN_GAP << l->shift) {
		l->past++;
		return LEAN_NOT;
	}
	l->past = 0;
	l->quiet += l->out;
	l->out = 0;
	if (l->quiet < LEAN_QUIET)
		return LEAN_ONE;
	l->all = 1;
	l->shift = 0;
	return LEAN_ALL;
}

void
lean_told(struct req *r)
{
	r->node[0]->lean = 1;
	r->fs->lean.out = 1;
}

void
lean_found(const struct req *r, uint32_t mode)
{
	struct lean *l = &r->fs->lean;

	if (!r->node[0]->lean || S_ISDIR(mode))
		return;
	r->node[0]->lean = 0;
	if (!l->all && !l->out)
		return;
	if (l->shift < LEAN_SHIFT_MAX)
		l->shift++;
	l->past = 0;
	l->all = l->out = l->quiet = 0;
}
