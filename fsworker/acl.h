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

#ifndef VIOFSD_FSWORKER_ACL_H
#define VIOFSD_FSWORKER_ACL_H

#include <stddef.h>

#include "../common/idmap.h"

/*
 * Knows: the ids inside the value of an ACL's attribute (acl(5),
 * linux/posix_acl_xattr.h).
 * Never: what an entry permits, or whether the kernel likes it.
 */

/*
 * Replace the guest's ids in an ACL of len bytes by the host's.  Returns 0,
 * EINVAL if it is no ACL, or EPERM if it names an id that is forbidden.
 */
int	acl_to_host(const struct idmap *ids, void *acl, size_t len);

/* The host's by the guest's; something that is no ACL stays as it is. */
void	acl_to_guest(const struct idmap *ids, void *acl, size_t len);

#endif
