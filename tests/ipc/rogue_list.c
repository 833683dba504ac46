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
 * Knows: what a worker may say of directories, links and open files.
 * Never: a message that is wrong in form (rogue_form.c).
 */

#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "../frontend/tap.h"
#include "evil.h"

#define LIST_ROOM	8192

/* An answer to READDIRPLUS in the making. */
struct list {
	struct {
		struct msg_hdr hdr;
		struct a_readdirplus a;
		uint8_t tail[MSG_TAIL_MAX];
	} m;
	size_t tail_len;
	int fds[MSG_FDS_MAX];
	unsigned int fd_cnt;
};

static struct list list;

static struct msg_dirent *
list_add(const char *name, int with_node)
{
	struct msg_dirent *d = (void *)(list.m.tail + list.tail_len);

	memset(d, 0, sizeof(*d) + 256);
	d->name_len = (uint16_t)strlen(name);
	d->rec_len = (uint16_t)((sizeof(*d) + d->name_len + 7) & ~7u);
	d->off = list.m.a.entry_cnt + 1;
	d->ino = 1;
	d->type = DT_REG;
	memcpy(d + 1, name, d->name_len);
	if (with_node) {
		d->flags = MSG_DIRENT_NODE;
		list.fds[list.fd_cnt++] = rworker_attr(&evil, "file",
		    &d->attr);
	}
	list.tail_len += d->rec_len;
	list.m.a.entry_cnt++;
	return d;
}

/* Change what list_add() made; returns the answer that the guest must get. */
typedef int list_spoil(struct msg_dirent *d);

#define SPOIL(fn, want, body) \
static int \
list_##fn(struct msg_dirent *d) \
{ \
	(void)d; \
	body; \
	return want; \
}

SPOIL(honest, 0, )
SPOIL(rec_zero, -EIO, d->rec_len = 0)
SPOIL(rec_odd, -EIO, d->rec_len += 4)
SPOIL(rec_far, -EIO, d->rec_len = UINT16_MAX)
SPOIL(name_none, -EIO, d->name_len = 0)
SPOIL(name_far, -EIO, d->name_len = UINT16_MAX)
SPOIL(name_slash, -EIO, memcpy(d + 1, "../x", 4))
SPOIL(name_nul, -EIO, memset(d + 1, 0, 2))
SPOIL(count_huge, 0, list.m.a.entry_cnt = UINT32_MAX)
SPOIL(count_none, 0, list.m.a.entry_cnt = 0)
SPOIL(no_fd, 0, close(list.fds[--list.fd_cnt]))
SPOIL(sealed, 0, d->flags = MSG_DIRENT_SEALED;
    close(list.fds[--list.fd_cnt]))
SPOIL(inode, 0, d->attr.ino += 77777)
SPOIL(flags, 0, d->flags = UINT8_MAX)
SPOIL(surplus, 0, while (list.fd_cnt < MSG_FDS_MAX)
    list.fds[list.fd_cnt++] = dup(list.fds[0]))
SPOIL(same, 0, while (list.m.a.entry_cnt < 100) list_add("file", 1))

static const struct {
	const char *name;
	list_spoil *spoil;
} lists[] = {
	{ "the truth", list_honest },
	{ "a record of length 0", list_rec_zero },
	{ "a record that is not aligned", list_rec_odd },
	{ "a record beyond the end", list_rec_far },
	{ "a name of length 0", list_name_none },
	{ "a name beyond its record", list_name_far },
	{ "a name with a slash", list_name_slash },
	{ "a name with a NUL", list_name_nul },
	{ "2^32 - 1 entries announced", list_count_huge },
	{ "no entry announced", list_count_none },
	{ "a node without its descriptor", list_no_fd },
	{ "attributes with neither descriptor nor seal", list_sealed },
	{ "another inode number", list_inode },
	{ "flags that do not exist", list_flags },
	{ "127 descriptors too many", list_surplus },
	{ "one file a hundred times", list_same },
};

static void
list_send(struct rworker *w)
{
	list.m.hdr.type = A_READDIRPLUS;
	list.m.hdr.id = w->msg.hdr.id;
	list.m.hdr.fd_cnt = (uint16_t)list.fd_cnt;
	list.m.hdr.len = (uint32_t)(sizeof(list.m.hdr) + sizeof(list.m.a) +
	    list.tail_len);
	rworker_raw(w, &list.m, list.m.hdr.len, list.fds, list.fd_cnt);
	while (list.fd_cnt > 0)
		close(list.fds[--list.fd_cnt]);
}

/* Give back the nodes of a listing; -1 if it is none. */
static int
list_forget(const void *buf, size_t len)
{
	struct fs_dirent e;
	size_t pos = 0;
	int rc;

	while ((rc = fs_nextent(buf, len, &pos, true, &e)) == 1)
		if (e.entry.nodeid != 0)
			fs_forget(&evil.b.fs, e.entry.nodeid, 1);
	return rc;
}

