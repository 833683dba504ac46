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

#ifndef VIOFSD_POSIX_POSIX_H
#define VIOFSD_POSIX_POSIX_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <sys/types.h>

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The harness of the programs t_posix_*: what POSIX and the manual pages of
 * Linux promise of a file system, checked on a directory of any of them.
 *
 *	t_posix_x [-x no-FEATURE[,no-FEATURE ...]] DIRECTORY
 *
 * They are run as root, need nothing but libc, and print TAP.  Each group of
 * checks runs in an empty directory of its own below DIRECTORY, which is its
 * working directory, with umask 022.  Exit status 0: all checks passed.
 */

#define PX_CNT(array)	(sizeof(array) / sizeof((array)[0]))

/* A part of a program.  The last of a table has no name. */
struct px_group {
	const char	*name;
	void		(*run)(void);
};

int	px_main(int argc, char **argv, const struct px_group *groups);

/*
 * Checks.  The text of the expression is the name of the check, after what
 * px_at() said last.  All are true if the check passed; OK() and FAILS() are
 * for what returns -1 and sets errno.
 */
#define OK(expr)	px_rc((errno = 0, (long long)(expr)), 0, #expr)
#define FAILS(err, expr) px_rc((errno = 0, (long long)(expr)), (err), #expr)
#define GIVES(want, expr) \
	px_is((errno = 0, (long long)(expr)), (long long)(want), #expr)
#define TRUE(expr)	px_true((expr), #expr)

bool	px_rc(long long rc, int want, const char *name);
bool	px_is(long long got, long long want, const char *name);
bool	px_true(bool good, const char *name);

/* What comes before the name of each check from now on. */
void	px_at(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Whether the file system has to have this feature, one of the list in
 * harness.c.  If the command line says that it has not, a check that is
 * skipped is printed, and the reason.
 */
bool	px_can(const char *feature);

/* Stop the program: nothing after this could give a true result. */
_Noreturn void	px_bail(const char *fmt, ...)
	    __attribute__((format(printf, 1, 2)));

/* An identity, with at most four supplementary groups. */
struct px_cred {
	const char	*name;
	uid_t		 uid;
	gid_t		 gid;
	int		 group_cnt;
	gid_t		 groups[4];
};

enum {
	PX_ALICE = 21001,	/* uid and gid */
	PX_BOB = 21002,
	PX_CAROL = 21003,
	PX_TEAM = 21010,	/* gid alone */
	PX_CLUB = 21011
};

extern const struct px_cred	 px_alice;	/* in the group TEAM, too */
extern const struct px_cred	 px_bob;	/* in CLUB, too */
extern const struct px_cred	 px_carol;	/* in no other */

/*
 * True in a child of that identity, which ends with px_end(); its checks
 * count.  False in the parent when the child has ended.
 */
bool	px_as(const struct px_cred *cred);
_Noreturn void	px_end(void);

/* The same without waiting; px_wait() does that and checks how it ended. */
pid_t	px_fork(const struct px_cred *cred);
bool	px_wait(pid_t pid);

/*
 * Files for checks to work on.  What cannot be made ends the program.
 */
void	px_file(const char *name, const char *text, mode_t mode);
void	px_dir(const char *name, mode_t mode);
void	px_own(const char *name, uid_t uid, gid_t gid, mode_t mode);
void	px_link(const char *name, const char *target);
int	px_open(const char *name, int flags);

/* Remove a name and all that is below it, whatever it is. */
void	px_remove(const char *name);

/* Fields of stat(2), without following links; -1 and errno if it fails. */
long long	px_mode(const char *name);	/* 07777 */
long long	px_type(const char *name);	/* S_IFMT */
long long	px_nlink(const char *name);
long long	px_size(const char *name);
long long	px_uid(const char *name);
long long	px_gid(const char *name);
long long	px_ino(const char *name);

/* Whether the file holds just this text. */
bool	px_holds(const char *name, const char *text);

/* Longer than the clock of any file system takes to go on. */
void	px_tick(void);

/* A name of len bytes, all of them c; static, two at a time. */
const char	*px_long(size_t len, char c);

#endif
