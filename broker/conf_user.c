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
 * Knows: the user and group databases.
 * Never: the command line, or any other file.
 */

#include "config.h"

#include <sys/types.h>

#include <errno.h>
#include <grp.h>
#include <pwd.h>

#include "../common/log.h"
#include "conf.h"

#define CONF_USER	"_viofsd"
#define CONF_NOBODY	65534	/* the kernel's overflow id, nobody */

gid_t
conf_group(const char *name)
{
	struct group *gr;

	errno = 0;
	if ((gr = getgrnam(name)) == NULL) {
		if (errno != 0)
			fatal("--socket-group '%s'", name);
		fatalx("--socket-group: '%s' is no group of this host", name);
	}
	return gr->gr_gid;
}

void
conf_transport_ids(struct conf_ids *ids)
{
	struct passwd *pw;

	if ((pw = getpwnam(CONF_USER)) != NULL) {
		ids->uid = pw->pw_uid;
		ids->gid = pw->pw_gid;
	} else {
		log_warnx("no user %s: the transport runs as nobody (%u)",
		    CONF_USER, CONF_NOBODY);
		ids->uid = CONF_NOBODY;
		ids->gid = CONF_NOBODY;
	}
	if (ids->uid == 0 || ids->gid == 0)
		fatalx("user %s must have neither uid 0 nor gid 0", CONF_USER);
}
