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
 * Knows: what mode bits, owners and groups allow whom.
 * Never: ACLs and set-id bits of files, which have their own.
 */

#include "posix.h"

#include <sys/stat.h>

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static struct stat	 st;

/* Whose bits of the mode count for whom on a file of alice and her group. */
static const struct {
	const struct px_cred	*cred;
	gid_t			 gid;		/* group of the file */
	int			 shift;		/* of the bits that count */
} classes[] = {
	{ &px_alice, PX_ALICE, 6 },
	{ &px_alice, PX_CLUB, 6 },
	{ &px_bob, PX_BOB, 3 },
	{ &px_bob, PX_CLUB, 3 },	/* supplementary */
	{ &px_carol, PX_CAROL, 3 },
	{ &px_carol, PX_CLUB, 0 },
	{ &px_bob, PX_TEAM, 0 },
};

static int
try_open(const char *name, int flags)
{
	int	 fd = open(name, flags, 0644);

	return fd == -1 ? -1 : close(fd);
}

/* All that the bits say about one file. */
static void
one_mode(const char *name, int bits)
{
	px_rc(try_open(name, O_RDONLY), bits & 4 ? 0 : EACCES, "open to read");
	px_rc(try_open(name, O_WRONLY), bits & 2 ? 0 : EACCES, "open to write");
	px_rc(try_open(name, O_RDWR), (bits & 6) == 6 ? 0 : EACCES,
	    "open for both");
	px_rc(truncate(name, 3), bits & 2 ? 0 : EACCES, "truncate");
	px_rc(access(name, R_OK), bits & 4 ? 0 : EACCES, "access R_OK");
	px_rc(access(name, W_OK), bits & 2 ? 0 : EACCES, "access W_OK");
	px_rc(access(name, X_OK), bits & 1 ? 0 : EACCES, "access X_OK");
}

static void
group_bits(void)
{
	size_t	 i;
	int	 bits, mode;

	px_file("file", "text", 0600);
	for (i = 0; i < PX_CNT(classes); i++)
		for (bits = 0; bits < 8; bits++) {
			/* Everybody else may do the opposite. */
			mode = (7 - bits) * 0111 & ~(7 << classes[i].shift);
			mode |= bits << classes[i].shift;
			px_own("file", PX_ALICE, classes[i].gid,
			    (mode_t)mode);
			px_at("mode %04o, alice:%u", (unsigned)mode,
			    (unsigned)classes[i].gid);
			if (px_as(classes[i].cred)) {
				one_mode("file", bits);
				px_end();
			}
		}
	px_at("mode 0, root");
	OK(chmod("file", 0));
	OK(try_open("file", O_RDWR));
	OK(truncate("file", 1));
	FAILS(EACCES, access("file", X_OK));
	OK(chmod("file", 0001));
	OK(access("file", X_OK));
}

/* Directories: r lists, x finds, wx makes and removes. */
static void
dir_mode(int bits)
{
	int	 makes = (bits & 3) == 3 ? 0 : EACCES;
	int	 finds = bits & 1 ? 0 : EACCES;

	px_rc(try_open("dir", O_RDONLY | O_DIRECTORY), bits & 4 ? 0 : EACCES,
	    "list");
	px_rc(stat("dir/file", &st), finds, "stat below");
	px_rc(try_open("dir/file", O_RDWR), finds, "open below");
	px_rc(try_open("dir/new", O_RDWR | O_CREAT), makes, "create");
	px_rc(mkdir("dir/sub", 0755), makes, "mkdir");
	px_rc(symlink("x", "dir/link"), makes, "symlink");
	px_rc(mkfifo("dir/fifo", 0644), makes, "mkfifo");
	px_rc(link("mine", "dir/hard"), makes, "link");
	px_rc(rename("mine", "dir/moved"), makes, "rename into");
	px_rc(rename("dir/old", "mine"), makes, "rename out of");
	px_rc(rename("dir/old2", "dir/old"), makes, "rename within");
	px_rc(unlink("dir/old"), makes, "unlink");
	px_rc(unlink("dir/oldfifo"), makes, "unlink a fifo");
	px_rc(unlink("dir/oldlink"), makes, "unlink a link");
	px_rc(rmdir("dir/oldsub"), makes, "rmdir");
}

