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
 * Knows: rename(2) of anything over anything, and renameat2(2).
 * Never: who may rename what; that is the affair of t_posix_perm.c.
 */

#include "posix.h"

#include <sys/stat.h>

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* What there may be under a name. */
enum kind {
	NONE, FILE_, LINK, FIFO, EMPTY, FULL, KINDS
};

static const char *const kind_name[KINDS] = {
	"nothing", "a file", "a link", "a fifo", "an empty directory",
	"a full directory"
};

static void
make(const char *name, enum kind kind)
{
	char	 below[64];

	px_remove(name);
	switch (kind) {
	case FILE_:
		px_file(name, "text", 0644);
		break;
	case LINK:
		px_link(name, "nowhere");
		break;
	case FIFO:
		if (mkfifo(name, 0644) != 0)
			px_bail("mkfifo");
		break;
	case EMPTY:
	case FULL:
		px_dir(name, 0755);
		if (kind == EMPTY)
			break;
		snprintf(below, sizeof(below), "%s/below", name);
		px_file(below, "text", 0644);
		break;
	default:
		break;
	}
}

static bool
is_dir(enum kind kind)
{
	return kind == EMPTY || kind == FULL;
}

/* What a rename of the one over the other comes to. */
static int
plain_error(enum kind from, enum kind to)
{
	if (from == NONE)
		return ENOENT;
	if (to == NONE)
		return 0;
	if (is_dir(from) && !is_dir(to))
		return ENOTDIR;
	if (!is_dir(from) && is_dir(to))
		return EISDIR;
	return to == FULL ? ENOTEMPTY : 0;
}

static int
flag_error(enum kind from, enum kind to, unsigned flags)
{
	if (flags == 0)
		return plain_error(from, to);
	if (from == NONE)
		return ENOENT;
	if (flags == RENAME_NOREPLACE)
		return to == NONE ? 0 : EEXIST;
	return to == NONE ? ENOENT : 0;
}

static void
one(const char *from, const char *to, enum kind a, enum kind b, unsigned flags)
{
	long long	 from_ino, to_ino;
	int		 err = flag_error(a, b, flags);
	char		 name[128];

	make(from, a);
	make(to, b);
	from_ino = px_ino(from);
	to_ino = px_ino(to);
	px_at("%s over %s, %s to %s, flags %u", kind_name[a], kind_name[b],
	    from, to, flags);
	snprintf(name, sizeof(name), "renameat2");
	errno = 0;
	px_rc(renameat2(AT_FDCWD, from, AT_FDCWD, to, flags), err, name);
	if (err != 0) {
		GIVES(from_ino, px_ino(from));
		GIVES(to_ino, px_ino(to));
		return;
	}
	GIVES(from_ino, px_ino(to));
	GIVES(flags == RENAME_EXCHANGE ? to_ino : -1, px_ino(from));
	if (a == FILE_)
		TRUE(px_holds(to, "text"));
	if (a == FULL) {
		snprintf(name, sizeof(name), "%s/below", to);
		TRUE(px_holds(name, "text"));
	}
}

static void
matrix(unsigned flags)
{
	enum kind	 a, b;

	px_dir("d1", 0755);
	px_dir("d2", 0755);
	for (a = NONE; a < KINDS; a++)
		for (b = NONE; b < KINDS; b++) {
			one("from", "to", a, b, flags);
			one("d1/from", "d2/to", a, b, flags);
		}
}

static void
group_plain(void)
{
	matrix(0);
}

static void
group_noreplace(void)
{
	matrix(RENAME_NOREPLACE);
}

static void
group_exchange(void)
{
	if (px_can("exchange"))
		matrix(RENAME_EXCHANGE);
}

