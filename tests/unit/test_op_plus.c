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
 * Knows: workers that lie about the entries of a directory.
 * Never: a real worker.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "listenv.h"

/* One good record, then one that is none: the guest gets the good one. */
static void
test_plus_bad_record(void **state)
{
	struct msg_dirent *d;
	unsigned int i;

	(void)state;
	for (i = 0; i < 16; i++) {
		ask_plus(ROOM);
		record("file1", 1);
		d = record("file2", 1);
		switch (i) {
		case 0:
			d->rec_len = 0;
			break;
		case 1:
			d->rec_len = 8;
			break;
		case 2:
			d->rec_len += 4;
			break;
		case 3:
			d->rec_len += 8;
			break;
		case 4:
			d->rec_len = UINT16_MAX;
			break;
		case 5:
			d->name_len = 0;
			break;
		case 6:		/* into what is no record any more */
			memset(d + 1, 'y', 32);
			d->name_len = 9;
			break;
		case 7:
			d->name_len = 256;
			d->rec_len = 392;
			break;
		case 8:
			d->name_len = UINT16_MAX;
			break;
		case 9:
			memcpy(d + 1, "fi/e2", 5);
			break;
		case 10:
			memcpy(d + 1, "fi\0e2", 5);
			break;
		case 11:
			ans.m.tail_len -= d->rec_len;
			break;
		case 12:	/* the name would begin behind the record */
			d->seal_len = UINT16_MAX;
			break;
		case 13:
			d->seal_len = d->rec_len;
			break;
		case 14:
			d->seal_len = (uint16_t)(d->rec_len - sizeof(*d));
			break;
		default:
			ans.m.tail_len -= 8;
			break;
		}
		answer();
		check_reply(ROOM);
		assert_int_equal(reply()->error, 0);
		assert_int_equal(reply()->len, sizeof(*reply()) + ENTRY(5));
		assert_int_equal(node_count(fs.nodes), 2);
		node_forget_all(fs.nodes);
	}
}

static void
test_plus_nothing_good(void **state)
{
	(void)state;
	ask_plus(ROOM);
	ans.a.entry_cnt = UINT32_MAX;	/* and not one record */
	answer();
	assert_int_equal(reply()->error, -EIO);
	ask_plus(ROOM);
	record("a/b", 0);
	answer();
	assert_int_equal(reply()->error, -EIO);
}

/* More records than counted are not looked at. */
static void
test_plus_surplus(void **state)
{
	(void)state;
	ask_plus(ROOM);
	record("file1", 1);
	record("file2", 1);
	ans.a.entry_cnt = 1;
	answer();
	assert_int_equal(reply()->len, sizeof(*reply()) + ENTRY(5));
	assert_int_equal(node_count(fs.nodes), 2);
}

/* A node without a descriptor: the guest looks that one up itself. */
static void
test_plus_missing_descriptor(void **state)
{
	const struct fuse_direntplus *e = (void *)(out_buf +
	    sizeof(struct fuse_out_header));

	(void)state;
	ask_plus(ROOM);
	record("file1", 1);
	record("file2", 0)->flags = MSG_DIRENT_NODE;
	answer();
	assert_int_equal(reply()->len, sizeof(*reply()) + 2 * ENTRY(5));
	e = (const void *)((const char *)e + ENTRY(5));
	assert_int_equal(e->entry_out.nodeid, 0);
	assert_int_equal(node_count(fs.nodes), 2);
}

/* The descriptor of one file under the identity of another. */
static void
test_plus_other_file(void **state)
{
	const struct fuse_direntplus *e = (void *)(out_buf +
	    sizeof(struct fuse_out_header));

	(void)state;
	ask_plus(ROOM);
	record("file1", 1)->attr.ino ^= 1u << 20;
	record("file2", 1)->attr.dev_minor++;
	answer();
	assert_int_equal(e->entry_out.nodeid, 0);
	assert_int_equal(node_count(fs.nodes), 1);
}