/* A directory that has all that dir_mode() takes away. */
static void
dir_made(void)
{
	px_remove("dir");
	px_dir("dir", 0755);
	px_file("dir/file", "text", 0666);
	px_file("dir/old", "text", 0666);
	px_file("dir/old2", "text", 0666);
	px_link("dir/oldlink", "file");
	px_dir("dir/oldsub", 0755);
	if (mkfifo("dir/oldfifo", 0666) != 0)
		px_bail("fifo");
}

static void
dir_as_bob(int bits)
{
	if (px_as(&px_bob)) {
		px_file("mine", "text", 0644);
		dir_mode(bits);
		OK(unlink("mine"));
		px_end();
	}
}

static void
group_dir(void)
{
	int	 bits;

	px_own(".", PX_BOB, PX_BOB, 0777);
	for (bits = 0; bits < 8; bits++) {
		dir_made();
		px_own("dir", PX_BOB, PX_BOB, (mode_t)(bits << 6 | 0077));
		px_at("directory 0%o77 of bob", (unsigned)bits);
		dir_as_bob(bits);
		dir_made();
		px_own("dir", 0, PX_CLUB, (mode_t)(bits << 3 | 0707));
		px_at("directory 07%o7 of a supplementary group",
		    (unsigned)bits);
		dir_as_bob(bits);
	}
}

/* Who may remove and rename what in a directory with the sticky bit. */
static void
group_sticky(void)
{
	static const struct {
		uid_t			 dir, file;
		const struct px_cred	*cred;
		int			 err;
	} rows[] = {
		{ 0, PX_ALICE, &px_alice, 0 },
		{ 0, PX_BOB, &px_alice, EPERM },
		{ 0, 0, &px_alice, EPERM },
		{ PX_ALICE, PX_BOB, &px_alice, 0 },
		{ PX_ALICE, 0, &px_alice, 0 },
		{ PX_BOB, PX_BOB, &px_alice, EPERM },
		{ PX_BOB, PX_ALICE, &px_alice, 0 },
		{ PX_BOB, PX_ALICE, NULL, 0 },
	};
	size_t	 i;

	px_dir("out", 0777);
	for (i = 0; i < PX_CNT(rows); i++) {
		px_at("sticky of %u, file of %u", (unsigned)rows[i].dir,
		    (unsigned)rows[i].file);
		px_remove("dir");
		px_dir("dir", 01777);
		px_own("dir", rows[i].dir, 0, 01777);
		px_file("dir/file", "", 0666);
		px_own("dir/file", rows[i].file, 0, 0666);
		px_file("dir/over", "", 0666);
		px_own("dir/over", rows[i].file, 0, 0666);
		px_dir("dir/sub", 0777);
		px_own("dir/sub", rows[i].file, 0, 0777);
		if (px_as(rows[i].cred)) {
			px_file("dir/own", "", 0644);
			px_rc(rename("dir/own", "dir/over"), rows[i].err,
			    "rename over it");
			px_rc(rename("dir/file", "dir/new"), rows[i].err,
			    "rename");
			px_rc(rename("dir/new", "dir/file"), rows[i].err == 0 ?
			    0 : ENOENT, "rename back");
			px_rc(rename("dir/file", "out/file"), rows[i].err,
			    "rename out");
			px_rc(rename("out/file", "dir/file"), rows[i].err == 0 ?
			    0 : ENOENT, "rename in");
			px_rc(unlink("dir/file"), rows[i].err, "unlink");
			px_rc(rmdir("dir/sub"), rows[i].err, "rmdir");
			px_end();
		}
	}
}

static void
chmod_rows(const struct px_cred *cred, int err)
{
	struct timespec	 ts[2] = { { 1000, 0 }, { 2000, 0 } };

	if (px_as(cred)) {
		px_rc(chmod("file", 0666), err, "chmod");
		px_rc(utimensat(AT_FDCWD, "file", ts, 0), err,
		    "utimensat to a time");
		px_rc(utimensat(AT_FDCWD, "file", NULL, 0), 0,
		    "utimensat to now, writable");
		ts[0].tv_nsec = UTIME_NOW;
		ts[1].tv_nsec = UTIME_OMIT;
		px_rc(utimensat(AT_FDCWD, "file", ts, 0), err,
		    "utimensat of one time to now");
		px_rc(utimensat(AT_FDCWD, "closed", NULL, 0),
		    err == 0 ? 0 : EACCES, "utimensat to now, not writable");
		px_end();
	}
}