static void
group_self(void)
{
	px_file("file", "text", 0644);
	px_dir("dir", 0755);
	px_dir("dir/sub", 0755);
	px_dir("dir/sub/deep", 0755);
	px_link("todir", "dir");
	OK(link("file", "same"));
	OK(rename("file", "file"));
	OK(rename("dir", "dir"));
	OK(rename("file", "same"));
	GIVES(2, px_nlink("file"));
	GIVES(px_ino("file"), px_ino("same"));
	FAILS(EINVAL, rename("dir", "dir/x"));
	FAILS(EINVAL, rename("dir", "dir/sub/x"));
	FAILS(EINVAL, rename("dir", "dir/sub/deep"));
	FAILS(EINVAL, rename("dir", "todir/sub/x"));
	FAILS(ENOTEMPTY, rename("dir/sub/deep", "dir"));
	FAILS(ENOTEMPTY, rename("dir/sub", "dir"));
	FAILS(EBUSY, rename("dir/.", "x"));
	FAILS(EBUSY, rename("dir/sub/..", "x"));
	FAILS(EBUSY, rename("file", "dir/."));
	FAILS(EBUSY, rename("dir/sub", ".."));
	FAILS(ENOTDIR, rename("file", "new/"));
	FAILS(ENOTDIR, rename("file/", "new"));
	FAILS(ENOTDIR, rename("todir/", "new"));
	OK(rename("dir/", "moved"));
	OK(rename("moved", "dir/"));
	FAILS(EINVAL, renameat2(AT_FDCWD, "file", AT_FDCWD, "x", 0x1000));
	FAILS(EINVAL, renameat2(AT_FDCWD, "file", AT_FDCWD, "x",
	    RENAME_NOREPLACE | RENAME_EXCHANGE));
	FAILS(EEXIST, renameat2(AT_FDCWD, "file", AT_FDCWD, "file",
	    RENAME_NOREPLACE));
	if (px_can("exchange")) {
		FAILS(EINVAL, renameat2(AT_FDCWD, "dir", AT_FDCWD, "dir/sub",
		    RENAME_EXCHANGE));
		FAILS(EINVAL, renameat2(AT_FDCWD, "dir/sub", AT_FDCWD, "dir",
		    RENAME_EXCHANGE));
		OK(renameat2(AT_FDCWD, "file", AT_FDCWD, "file",
		    RENAME_EXCHANGE));
	}
}

/* Descriptors go with what is renamed, and links to it count. */
static void
group_open(void)
{
	struct stat	 st;
	char		 buf[8];
	int		 f, g, d;

	px_dir("dir", 0755);
	px_dir("other", 0755);
	px_file("dir/file", "text", 0644);
	px_file("over", "else", 0644);
	f = px_open("dir/file", O_RDWR);
	g = px_open("over", O_RDWR);
	d = px_open("dir", O_RDONLY | O_DIRECTORY);
	OK(rename("dir/file", "over"));
	GIVES(4, pread(f, buf, sizeof(buf), 0));
	TRUE(buf[0] == 't');
	GIVES(4, pread(g, buf, sizeof(buf), 0));
	TRUE(buf[0] == 'e');
	GIVES(5, pwrite(g, "gone!", 5, 0));
	OK(fstat(g, &st));
	GIVES(0, st.st_nlink);
	GIVES(5, st.st_size);
	OK(fstat(f, &st));
	GIVES(1, st.st_nlink);
	GIVES(4, pwrite(f, "ours", 4, 0));
	TRUE(px_holds("over", "ours"));
	OK(rename("dir", "other/dir"));
	OK(close(openat(d, "new", O_RDWR | O_CREAT, 0644)));
	GIVES(0, px_size("other/dir/new"));
	OK(renameat(d, "new", AT_FDCWD, "new"));
	OK(renameat(AT_FDCWD, "new", d, "../up"));
	GIVES(0, px_size("other/up"));
	OK(fstatat(d, "..", &st, 0));
	GIVES(px_ino("other"), st.st_ino);
	close(f);
	close(g);
	close(d);
}

static void
group_count(void)
{
	px_dir("a", 0755);
	px_dir("b", 0755);
	px_file("file", "text", 0644);
	OK(link("file", "a/link"));
	OK(rename("a/link", "b/link"));
	GIVES(2, px_nlink("file"));
	px_file("b/more", "text", 0644);
	OK(rename("b/more", "b/link"));
	GIVES(1, px_nlink("file"));
	if (!px_can("dir-links"))
		return;
	px_dir("a/sub", 0755);
	GIVES(3, px_nlink("a"));
	GIVES(2, px_nlink("b"));
	OK(rename("a/sub", "b/sub"));
	GIVES(2, px_nlink("a"));
	GIVES(3, px_nlink("b"));
	px_dir("b/other", 0755);
	GIVES(4, px_nlink("b"));
	OK(rename("b/other", "b/sub"));
	GIVES(3, px_nlink("b"));
	if (px_can("exchange")) {
		px_file("a/plain", "text", 0644);
		OK(renameat2(AT_FDCWD, "a/plain", AT_FDCWD, "b/sub",
		    RENAME_EXCHANGE));
		GIVES(3, px_nlink("a"));
		GIVES(2, px_nlink("b"));
	}
}

int
main(int argc, char **argv)
{
	static const struct px_group groups[] = {
		{ "plain", group_plain },
		{ "noreplace", group_noreplace },
		{ "exchange", group_exchange },
		{ "self", group_self },
		{ "open", group_open },
		{ "count", group_count },
		{ NULL, NULL }
	};

	return px_main(argc, argv, groups);
}
