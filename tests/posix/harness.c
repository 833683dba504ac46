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
 * Knows: the command line, TAP output, and children with other identities.
 * Never: what is being tested.
 */

#include "posix.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <err.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What some file systems and mounts do not have, and may say so by -x. */
static const struct {
	const char	*name, *why;
} features[] = {
	{ "acl", "no POSIX ACLs" },
	{ "atime", "reading does not change the time of access" },
	{ "cached-atime", "reading from memory is no access" },
	{ "one-clock", "new files have the time of another kernel" },
	{ "collapse", "fallocate(2) cannot collapse or insert" },
	{ "copy-range", "no copy_file_range(2)" },
	{ "device", "device files cannot be opened" },
	{ "dir-links", "directories do not count those below them" },
	{ "direct", "no O_DIRECT" },
	{ "exchange", "no RENAME_EXCHANGE" },
	{ "fallocate", "no fallocate(2)" },
	{ "lock-signal", "a signal does not end the wait for a lock" },
	{ "punch", "fallocate(2) cannot punch holes" },
	{ "seek-hole", "holes are not told from data" },
	{ "ro-known", "a share's being read-only is not known to access(2)" },
	{ "root-setid-space", "fallocate by root clears set-id bits" },
	{ "root-setid-trunc", "O_TRUNC by root clears set-id bits" },
	{ "size-known", "how large a file can be is not known to write(2)" },
	{ "setid", "set-id bits stay on what unprivileged users change" },
	{ "tmpfile", "no O_TMPFILE" },
	{ "trusted", "no attributes trusted.* and security.*" },
	{ "xattr", "no extended attributes" },
	{ "zero", "fallocate(2) cannot zero" },
};

/* Counters of this process and all its children. */
struct count {
	int	 all, failed, skipped;
};

static const char	*missing;	/* argument of -x, or NULL */
static const char	*program;
static char		 where[256];
static struct count	*count;
static char		*top;		/* absolute name of our directory */
static pid_t		 top_pid;

const struct px_cred px_alice = { "alice", PX_ALICE, PX_ALICE, 1, { PX_TEAM } };
const struct px_cred px_bob = { "bob", PX_BOB, PX_BOB, 1, { PX_CLUB } };
const struct px_cred px_carol = { "carol", PX_CAROL, PX_CAROL, 0, { 0 } };

/* One line, in one piece. */
static void __attribute__((format(printf, 1, 2)))
say(const char *fmt, ...)
{
	char	 line[1024];
	va_list	 ap;
	int	 len;

	va_start(ap, fmt);
	len = vsnprintf(line, sizeof(line) - 1, fmt, ap);
	va_end(ap);
	if (len < 0)
		return;
	if ((size_t)len >= sizeof(line) - 1)
		len = (int)sizeof(line) - 2;
	line[len++] = '\n';
	if (write(STDOUT_FILENO, line, (size_t)len) != len)
		_exit(99);
}

static int
next(void)
{
	return __atomic_add_fetch(&count->all, 1, __ATOMIC_SEQ_CST);
}

static bool
result(bool good, const char *name)
{
	if (!good)
		__atomic_add_fetch(&count->failed, 1, __ATOMIC_SEQ_CST);
	say("%sok %d - %s: %s", good ? "" : "not ", next(), where, name);
	return good;
}

static const char *
error_name(int err)
{
	const char	*name = err == 0 ? "success" : strerrorname_np(err);

	return name == NULL ? "unknown" : name;
}

bool
px_rc(long long rc, int want, const char *name)
{
	int	 got = rc == -1 ? errno : 0;
	char	 full[256];

	snprintf(full, sizeof(full), "%s, %s", error_name(want), name);
	if (result(got == want, full))
		return true;
	say("# got %s (%d), want %s", error_name(got), got, error_name(want));
	return false;
}

bool
px_is(long long got, long long want, const char *name)
{
	int	 err = errno;

	if (result(got == want, name))
		return true;
	say("# got %lld (0%llo), want %lld (0%llo), errno %s", got,
	    (unsigned long long)got, want, (unsigned long long)want,
	    error_name(err));
	return false;
}

bool
px_true(bool good, const char *name)
{
	return result(good, name);
}

void
px_at(const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	vsnprintf(where, sizeof(where), fmt, ap);
	va_end(ap);
}

/* Whether no-FEATURE is a word of the list. */
static bool
listed(const char *list, const char *feature)
{
	size_t	 len = strlen(feature);

	while (list != NULL && *list != '\0') {
		if (strncmp(list, "no-", 3) == 0 &&
		    strncmp(list + 3, feature, len) == 0 &&
		    (list[len + 3] == ',' || list[len + 3] == '\0'))
			return true;
		list = strchr(list, ',');
		if (list != NULL)
			list++;
	}
	return false;
}