static void
group_owner(void)
{
	px_file("file", "text", 0666);
	px_file("closed", "text", 0400);
	px_own("file", PX_ALICE, PX_ALICE, 0666);
	px_own("closed", PX_ALICE, PX_ALICE, 0400);
	chmod_rows(&px_alice, 0);
	chmod_rows(&px_bob, EPERM);
	px_at("chown");
	if (px_as(&px_alice)) {
		OK(chown("file", (uid_t)-1, PX_TEAM));
		GIVES(PX_TEAM, px_gid("file"));
		OK(chown("file", PX_ALICE, PX_ALICE));
		GIVES(PX_ALICE, px_gid("file"));
		FAILS(EPERM, chown("file", (uid_t)-1, PX_CLUB));
		FAILS(EPERM, chown("file", PX_BOB, (gid_t)-1));
		FAILS(EPERM, chown("file", 0, 0));
		OK(chown("file", (uid_t)-1, (gid_t)-1));
		px_end();
	}
	if (px_as(&px_bob)) {
		FAILS(EPERM, chown("file", PX_BOB, (gid_t)-1));
		FAILS(EPERM, chown("file", (uid_t)-1, PX_BOB));
		FAILS(EPERM, lchown("file", PX_BOB, PX_BOB));
		px_end();
	}
	OK(chown("file", PX_CAROL, PX_CLUB));
	GIVES(PX_CAROL, px_uid("file"));
	GIVES(PX_CLUB, px_gid("file"));
	OK(chown("file", (uid_t)-1, 0));
	GIVES(PX_CAROL, px_uid("file"));
	OK(chown("file", 0, (gid_t)-1));
	GIVES(0, px_uid("file"));
	px_link("link", "file");
	OK(lchown("link", PX_ALICE, PX_ALICE));
	GIVES(PX_ALICE, px_uid("link"));
	GIVES(0, px_uid("file"));
	OK(chown("link", PX_BOB, PX_BOB));
	GIVES(PX_BOB, px_uid("file"));
	GIVES(PX_ALICE, px_uid("link"));
	FAILS(ENOENT, chown("missing", 0, 0));
}

/* Each kind of new file, and with what owner, group and mode it is born. */
static void
born(uid_t uid, gid_t gid, int sgid)
{
	OK(close(open("d/file", O_RDWR | O_CREAT, 0666)));
	OK(mkdir("d/dir", 0777));
	OK(mkfifo("d/fifo", 0666));
	OK(mknod("d/reg", S_IFREG | 0666, 0));
	OK(symlink("x", "d/link"));
	GIVES(uid, px_uid("d/file"));
	GIVES(uid, px_uid("d/dir"));
	GIVES(uid, px_uid("d/fifo"));
	GIVES(uid, px_uid("d/reg"));
	GIVES(uid, px_uid("d/link"));
	GIVES(gid, px_gid("d/file"));
	GIVES(gid, px_gid("d/dir"));
	GIVES(gid, px_gid("d/fifo"));
	GIVES(gid, px_gid("d/reg"));
	GIVES(gid, px_gid("d/link"));
	GIVES(0644, px_mode("d/file"));
	GIVES(0755 | sgid, px_mode("d/dir"));
	GIVES(0644, px_mode("d/fifo"));
	GIVES(0644, px_mode("d/reg"));
	if (px_can("tmpfile")) {
		int	 fd = open("d", O_RDWR | O_TMPFILE, 0666);

		OK(fstat(fd, &st));
		GIVES(uid, st.st_uid);
		GIVES(gid, st.st_gid);
		GIVES(0100644, st.st_mode);
		close(fd);
	}
	px_remove("d/file");
	px_remove("d/dir");
	px_remove("d/fifo");
	px_remove("d/reg");
	px_remove("d/link");
}

