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
 * Knows: the host's user and group databases, as they are at the start.
 * Never: what a group is good for.
 */

#include "config.h"

#include <sys/types.h>

#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "../common/log.h"
#include "groups.h"
#include "policy.h"

#define GROUPS_STEP	64	/* entries that memory grows by */
#define GROUPS_ASKED	1024	/* users of a pool that are asked for each */
#define GROUPS_LIST	256	/* groups of a user that are looked at */

static void
groups_user_add(struct groups *g, const struct passwd *pw)
{
	gid_t list[GROUPS_LIST];
	struct groups_user *u;
	int cnt = GROUPS_LIST, i;

	if (g->user_cnt == g->user_max) {
		g->user_max += GROUPS_STEP;
		g->users = reallocarray(g->users, g->user_max, sizeof(*u));
		if (g->users == NULL)
			fatal("memory for the host's users");
	}
	u = &g->users[g->user_cnt];
	memset(u, 0, sizeof(*u));
	u->uid = pw->pw_uid;
	u->nth = (uint32_t)g->user_cnt++;
	if (getgrouplist(pw->pw_name, pw->pw_gid, list, &cnt) == -1)
		cnt = GROUPS_LIST;
	if (cnt > CRED_GROUPS_MAX) {
		log_warnx("user %u of this host is in %d groups, of which the "
		    "first %d count", pw->pw_uid, cnt, CRED_GROUPS_MAX);
		cnt = CRED_GROUPS_MAX;
	}
	for (i = 0; i < cnt; i++)
		u->gids[u->cnt++] = list[i];
}

static void
groups_gid_add(struct groups *g, uint32_t gid)
{
	if (g->gid_cnt % GROUPS_STEP == 0 && (g->gids = reallocarray(g->gids,
	    g->gid_cnt + GROUPS_STEP, sizeof(g->gids[0]))) == NULL)
		fatal("memory for the host's groups");
	g->gids[g->gid_cnt++] = gid;
}

static int
groups_user_order(const void *a, const void *b)
{
	const struct groups_user *x = a, *y = b;

	if (x->uid != y->uid)
		return x->uid < y->uid ? -1 : 1;
	return x->nth < y->nth ? -1 : 1;
}

static int
groups_gid_order(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Databases over the network often answer without listing. */
static void
groups_ask(struct groups *g, const struct policy_pool *pool)
{
	const struct passwd *pw;
	uint32_t uid;

	if (pool->last - pool->first >= GROUPS_ASKED)
		return;
	for (uid = pool->first; uid <= pool->last; uid++)
		if (groups_find(g, uid) == NULL &&
		    (pw = getpwuid(uid)) != NULL)
			groups_user_add(g, pw);
}

/* Sort; of several names of one uid the first counts, as in getpwuid(3). */
static void
groups_sort(struct groups *g)
{
	size_t i, cnt = 0;

	if (g->user_cnt == 0)
		return;
	qsort(g->users, g->user_cnt, sizeof(g->users[0]), groups_user_order);
	for (i = 1; i < g->user_cnt; i++)
		if (g->users[i].uid != g->users[cnt].uid)
			g->users[++cnt] = g->users[i];
	g->user_cnt = cnt + 1;
}

void
groups_load(struct groups *g, const struct policy_rules *r)
{
	const struct passwd *pw;
	const struct group *gr;
	uint32_t i;

	memset(g, 0, sizeof(*g));
	setpwent();
	while ((pw = getpwent()) != NULL)
		groups_user_add(g, pw);
	endpwent();
	groups_sort(g);
	for (i = 0; i < r->pool_cnt; i++) {
		groups_ask(g, &r->pools[i]);
		groups_sort(g);
	}
	setgrent();
	while ((gr = getgrent()) != NULL)
		groups_gid_add(g, gr->gr_gid);
	endgrent();
	if (g->gid_cnt > 0)
		qsort(g->gids, g->gid_cnt, sizeof(g->gids[0]),
		    groups_gid_order);
}

const struct groups_user *
groups_find(const struct groups *g, uint32_t uid)
{
	size_t low = 0, high = g->user_cnt, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (g->users[mid].uid == uid)
			return &g->users[mid];
		if (g->users[mid].uid < uid)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

int
groups_has(const struct groups_user *u, uint32_t gid)
{
	uint32_t i;

	for (i = 0; i < u->cnt; i++)
		if (u->gids[i] == gid)
			return 1;
	return 0;
}

int
groups_known(const struct groups *g, uint32_t gid)
{
	return g->gid_cnt > 0 && bsearch(&gid, g->gids, g->gid_cnt,
	    sizeof(gid), groups_gid_order) != NULL;
}