bool
px_can(const char *feature)
{
	size_t	 i;

	for (i = 0; i < PX_CNT(features); i++)
		if (strcmp(features[i].name, feature) == 0)
			break;
	if (i == PX_CNT(features))
		px_bail("no feature %s", feature);
	if (!listed(missing, feature))
		return true;
	__atomic_add_fetch(&count->skipped, 1, __ATOMIC_SEQ_CST);
	say("ok %d - %s # SKIP no-%s: %s", next(), where, feature,
	    features[i].why);
	return false;
}

void
px_bail(const char *fmt, ...)
{
	char	 text[512];
	int	 err = errno;
	va_list	 ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	__atomic_add_fetch(&count->failed, 1, __ATOMIC_SEQ_CST);
	say("Bail out! %s: %s (errno %s)", where, text, error_name(err));
	if (getpid() == top_pid && chdir(top) == 0 && chdir("..") == 0)
		px_remove(top);
	_exit(99);
}

static void
become(const struct px_cred *cred)
{
	if (setgroups((size_t)cred->group_cnt, cred->groups) != 0 ||
	    setresgid(cred->gid, cred->gid, cred->gid) != 0 ||
	    setresuid(cred->uid, cred->uid, cred->uid) != 0)
		px_bail("cannot become %s", cred->name);
}

pid_t
px_fork(const struct px_cred *cred)
{
	pid_t	 pid = fork();
	size_t	 len;

	if (pid == -1)
		px_bail("fork");
	if (pid == 0 && cred != NULL) {
		become(cred);
		len = strlen(where);
		snprintf(where + len, sizeof(where) - len, " as %s",
		    cred->name);
	}
	return pid;
}

bool
px_wait(pid_t pid)
{
	int	 status;

	if (waitpid(pid, &status, 0) != pid)
		px_bail("waitpid");
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 99)
		px_bail("a child bailed out");
	result(false, "a child ends in peace");
	say("# status 0x%x", (unsigned)status);
	return false;
}

bool
px_as(const struct px_cred *cred)
{
	pid_t	 pid = px_fork(cred);

	if (pid == 0)
		return true;
	px_wait(pid);
	return false;
}

void
px_end(void)
{
	_exit(0);
}

static void
run(const struct px_group *group)
{
	px_at("%s", group->name);
	umask(022);
	if (chdir(top) != 0 || mkdir(group->name, 0755) != 0 ||
	    chdir(group->name) != 0)
		px_bail("directory");
	group->run();
	px_at("%s", group->name);
	if (chdir(top) != 0)
		px_bail("chdir");
	px_remove(group->name);
}

static _Noreturn void
usage(void)
{
	size_t	 i;

	fprintf(stderr, "usage: %s [-x no-FEATURE[,no-FEATURE ...]] "
	    "DIRECTORY\nfeatures:\n", program);
	for (i = 0; i < PX_CNT(features); i++)
		fprintf(stderr, "\tno-%s\t%s\n", features[i].name,
		    features[i].why);
	exit(2);
}

/* Every word of the list is a feature. */
static void
check_list(const char *list)
{
	const char	*word;
	size_t		 i, words = 1, known = 0;

	for (word = list; *word != '\0'; word++)
		words += *word == ',';
	for (i = 0; i < PX_CNT(features); i++)
		known += listed(list, features[i].name);
	if (*list != '\0' && words != known)
		usage();
}

static void
set_up(const char *dir)
{
	count = mmap(NULL, sizeof(*count), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (count == MAP_FAILED)
		err(1, "mmap");
	if (geteuid() != 0)
		errx(2, "needs root");
	signal(SIGPIPE, SIG_IGN);
	top_pid = getpid();
	umask(022);
	if (chdir(dir) != 0)
		err(2, "%s", dir);
	dir = getcwd(NULL, 0);
	if (dir == NULL || asprintf(&top, "%s/px.%s.%d", dir, program,
	    (int)top_pid) == -1)
		err(1, "%s", program);
	px_at("%s", program);
	if (mkdir(top, 0755) != 0)
		err(1, "%s", top);
}

int
px_main(int argc, char **argv, const struct px_group *groups)
{
	int	 c;

	program = strrchr(argv[0], '/');
	program = program == NULL ? argv[0] : program + 1;
	while ((c = getopt(argc, argv, "x:")) != -1)
		switch (c) {
		case 'x':
			missing = optarg;
			check_list(missing);
			break;
		default:
			usage();
		}
	if (argc - optind != 1)
		usage();
	set_up(argv[optind]);
	for (; groups->name != NULL; groups++)
		run(groups);
	if (chdir("..") != 0)
		err(1, "chdir");
	px_remove(top);
	say("1..%d", count->all);
	if (count->failed != 0 || count->skipped != 0)
		say("# %d failed, %d skipped of %d", count->failed,
		    count->skipped, count->all);
	return count->failed == 0 && count->all != 0 ? 0 : 1;
}