/* What a guest decides permissions by is not taken from a worker. */
static void
test_plus_false_owner(void **state)
{
	const struct fuse_direntplus *e = (void *)(out_buf +
	    sizeof(struct fuse_out_header));
	struct msg_dirent *d;

	(void)state;
	ask_plus(ROOM);
	d = record("file1", 1);
	d->attr.mode = S_IFREG | 04777;
	d->attr.uid = d->attr.gid = 4242;
	answer();
	assert_int_equal(e->entry_out.attr.mode & S_ISUID, 0);
	assert_int_equal(e->entry_out.attr.uid, getuid());
	assert_int_not_equal(e->entry_out.attr.gid, 4242);
}

/* The seal in front of each name is its node's, and whose it is counts. */
static void
test_seals(void **state)
{
	const struct fuse_direntplus *e = (void *)(out_buf +
	    sizeof(struct fuse_out_header));
	struct msg_seal one, two, got;
	uint64_t id;

	(void)state;
	memset(&one, 0, sizeof(one));
	one.len = 7;
	memcpy(one.handle, "/\0odd/x", 7);	/* what no name may contain */
	two = one;
	two.handle[6] = 'y';
	ask_plus(ROOM);
	record_sealed("file1", 1, &one, MSG_SEAL_LEN(7));
	record("file2", 1);
	answer();
	check_reply(ROOM);
	assert_int_equal(reply()->len, sizeof(*reply()) + 2 * ENTRY(5));
	assert_memory_equal(e->dirent.name, "file1", 5);
	id = e->entry_out.nodeid;
	assert_int_equal(node_seal(node_get(fs.nodes, id), &got), 0);
	assert_memory_equal(&got, &one, sizeof(got));
	e = (const void *)((const char *)e + ENTRY(5));
	assert_int_equal(node_seal(node_get(fs.nodes, e->entry_out.nodeid),
	    &got), ESTALE);
	/* The same number with another handle: another file. */
	e = (void *)(out_buf + sizeof(struct fuse_out_header));
	ask_plus(ROOM);
	record_sealed("file1", 1, &two, MSG_SEAL_LEN(7));
	answer();
	assert_true(e->entry_out.nodeid != id);
	assert_int_equal(node_count(fs.nodes), 4);
}

/* Fill *d, which has no descriptor, as of a regular file with a seal. */
static void
believe(struct msg_dirent *d)
{
	d->flags = MSG_DIRENT_SEALED;
	d->attr.ino = 4711;
	d->attr.mode = S_IFREG | 0640;
}

/* Without a descriptor it is root's word that counts, and nobody else's. */
static void
test_sealed_only(void **state)
{
	const struct fuse_direntplus *e = (void *)(out_buf +
	    sizeof(struct fuse_out_header));
	struct msg_seal seal = { .len = 1 };
	struct msg_dirent *d;
	struct node *n;
	unsigned int i;

	(void)state;
	for (i = 0; i < 9; i++) {
		fs.conf.flags = MSG_SHARE_HANDLES;
		ask_plus(ROOM);
		assert_int_equal(asked[0]->call.q.readdirplus.flags,
		    MSG_LIST_SEALED);
		asked[0]->call.cred.class = CRED_ROOT;
		d = record_sealed("file1", 0, &seal, MSG_SEAL_LEN(1));
		believe(d);
		switch (i) {
		case 0:
			break;
		case 1:
			asked[0]->call.cred.class = CRED_USER;
			break;
		case 2:
			asked[0]->call.cred.class = CRED_CREATOR;
			break;
		case 3:
			fs.conf.flags |= MSG_SHARE_READONLY;
			break;
		case 4:
			fs.conf.flags = 0;
			break;
		case 5:
			fs.conf.policy = MSG_POLICY_STRICT;
			break;
		case 6:
			d->attr.mode = S_IFDIR | 0755;
			break;
		case 7:
			d->flags |= MSG_DIRENT_NODE;
			break;
		default:
			memset(d + 1, 'n', MSG_SEAL_LEN(1));
			d->seal_len = 0;
			break;
		}
		answer();
		check_reply(ROOM);
		assert_int_equal(node_count(fs.nodes), i == 0 ? 2 : 1);
		assert_true((e->entry_out.nodeid != 0) == (i == 0));
		if (i == 0) {
			n = node_get(fs.nodes, e->entry_out.nodeid);
			assert_int_equal(node_fd(n), -1);
			assert_int_equal(n->listed, 1);
			assert_int_equal(e->entry_out.attr.ino, 4711);
		}
		fs.conf.policy = 0;
		node_forget_all(fs.nodes);
	}
	fs.conf.flags = 0;
}

