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

#ifndef VIOFSD_BROKER_SOCKET_H
#define VIOFSD_BROKER_SOCKET_H

#include <sys/types.h>

/*
 * Knows: the vhost-user listening socket, made or inherited, its pid file,
 * and the connection to syslog.
 * Never: a connected peer; that is the transport's.
 */

#define SOCKET_NO_GROUP	((gid_t)-1)

/*
 * Take over an inherited listening socket: checked to be a listening AF_UNIX
 * stream socket, then moved to descriptor 3 with everything above closed.
 * Returns its descriptor; fatal otherwise.
 */
int	socket_inherit(int fd);

/*
 * Lock path.pid (mode 0600), remove a stale socket, bind and listen on path
 * with mode 0700, or 0770 and group gid.  Path may be longer than sun_path.
 * Another live instance is fatal, like every other failure.  The lock lasts
 * until *lockfd is closed.  Returns the listening descriptor.
 */
int	socket_listen(const char *path, gid_t gid, int *lockfd);

/* Connect descriptor 2 to /dev/log; fatal if nobody listens there. */
void	socket_syslog(void);

#endif