/* Open the share's root as uid, with w as his worker. */
static bool
list_open(uint32_t uid, struct rworker *w, uint64_t *fh)
{
	struct fs_args a = { .opcode = FUSE_OPENDIR, .node = FUSE_ROOT_ID };
	struct fuse_open_in in;
	struct fuse_open_out out;
	struct fs_ticket ticket;
	struct a_opendir ok = { 0 };
	int fd, rc;

	memset(&in, 0, sizeof(in));
	a.arg = &in;
	a.arg_len = sizeof(in);
	a.out_len = sizeof(out);
	fs_cred(&evil.b.fs, uid, uid);
	if (fs_submit(&evil.b.fs, &a, &ticket) < 0 ||
	    rtrans_grant(&evil, w, uid) != 0 ||
	    rworker_question(w) != Q_OPENDIR)
		return false;
	fd = open(evil.b.d.share, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	rworker_answer(w, &ok, &fd, 1);
	close(fd);
	rc = fs_finish(&evil.b.fs, &ticket, &out, sizeof(out));
	*fh = out.fh;
	return rc >= 0;
}

static void
list_try(unsigned int i)
{
	static uint8_t buf[LIST_ROOM];
	struct fs_args a = { .opcode = FUSE_READDIRPLUS };
	struct fs_file dir = { .node = FUSE_ROOT_ID };
	struct fuse_read_in in;
	struct fs_ticket ticket;
	struct rworker w;
	int want, rc = FS_TIMEOUT;
	bool good;

	good = list_open(rtrans_uid(&evil), &w, &dir.fh);
	memset(&in, 0, sizeof(in));
	in.fh = dir.fh;
	in.size = sizeof(buf);
	a.node = FUSE_ROOT_ID;
	a.arg = &in;
	a.arg_len = sizeof(in);
	a.out_len = sizeof(buf);
	good = good && fs_submit(&evil.b.fs, &a, &ticket) >= 0 &&
	    rworker_question(&w) == Q_READDIRPLUS;
	if (good) {
		memset(&list, 0, sizeof(list));
		want = lists[i].spoil(list_add("file", 1));
		list_send(&w);
		rc = fs_finish(&evil.b.fs, &ticket, buf, sizeof(buf));
		good = want == 0 ? rc >= 0 : rc == want;
		good = good && (rc < 0 || list_forget(buf, (size_t)rc) == 0);
		fs_releasedir(&evil.b.fs, &dir);
	}
	rworker_close(&w);
	if (!good)
		tap_diag("answer %s", tap_rcname(rc));
	tap_ok(good && evil_healthy(), "a listing with %s", lists[i].name);
}

/* An errno of the transport, not a reply that never came. */
static bool
list_errno(int rc)
{
	return rc < 0 && rc > FS_TIMEOUT;
}

/* What is "open" is a pipe or a directory: errors, and nobody waits. */
static void
list_open_wrong(const char *name, int fd)
{
	struct fs_args a = { .opcode = FUSE_OPEN };
	struct fuse_open_in in;
	struct fuse_open_out out;
	struct fuse_entry_out e;
	struct a_open ok = { 0 };
	uint32_t uid = rtrans_uid(&evil);
	struct fs_ticket ticket;
	struct fs_file f;
	struct rworker w;
	char buf[16];
	bool good;

	memset(&in, 0, sizeof(in));
	memset(&f, 0, sizeof(f));
	good = evil_ask(uid, "file", &ticket) &&
	    rtrans_grant(&evil, &w, uid) == 0 &&
	    rworker_question(&w) == Q_LOOKUP;
	rworker_lookup(&evil, &w);
	good = good && fs_finish(&evil.b.fs, &ticket, &e, sizeof(e)) >= 0;
	a.node = f.node = e.nodeid;
	a.arg = &in;
	a.arg_len = sizeof(in);
	a.out_len = sizeof(out);
	good = good && fs_submit(&evil.b.fs, &a, &ticket) >= 0 &&
	    rworker_question(&w) == Q_OPEN;
	rworker_answer(&w, &ok, &fd, 1);
	if (good && fs_finish(&evil.b.fs, &ticket, &out, sizeof(out)) >= 0) {
		f.fh = out.fh;
		good = list_errno(fs_read(&evil.b.fs, &f, 0, buf,
		    sizeof(buf))) &&
		    list_errno(fs_write(&evil.b.fs, &f, 0, "x", 1));
		fs_flush(&evil.b.fs, &f);
		fs_release(&evil.b.fs, &f);
	}
	fs_forget(&evil.b.fs, e.nodeid, 1);
	rworker_close(&w);
	tap_ok(good && evil_healthy(), "%s as an open file", name);
}

void
evil_lists(void)
{
	unsigned int i;
	int fd, pair[2];

	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		list_try(i);
	fd = open(evil.b.d.share, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	list_open_wrong("a directory", fd);
	close(fd);
	fd = open(evil.b.d.share, O_PATH | O_CLOEXEC);
	list_open_wrong("a mere path", fd);
	close(fd);
	if (pipe2(pair, O_CLOEXEC) == -1)
		tap_bail("pipe2: %s", strerror(errno));
	list_open_wrong("a pipe", pair[0]);
	close(pair[0]);
	close(pair[1]);
	if (chan_pair(pair) != 0)
		tap_bail("socketpair: %s", strerror(errno));
	list_open_wrong("a socket", pair[0]);
	close(pair[0]);
	close(pair[1]);
}