/* While there is a debt descriptors are asked for, and each pays for one. */
static void
test_debt(void **state)
{
	(void)state;
	fs.debt[DEBT_LIST] = (struct fs_debt){2, INT64_MAX};
	ask_plus(ROOM);
	assert_int_equal(asked[0]->call.q.readdirplus.flags, 0);
	record("file1", 1);
	record("file2", 0);
	answer();
	assert_int_equal(fs.debt[DEBT_LIST].left, 1);
	ask_plus(ROOM);
	assert_int_equal(asked[0]->call.q.readdirplus.flags, 0);
	record("file1", 1);
	record("file2", 1);
	answer();
	assert_int_equal(fs.debt[DEBT_LIST].left, 0);
}

/* A seal that is none makes no node; the guest may look the name up. */
static void
test_bad_seal(void **state)
{
	const struct fuse_direntplus *e = (void *)(out_buf +
	    sizeof(struct fuse_out_header));
	struct msg_seal seal;

	(void)state;
	memset(&seal, 0, sizeof(seal));
	seal.len = 9;
	ask_plus(ROOM);
	record_sealed("file1", 1, &seal, MSG_SEAL_LEN(8));
	record_sealed("file2", 1, &seal, 1);
	answer();
	check_reply(ROOM);
	assert_int_equal(reply()->len, sizeof(*reply()) + 2 * ENTRY(5));
	assert_int_equal(e->entry_out.nodeid, 0);
	e = (const void *)((const char *)e + ENTRY(5));
	assert_int_equal(e->entry_out.nodeid, 0);
	assert_memory_equal(e->dirent.name, "file2", 5);
	assert_int_equal(node_count(fs.nodes), 1);
}

/* Past the budget, sealed entries go on, each at the cost of another. */
static void
test_seals_past_budget(void **state)
{
	struct msg_seal seal;
	char name[16];
	unsigned int i;

	(void)state;
	memset(&seal, 0, sizeof(seal));
	seal.len = 1;
	node_budget(fs.nodes, 5);
	ask_plus(ROOM);
	for (i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "file%u", i);
		record_sealed(name, 1, &seal, MSG_SEAL_LEN(1));
	}
	answer();
	assert_int_equal(reply()->error, 0);
	assert_int_equal(node_count(fs.nodes), 21);
	node_forget_all(fs.nodes);
	/* Without seals there is an end: no nodes, but all the names. */
	ask_plus(ROOM);
	for (i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "file%u", i);
		record(name, 1);
	}
	answer();
	assert_int_equal(reply()->error, 0);
	assert_int_equal(node_count(fs.nodes), 5);
	node_budget(fs.nodes, 1000);
}

/* A batch of cnt entries at off comes for question asked[0]. */
static void
come(unsigned int first, unsigned int cnt, int end)
{
	char name[16];
	unsigned int i;

	memset(&ans, 0, sizeof(ans));
	fdbag_init(&ans.m.fds);
	for (i = first; i < first + cnt; i++) {
		snprintf(name, sizeof(name), "file%u", i);
		record(name, 1)->off = i + 1;
	}
	ans.a.flags = end ? MSG_LIST_END : 0;
	assert_int_equal(ask_cnt, 1);
	answer();
}

