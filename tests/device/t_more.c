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
 * What a share does when its options ask for more than the plain operations.
 *
 * Knows: the parts.
 * Never: an option (more_*.c).
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <unistd.h>

#include "more.h"

int
main(int argc, char **argv)
{
	daemon_args(argc, argv);
	if (geteuid() != 0 || daemon_kind != DAEMON_OURS) {
		tap_skip("only root, and only our options", "options");
		return tap_done();
	}
	more_xattr();
	more_map();
	more_trust();
	more_acl();
	more_label();
	more_kill();
	more_same();
	more_open();
	more_tmpfile();
	more_node();
	more_append();
	more_full();
	more_ioctl();
	more_ids();
	more_groups();
	more_idmap();
	more_time();
	more_readonly();
	more_lie();
	more_line();
	return tap_done();
}
