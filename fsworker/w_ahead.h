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

#ifndef VIOFSD_FSWORKER_W_AHEAD_H
#define VIOFSD_FSWORKER_W_AHEAD_H

#include "serve.h"

/*
 * Knows: which directories can be told whole, so that what is not among their
 * names is not there, and how the transport hears of what changes.
 * Never: an answer that a later change of the directory would not show.
 */

/*
 * takes [directory].  From the start it is watched before it is read, so that
 * of every later change of its names there is an event for wd in the
 * transport's instance; what is said holds until there is one.  The tail has
 * the records, gives the nodes of those that could be looked up.  ENOTSUP
 * without an instance, and where other names than those that are listed mean
 * entries too, or where names change by themselves (case folding, encryption);
 * EFBIG if it is too large; EACCES if it may be listed but not searched; EPERM
 * if reading it would leave a trace in its times; ENOSPC if the instance's
 * user has no more watches (fs.inotify.max_user_watches).  What fails later is
 * in a->err, so that the transport can end the watch.
 */
int	on_ahead(struct serve_req *req, const struct q_ahead *q,
	    struct a_ahead *a);

/*
 * The transport's instance, which is in m and now the worker's; EPROTO if it
 * has one, or for a body that says anything.
 */
int	w_ahead_watch(struct chan_msg *m);

#endif
