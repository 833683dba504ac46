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
 * Knows: how to read and write attributes and access control lists and to
 * take locks, for guest scripts and for who compares on the host.  One static
 * binary, called by a subcommand.
 * Never: built into the daemon.
 */
#include <sys/file.h>
#include <sys/xattr.h>

#include <endian.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VALUE_MAX	65536
#define ACL_MAX		16
#define ACL_VERSION	2
#define ACL_NO_ID	UINT32_MAX
#define LOCKED		3	/* exit status: somebody else has it */

/* As in system.posix_acl_*, little-endian. */
struct acl {
	uint32_t	version;
	struct {
		uint16_t	tag, perm;
		uint32_t	id;
	}		entry[ACL_MAX];
};

/* An entry without an id is the tag's, one with an id twice that. */
static const struct {
	char		letter;
	uint16_t	tag;
} acl_tags[] = {
	{ 'u', 0x01 }, { 'g', 0x04 }, { 'm', 0x10 }, { 'o', 0x20 },
};
#define ACL_TAGS	(sizeof(acl_tags) / sizeof(acl_tags[0]))

static int
fail(const char *what)
{
	printf("%s\n", strerrorname_np(errno));
	warn("%s", what);
	return 1;
}

/* setxattr FILE NAME VALUE: on the link itself, as all of these. */
static int
cmd_setxattr(char **argv)
{
	if (lsetxattr(argv[0], argv[1], argv[2], strlen(argv[2]), 0) == -1)
		return fail(argv[1]);
	return 0;
}

/* getxattr FILE NAME: its value, or the name of the error. */
static int
cmd_getxattr(char **argv)
{
	static char	value[VALUE_MAX];
	ssize_t		n;

	n = lgetxattr(argv[0], argv[1], value, sizeof(value));
	if (n == -1)
		return fail(argv[1]);
	printf("%.*s\n", (int)n, value);
	return 0;
}

/* listxattr FILE: the names of user's, one a line. */
static int
cmd_listxattr(char **argv)
{
	static char	names[VALUE_MAX];
	ssize_t		n, at;

	n = llistxattr(argv[0], names, sizeof(names));
	if (n == -1)
		return fail(argv[0]);
	for (at = 0; at < n; at += (ssize_t)strlen(names + at) + 1)
		if (strncmp(names + at, "user.", 5) == 0)
			printf("%s\n", names + at);
	return 0;
}

/* removexattr FILE NAME */
static int
cmd_removexattr(char **argv)
{
	if (lremovexattr(argv[0], argv[1]) == -1)
		return fail(argv[1]);
	return 0;
}

static const char *
acl_name(const char *which)
{
	if (strcmp(which, "default") == 0)
		return "system.posix_acl_default";
	return "system.posix_acl_access";
}

/* setacl FILE access|default u::6,u:1000:4,g::0,m::4,o::0 */
static int
cmd_setacl(char **argv)
{
	struct acl	 acl = { .version = htole32(ACL_VERSION) };
	char		*list = argv[2], *word, letter;
	size_t		 cnt, i;
	unsigned	 id, perm;

	for (cnt = 0; (word = strsep(&list, ",")) != NULL; cnt++) {
		id = ACL_NO_ID;
		if (cnt == ACL_MAX ||
		    (sscanf(word, "%c::%u", &letter, &perm) != 2 &&
		    sscanf(word, "%c:%u:%u", &letter, &id, &perm) != 3))
			errx(2, "not an entry: %s", word);
		for (i = 0; i < ACL_TAGS && acl_tags[i].letter != letter; i++)
			continue;
		if (i == ACL_TAGS)
			errx(2, "not a tag: %s", word);
		acl.entry[cnt].tag = htole16(
		    acl_tags[i].tag << (id != ACL_NO_ID));
		acl.entry[cnt].perm = htole16(perm);
		acl.entry[cnt].id = htole32(id);
	}
	if (lsetxattr(argv[0], acl_name(argv[1]), &acl, sizeof(acl.version) +
	    cnt * sizeof(acl.entry[0]), 0) == -1)
		return fail(argv[1]);
	return 0;
}

/* getacl FILE access|default: in the form that setacl takes. */
static int
cmd_getacl(char **argv)
{
	struct acl	acl;
	size_t		cnt, i, k;
	ssize_t		n;
	uint16_t	tag;
	uint32_t	id;

	n = lgetxattr(argv[0], acl_name(argv[1]), &acl, sizeof(acl));
	if (n == -1)
		return fail(argv[1]);
	cnt = ((size_t)n - sizeof(acl.version)) / sizeof(acl.entry[0]);
	for (i = 0; i < cnt; i++) {
		id = le32toh(acl.entry[i].id);
		tag = (uint16_t)(le16toh(acl.entry[i].tag) >>
		    (id != ACL_NO_ID));
		for (k = 0; k < ACL_TAGS - 1 && acl_tags[k].tag != tag; k++)
			continue;
		printf("%s%c:", i == 0 ? "" : ",", acl_tags[k].letter);
		if (id != ACL_NO_ID)
			printf("%u", id);
		printf(":%u", le16toh(acl.entry[i].perm));
	}
	printf("\n");
	return 0;
}

/*
 * lock flock|posix try|wait FILE COMMAND...: runs it with the whole file
 * locked; with status 3 if it is somebody else's and may not be waited for.
 */
static int
cmd_lock(char **argv)
{
	struct flock	whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int		fd, rc, wait = strcmp(argv[1], "wait") == 0;

	fd = open(argv[2], O_RDWR);
	if (fd == -1)
		err(2, "%s", argv[2]);
	if (strcmp(argv[0], "flock") == 0)
		rc = flock(fd, LOCK_EX | (wait ? 0 : LOCK_NB));
	else
		rc = fcntl(fd, wait ? F_SETLKW : F_SETLK, &whole);
	if (rc == -1 && (errno == EAGAIN || errno == EACCES))
		return LOCKED;
	if (rc == -1)
		err(2, "lock of %s", argv[2]);
	execvp(argv[3], argv + 3);
	err(127, "%s", argv[3]);
}

static const struct cmd {
	const char	*name;
	int		 args_cnt;
	int		(*run)(char **);
} cmds[] = {
	{ "getacl",	2,	cmd_getacl },
	{ "getxattr",	2,	cmd_getxattr },
	{ "listxattr",	1,	cmd_listxattr },
	{ "lock",	4,	cmd_lock },
	{ "removexattr", 2,	cmd_removexattr },
	{ "setacl",	3,	cmd_setacl },
	{ "setxattr",	3,	cmd_setxattr },
};

int
main(int argc, char **argv)
{
	size_t	i;

	for (i = 0; argc > 1 && i < sizeof(cmds) / sizeof(cmds[0]); i++) {
		if (strcmp(argv[1], cmds[i].name) == 0 &&
		    argc - 2 >= cmds[i].args_cnt)
			return cmds[i].run(argv + 2);
	}
	errx(2, "usage: guestmeta getacl|getxattr|listxattr|lock|removexattr|"
	    "setacl|setxattr ...");
}
