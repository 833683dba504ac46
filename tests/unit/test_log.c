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
 * Knows: what a log line looks like, and how much a guest may say.
 * Never: a real log.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <time.h>

static time_t now_sec = 500;

static int
fake_clock(struct timespec *ts)
{
	ts->tv_sec = now_sec;
	ts->tv_nsec = 0;
	return 0;
}

#define clock_gettime(id, ts)	((void)(id), fake_clock(ts))
#include "common/log.c"

#include <sys/wait.h>

#include <fcntl.h>

static int out[2] = { -1, -1 };	/* we read what went to descriptor 2 */
static int saved = -1;
static char text[4 * LOG_LINE_MAX];

static int
setup(void **state)
{
	(void)state;
	saved = dup(STDERR_FILENO);
	if (pipe2(out, O_CLOEXEC | O_NONBLOCK) == -1 ||
	    dup2(out[1], STDERR_FILENO) == -1)
		return -1;
	log_init("T");
	log_set_level(LOG_LEVEL_INFO);
	now_sec += 100;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(out[0]);
	close(out[1]);
	return 0;
}

/* Everything logged since the last time. */
static const char *
logged(void)
{
	ssize_t n = read(out[0], text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void
test_forms(void **state)
{
	int pair[2];

	(void)state;
	log_warnx("a %d", 5);
	assert_string_equal(logged(), "<4>viofsd[T]: a 5\n");
	errno = ENOENT;
	log_err("b");
	assert_string_equal(logged(), "<3>viofsd[T]: b: No such file or "
	    "directory\n");
	assert_int_equal(errno, ENOENT);
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
	assert_int_equal(dup2(pair[1], STDERR_FILENO), STDERR_FILENO);
	log_init("W user 1:2");
	log_info("c");
	text[read(pair[0], text, sizeof(text) - 1)] = '\0';
	assert_string_equal(text, "<30>viofsd[W user 1:2]: c\n");
	close(pair[0]);
	close(pair[1]);
}

static void
test_levels(void **state)
{
	(void)state;
	log_debug("no");
	assert_string_equal(logged(), "");
	log_set_level(LOG_LEVEL_DEBUG);
	log_debug("yes");
	assert_string_equal(logged(), "<7>viofsd[T]: yes\n");
	log_set_level(LOG_LEVEL_OFF);
	log_errx("no");
	log_guest(LOG_KEY_FUSE, "no");
	assert_string_equal(logged(), "");
	assert_int_equal(log_get_level(), LOG_LEVEL_OFF);
}

/* One line of at most LOG_LINE_MAX bytes, whatever is put into it. */
static void
test_long(void **state)
{
	static char big[3 * LOG_LINE_MAX];
	size_t len;

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	for (len = LOG_LINE_MAX - 60; len < sizeof(big) - 1; len += 3) {
		log_warnx("%.*s", (int)len, big);
		assert_in_range(strlen(logged()), LOG_LINE_MAX - 61,
		    LOG_LINE_MAX);
		assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
		errno = ENOENT;
		log_warn("%.*s", (int)len, big);
		assert_in_range(strlen(logged()), LOG_LINE_MAX - 61,
		    LOG_LINE_MAX);
		assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	}
	log_guest(LOG_KEY_FUSE, "%s", big);
	assert_in_range(strlen(logged()), 100, LOG_LINE_MAX);
}

static unsigned int
burst(enum log_key key, unsigned int cnt)
{
	unsigned int i, seen = 0;

	for (i = 0; i < cnt; i++) {
		log_guest(key, "x");
		if (logged()[0] != '\0')
			seen++;
	}
	return seen;
}

static void
test_rate(void **state)
{
	unsigned int i;

	(void)state;
	assert_int_equal(burst(LOG_KEY_FUSE, 1000), LOG_BURST);
	assert_int_equal(burst(LOG_KEY_RING, 1), 1);	/* its own bucket */
	for (i = 0; i < 5; i++) {
		now_sec++;
		assert_int_equal(burst(LOG_KEY_FUSE, 50), 1);
	}
	now_sec += 3;
	assert_int_equal(burst(LOG_KEY_FUSE, 50), 3);
	now_sec += 100000;
	assert_int_equal(burst(LOG_KEY_FUSE, 50), LOG_BURST);
}

static void
test_rate_says_how_many(void **state)
{
	(void)state;
	burst(LOG_KEY_VHOST, LOG_BURST + 7);
	now_sec++;
	log_guest(LOG_KEY_VHOST, "back");
	assert_non_null(strstr(logged(), "back (7 more not shown)"));
	now_sec++;
	log_guest(LOG_KEY_VHOST, "again");
	assert_null(strstr(logged(), "more"));
}

static void
test_guest_keeps_errno(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < LOG_BURST + 5; i++) {
		errno = ELOOP;
		log_guest(LOG_KEY_LIMIT, "x");
		assert_int_equal(errno, ELOOP);
	}
}

static void
test_escape(void **state)
{
	char buf[LOG_GUEST_MAX + 4];

	(void)state;
	assert_string_equal(log_escape(buf, "plain-1.txt", 11), "plain-1.txt");
	assert_string_equal(log_escape(buf, "", 0), "");
	assert_null(strpbrk(log_escape(buf, "a\nb\033[2J\r\t c", 12), "\n\033\r\t "));
	assert_null(strchr(log_escape(buf, "\\n", 2), '\n'));
	assert_string_not_equal(log_escape(buf, "\\n", 2), "\\n");
}

/* Any bytes of any length: printable, bounded, terminated. */
static void
test_escape_anything(void **state)
{
	uint64_t x = 0x9e3779b97f4a7c15ULL;
	char buf[LOG_GUEST_MAX + 4 + 8], in[400];
	size_t len, i, k;

	(void)state;
	for (k = 0; k < 20000; k++) {
		len = k % sizeof(in);
		for (i = 0; i < len; i++) {
			x = x * 6364136223846793005ULL + 1442695040888963407ULL;
			in[i] = (char)(x >> 56);
			if (k % 5 == 0)
				in[i] = (char)(k / 5);
		}
		memset(buf, 0x7f, sizeof(buf));
		log_escape(buf, in, len);
		assert_in_range(strlen(buf), len > 0 ? 1 : 0,
		    LOG_GUEST_MAX + 3);
		for (i = 0; buf[i] != '\0'; i++)
			assert_in_range(buf[i], 0x21, 0x7e);
		for (i = LOG_GUEST_MAX + 4; i < sizeof(buf); i++)
			assert_int_equal(buf[i], 0x7f);
	}
}

static void
test_fatal(void **state)
{
	int status, i;
	pid_t pid;

	(void)state;
	for (i = 0; i < 3; i++) {
		if ((pid = fork()) == 0) {
			errno = EACCES;
			if (i == 0)
				fatal("f");
			if (i == 1)
				fatalx("f");
			bug("f");
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (i < 2)
			assert_int_equal(WEXITSTATUS(status), 1);
		else
			assert_int_equal(WTERMSIG(status), SIGABRT);
		assert_non_null(strstr(logged(), "<3>viofsd[T]: "));
		assert_int_equal(strstr(text, "Permission denied") != NULL,
		    i == 0);
	}
}

#define UNIT(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_forms),
		UNIT(test_levels),
		UNIT(test_long),
		UNIT(test_rate),
		UNIT(test_rate_says_how_many),
		UNIT(test_guest_keeps_errno),
		UNIT(test_escape),
		UNIT(test_escape_anything),
		UNIT(test_fatal),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