static void
group_born(void)
{
	px_dir("d", 0777);
	px_at("new in a directory of root");
	if (px_as(&px_alice)) {
		born(PX_ALICE, PX_ALICE, 0);
		px_end();
	}
	px_at("new in a directory of root, by root");
	born(0, 0, 0);
	px_at("new in a directory of bob and club");
	px_own("d", PX_BOB, PX_CLUB, 0777);
	if (px_as(&px_alice)) {
		born(PX_ALICE, PX_ALICE, 0);
		px_end();
	}
	px_at("new in a set-gid directory of a foreign group");
	OK(chmod("d", 02777));
	if (px_as(&px_alice)) {
		born(PX_ALICE, PX_CLUB, 02000);
		px_end();
	}
	born(0, PX_CLUB, 02000);
	px_at("new in a set-gid directory of a group of hers");
	px_own("d", PX_BOB, PX_TEAM, 02777);
	if (px_as(&px_alice)) {
		born(PX_ALICE, PX_TEAM, 02000);
		px_end();
	}
	px_at("new in a closed directory of a group of hers");
	px_own("d", PX_BOB, PX_TEAM, 0070);
	if (px_as(&px_alice)) {
		born(PX_ALICE, PX_ALICE, 0);
		px_end();
	}
}

/* The modes that new files ask for, the mask, and set-gid bits. */
static void
group_mode(void)
{
	static const mode_t	 masks[] = { 0, 022, 027, 077, 0777 };
	size_t			 i;
	mode_t			 mask;

	for (i = 0; i < PX_CNT(masks); i++) {
		mask = masks[i];
		px_at("umask %03o", (unsigned)mask);
		umask(mask);
		OK(close(open("f", O_RDWR | O_CREAT, 0777)));
		OK(mkdir("d", 0777));
		OK(mkfifo("p", 0777));
		umask(022);
		GIVES(0777 & ~mask, px_mode("f"));
		GIVES(0777 & ~mask, px_mode("d"));
		GIVES(0777 & ~mask, px_mode("p"));
		OK(unlink("f"));
		OK(rmdir("d"));
		OK(unlink("p"));
	}
	px_at("special bits");
	OK(close(open("suid", O_RDWR | O_CREAT, 04755)));
	GIVES(04755, px_mode("suid"));
	OK(close(open("sticky", O_RDWR | O_CREAT, 01644)));
	GIVES(01644, px_mode("sticky"));
	OK(mkdir("sdir", 01777));
	GIVES(01755, px_mode("sdir"));
	OK(chmod("suid", 07777));
	GIVES(07777, px_mode("suid"));
	OK(chmod("suid", 0));
	GIVES(0, px_mode("suid"));
	px_at("a file of mode 0 is written by who made it");
	px_dir("open", 0777);
	if (px_as(&px_alice)) {
		int	 fd = open("open/f", O_RDWR | O_CREAT | O_EXCL, 0);

		OK(fd);
		GIVES(4, write(fd, "text", 4));
		OK(ftruncate(fd, 2));
		OK(fchmod(fd, 0400));
		GIVES(2, px_size("open/f"));
		FAILS(EACCES, open("open/f", O_RDWR));
		FAILS(EACCES, open("open/f", O_RDWR | O_CREAT, 0600));
		OK(open("open/f", O_RDONLY | O_CREAT, 0600));
		px_end();
	}
}

/* Moving a directory changes its "..": that needs write permission, too. */
static void
group_dotdot(void)
{
	px_dir("from", 0777);
	px_dir("to", 0777);
	px_dir("from/theirs", 0755);
	px_dir("from/hers", 0755);
	px_own("from/hers", PX_ALICE, PX_ALICE, 0755);
	px_file("from/file", "text", 0600);
	if (px_as(&px_alice)) {
		FAILS(EACCES, rename("from/theirs", "to/theirs"));
		OK(rename("from/theirs", "from/renamed"));
		OK(rename("from/hers", "to/hers"));
		OK(rename("from/file", "to/file"));
		OK(unlink("to/file"));
		px_end();
	}
	OK(rename("from/renamed", "to/renamed"));
}

int
main(int argc, char **argv)
{
	static const struct px_group groups[] = {
		{ "bits", group_bits },
		{ "dir", group_dir },
		{ "sticky", group_sticky },
		{ "owner", group_owner },
		{ "born", group_born },
		{ "mode", group_mode },
		{ "dotdot", group_dotdot },
		{ NULL, NULL }
	};

	return px_main(argc, argv, groups);
}
