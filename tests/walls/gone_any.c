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
 * Knows: walls that every process has, when they are removed.
 * Never: those of one process (gone_worker.c, gone_broker.c).
 */

#include "config.h"

#include <sys/syscall.h>

#include <string.h>
#include <unistd.h>

#include "../../common/landlock.h"
#include "../../common/msg.h"
#include "../../common/sandbox.h"
#include "gone.h"

#define GONE_TABLES	3	/* the spawner's, the most */

int	__real_landlock_enter(int rootfd);
int	__wrap_landlock_enter(int rootfd);
int	__real_landlock_enter_bare(int rootfd, int exefd, int readonly);
int	__wrap_landlock_enter_bare(int rootfd, int exefd, int readonly);
int	__real_landlock_enter_supervisor(void);
int	__wrap_landlock_enter_supervisor(void);
int	__real_msg_name_check(const char *name);
int	__wrap_msg_name_check(const char *name);
void	__real_sandbox_enter(const struct sandbox_table *tables,
	    size_t table_cnt, enum sandbox_action action);
void	__wrap_sandbox_enter(const struct sandbox_table *tables,
	    size_t table_cnt, enum sandbox_action action);

/*
 * A worker's library reads what Landlock does not hide from it any more, where
 * its root is not empty.
 */
static const struct sandbox_row gone_rows[] = {
	SB_ALLOW(fstatfs, "libcap-ng: is it procfs?"),
	SB_ALLOW(read, "libcap-ng: cap_last_cap"),
};

static const struct sandbox_table gone_start = { gone_rows, 2 };

/* What the broker compares with must be there all the same. */
static int
gone_abi(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, 1u);

	return abi == -1 ? 0 : (int)abi;
}

int
__wrap_landlock_enter(int rootfd)
{
	return gone("landlock") ? gone_abi() : __real_landlock_enter(rootfd);
}

int
__wrap_landlock_enter_bare(int rootfd, int exefd, int readonly)
{
	return gone("landlock") ? gone_abi() :
	    __real_landlock_enter_bare(rootfd, exefd, readonly);
}

int
__wrap_landlock_enter_supervisor(void)
{
	return gone("landlock") ? gone_abi() :
	    __real_landlock_enter_supervisor();
}

/* Anything that ends is a name. */
int
__wrap_msg_name_check(const char *name)
{
	return gone("names") && memchr(name, '\0', MSG_NAME_MAX) != NULL ? 0 :
	    __real_msg_name_check(name);
}

void
__wrap_sandbox_enter(const struct sandbox_table *tables, size_t table_cnt,
    enum sandbox_action action)
{
	struct sandbox_table more[GONE_TABLES + 1];

	if (gone("filter"))
		return;
	memcpy(more, tables, table_cnt * sizeof(*tables));
	more[table_cnt] = gone_start;
	if (gone("landlock") && table_cnt <= GONE_TABLES)
		__real_sandbox_enter(more, table_cnt + 1, action);
	else
		__real_sandbox_enter(tables, table_cnt, action);
}