/* Two requests in a row, and a third one is asked for. */
static void
early(void)
{
	list(FUSE_READDIRPLUS, 0, ROOM, ROOM);
	come(0, 5, 0);
	assert_int_equal(push_cnt, 1);
	assert_int_equal(ask_cnt, 0);
	list(FUSE_READDIRPLUS, 5, ROOM, ROOM);
	assert_int_equal(asked[0]->call.lazy, 0);
	come(5, 5, 0);
	assert_int_equal(push_cnt, 1);
	assert_int_equal(ask_cnt, 1);
	assert_int_equal(asked[0]->call.lazy, 1);
	assert_int_equal(asked[0]->call.q.readdirplus.off, 10);
}

/* What comes before it is asked for is the answer. */
static void
test_early(void **state)
{
	unsigned int nodes;

	(void)state;
	early();
	nodes = node_count(fs.nodes);
	come(10, 5, 0);
	assert_int_equal(push_cnt, 1);		/* nobody is answered, */
	assert_int_equal(node_count(fs.nodes), nodes);	/* nothing known */
	assert_int_equal(fs.fd_open, 1 + 5);
	list(FUSE_READDIRPLUS, 10, ROOM, ROOM);
	check_reply(ROOM);
	assert_int_equal(reply()->len, sizeof(*reply()) + 5 * ENTRY(6));
	assert_int_equal(node_count(fs.nodes), nodes + 5);
	assert_int_equal(fs.fd_open, 1);
	/* And so on, to the end, which need not be asked for. */
	assert_int_equal(asked[0]->call.q.readdirplus.off, 15);
	come(15, 5, 1);
	list(FUSE_READDIRPLUS, 15, ROOM, ROOM);
	check_reply(ROOM);
	assert_int_equal(reply()->len, sizeof(*reply()) + 5 * ENTRY(6));
	assert_int_equal(ask_cnt, 0);
	list(FUSE_READDIRPLUS, 20, ROOM, ROOM);
	check_reply(ROOM);
	assert_int_equal(reply()->len, sizeof(*reply()));
	assert_int_equal(reply()->error, 0);
	list(FUSE_READDIR, 20, ROOM, ROOM);
	check_reply(ROOM);
	assert_int_equal(reply()->len, sizeof(*reply()));
	assert_int_equal(ask_cnt, 0);
	batch_drop(dir);
}

/* Who asks while it is on its way gets it, and need not be asked about. */
static void
test_early_waits(void **state)
{
	(void)state;
	early();
	list(FUSE_READDIRPLUS, 10, ROOM, ROOM);
	assert_int_equal(push_cnt, 0);
	assert_int_equal(ask_cnt, 1);
	assert_int_equal(asked[0]->call.lazy, 0);
	come(10, 5, 1);
	check_reply(ROOM);
	assert_int_equal(reply()->len, sizeof(*reply()) + 5 * ENTRY(6));
	assert_int_equal(ask_cnt, 0);
	batch_drop(dir);
}

/* ... but if it fails, everything is as if it had not been. */
static void
test_early_fails(void **state)
{
	struct req *r;

	(void)state;
	early();
	list(FUSE_READDIRPLUS, 10, ROOM, ROOM);
	r = asked[--ask_cnt];
	r->call.done(r, EIO, NULL);
	assert_int_equal(push_cnt, 0);
	assert_int_equal(ask_cnt, 1);
	assert_int_equal(asked[0]->call.lazy, 0);
	assert_int_equal(asked[0]->call.q.readdirplus.off, 10);
	come(10, 5, 0);
	check_reply(ROOM);
	assert_int_equal(ask_cnt, 0);		/* not again */
	dir->dir_alone = 0;
}

