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
 * Knows: the homes of workers, of which each has its user namespace.
 * Never: who lives in which, or how a namespace is made.
 */

#include "config.h"

#include <sys/stat.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "../common/jail.h"
#include "../common/log.h"
#include "broker.h"
#include "home.h"
#include "setup.h"

/* The namespace behind fd, or the one that we are in. */
static uint64_t
home_inode(int fd)
{
	struct stat st;

	if (fd == -1)
		return jail_userns(AT_FDCWD, "/proc/self/ns/user");
	if (fstat(fd, &st) == -1)
		fatal("user namespace");
	return st.st_ino;
}

/* The same ids inside as outside, all of which must be there. */
static void
home_ids(struct userns *u, const struct userns *here, enum idmap_of of,
    uint32_t first, uint32_t last)
{
	struct idspace_range r = { first, first, last - first + 1 };

	if (!idspace_has_all(&here->space[of], first, last))
		fatalx("%s: not all of these %s exist here", u->option,
		    of == IDMAP_UID ? "users" : "groups");
	/* A range of the policy's is never too long. */
	if (idspace_add(&u->space[of], &r) != 0)
		fatalx("%s: %u to %u", u->option, first, last);
}

static int
home_pool(const struct broker *b, const struct setup *s,
    const struct policy_pool *p)
{
	const char *why = NULL;
	struct userns u;
	char option[64];

	snprintf(option, sizeof(option), "--pool %u-%u,userns", p->first,
	    p->last);
	memset(&u, 0, sizeof(u));
	u.option = option;
	if (b->bare)
		why = "there are no namespaces to be had here";
	else if (s->usernsfd != -1)
		why = "not with --uid-map or --gid-map, which are a user "
		    "namespace already";
	else if (s->here.stuck)
		why = "groups cannot be changed here";
	if (why != NULL)
		fatalx("%s: %s", option, why);
	home_ids(&u, &s->here, IDMAP_UID, p->first, p->last);
	home_ids(&u, &s->here, IDMAP_GID, p->gid_first, p->gid_last);
	return userns_make(&u);
}

void
home_make(struct broker *b, struct setup *s)
{
	const struct policy_rules *r = &b->policy->rules;
	struct home *h;
	unsigned int i;

	for (i = 0; i < POLICY_HOME_CNT; i++) {
		h = &b->home[i];
		h->broker = b;
		h->pidfd = h->chan.fd = s->homefd[i] = -1;
		h->used = i == POLICY_HOME_SHARE ||
		    (i <= r->pool_cnt && r->pools[i - 1].userns);
		if (i == POLICY_HOME_SHARE)
			s->homefd[i] = s->usernsfd;
		else if (h->used)
			s->homefd[i] = home_pool(b, s, &r->pools[i - 1]);
		if (h->used)
			h->userns = home_inode(s->homefd[i]);
	}
}