/* Neither elsewhere nor after a change is it an answer, and it is the last. */
static void
test_early_wasted(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		early();
		come(10, 5, 0);
		if (i == 1)
			fs.changes++;
		list(FUSE_READDIRPLUS, i == 0 ? 3 : 10, ROOM, ROOM);
		assert_int_equal(push_cnt, 0);
		assert_int_equal(ask_cnt, 1);
		assert_int_equal(fs.fd_open, 1);
		come(10, 5, 0);
		check_reply(ROOM);
		list(FUSE_READDIRPLUS, 15, ROOM, ROOM);
		come(15, 1, 0);
		assert_int_equal(ask_cnt, 0);
		/* Who comes to the end may begin again. */
		list(FUSE_READDIRPLUS, 16, ROOM, ROOM);
		come(16, 1, 1);
		batch_drop(dir);
	}
}

/* Not before the second in a row, nor after a seek. */
static void
test_early_not(void **state)
{
	(void)state;
	list(FUSE_READDIRPLUS, 0, ROOM, ROOM);
	come(0, 5, 0);
	assert_int_equal(ask_cnt, 0);
	list(FUSE_READDIRPLUS, 8, ROOM, ROOM);
	come(8, 5, 0);
	assert_int_equal(ask_cnt, 0);
	/* An empty directory, and one that is small. */
	list(FUSE_READDIRPLUS, 0, ROOM, ROOM);
	come(0, 0, 1);
	assert_int_equal(ask_cnt, 0);
	assert_null(dir->batch);
	list(FUSE_READDIRPLUS, 0, ROOM, ROOM);
	come(0, 2, 1);
	assert_int_equal(ask_cnt, 0);
	list(FUSE_READDIRPLUS, 2, ROOM, ROOM);
	check_reply(ROOM);
	assert_int_equal(reply()->len, sizeof(*reply()));
	batch_drop(dir);
}

/* The guest has less room now: what is left is told later. */
static void
test_early_room(void **state)
{
	(void)state;
	early();
	come(10, 5, 0);
	list(FUSE_READDIRPLUS, 10, 2 * ENTRY(6), ROOM);
	assert_int_equal(reply()->len, sizeof(*reply()) + 2 * ENTRY(6));
	assert_int_equal(ask_cnt, 0);
	assert_int_equal(fs.fd_open, 1 + 3);
	list(FUSE_READDIRPLUS, 12, 8, ROOM);	/* not one has room */
	assert_int_equal(push_cnt, 0);
	assert_int_equal(fs.fd_open, 1);
	come(12, 1, 0);
	assert_int_equal(reply()->error, -EINVAL);
	dir->dir_next = 0;
	dir->dir_alone = 0;
}

/* Records that are none are no better for having come early. */
static void
test_early_bad(void **state)
{
	(void)state;
	early();
	memset(&ans, 0, sizeof(ans));
	fdbag_init(&ans.m.fds);
	record("fi/e", 0)->off = 11;
	answer();
	list(FUSE_READDIRPLUS, 10, ROOM, ROOM);
	assert_int_equal(push_cnt, 0);
	come(10, 5, 0);
	check_reply(ROOM);
	assert_int_equal(reply()->error, 0);
	assert_int_equal(ask_cnt, 0);
	dir->dir_alone = 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_plus_bad_record),
		UNIT(test_plus_nothing_good),
		UNIT(test_plus_surplus),
		UNIT(test_plus_missing_descriptor),
		UNIT(test_plus_other_file),
		UNIT(test_plus_false_owner),
		UNIT(test_seals),
		UNIT(test_sealed_only),
		UNIT(test_debt),
		UNIT(test_bad_seal),
		UNIT(test_seals_past_budget),
		UNIT(test_early),
		UNIT(test_early_waits),
		UNIT(test_early_fails),
		UNIT(test_early_wasted),
		UNIT(test_early_not),
		UNIT(test_early_room),
		UNIT(test_early_bad),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup_group, teardown_group);
}
