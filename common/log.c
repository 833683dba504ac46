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
 * Knows: how a line reaches the log, and how much a peer may write there.
 * Never: raw guest bytes; clocks other than the monotonic one.
 */

#include "config.h"

#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Not the NetBSD prototypes that newer libbsd warns about. */
#define LIBBSD_NETBSD_VIS
#include <bsd/vis.h>

#include "../common/log.h"

#define LOG_BURST	10	/* lines of one key at once */
#define LOG_DAEMON_PRI	24	/* syslog(3) facility daemon, shifted */

struct log_bucket {
	time_t last;
	unsigned int tokens;
	unsigned long dropped;
};

static char log_role[96] = "?";
static enum log_form log_form = LOG_FORM_LEVEL;
static unsigned int log_max = LOG_LEVEL_INFO;
static struct log_bucket log_buckets[LOG_KEY_CNT];
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;

void
log_init(const char *role)
{
	struct stat st;
	socklen_t len;
	int type, i;

	snprintf(log_role, sizeof(log_role), "%s", role);
	len = sizeof(type);
	if (getsockopt(STDERR_FILENO, SOL_SOCKET, SO_TYPE, &type, &len) == 0)
		log_form = type == SOCK_DGRAM ?
		    LOG_FORM_SYSLOG : LOG_FORM_LEVEL;
	else if (fstat(STDERR_FILENO, &st) == 0 && S_ISCHR(st.st_mode) &&
	    isatty(STDERR_FILENO))
		log_form = LOG_FORM_TTY;
	else
		log_form = LOG_FORM_LEVEL;
	for (i = 0; i < LOG_KEY_CNT; i++)
		log_buckets[i].tokens = LOG_BURST;
}

void
log_set_level(unsigned int level)
{
	log_max = level;
}

unsigned int
log_get_level(void)
{
	return log_max;
}

static size_t
log_head(char *line, size_t size, unsigned int level)
{
	int n;

	switch (log_form) {
	case LOG_FORM_TTY:
		n = snprintf(line, size, "viofsd[%s]: ", log_role);
		break;
	case LOG_FORM_SYSLOG:
		n = snprintf(line, size, "<%u>viofsd[%s]: ",
		    LOG_DAEMON_PRI | level, log_role);
		break;
	default:
		n = snprintf(line, size, "<%u>viofsd[%s]: ", level, log_role);
		break;
	}
	return n < 0 ? 0 : (size_t)n < size ? (size_t)n : size - 1;
}

/* One line, one write: lines of different processes do not mix. */
static void
log_vline(unsigned int level, int with_errno, const char *fmt, va_list ap)
{
	char line[LOG_LINE_MAX];
	size_t len, room;
	int n, saved = errno;

	if (level > log_max)
		return;
	len = log_head(line, sizeof(line), level);
	room = sizeof(line) - len - 1;
	n = vsnprintf(line + len, room, fmt, ap);
	len += n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1;
	if (with_errno) {
		room = sizeof(line) - len - 1;
		n = snprintf(line + len, room, ": %s", strerror(saved));
		len += n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1;
	}
	line[len++] = '\n';
	/* Nowhere to report that the log itself is gone. */
	if (write(STDERR_FILENO, line, len) == -1)
		len = 0;
	errno = saved;
}

#define LOG_FUNCTION(name, level, with_errno) \
void \
name(const char *fmt, ...) \
{ \
	va_list ap; \
 \
	va_start(ap, fmt); \
	log_vline(level, with_errno, fmt, ap); \
	va_end(ap); \
}

LOG_FUNCTION(log_err, LOG_LEVEL_ERR, 1)
LOG_FUNCTION(log_errx, LOG_LEVEL_ERR, 0)
LOG_FUNCTION(log_warn, LOG_LEVEL_WARN, 1)
LOG_FUNCTION(log_warnx, LOG_LEVEL_WARN, 0)
LOG_FUNCTION(log_info, LOG_LEVEL_INFO, 0)
LOG_FUNCTION(log_debug, LOG_LEVEL_DEBUG, 0)

void
fatal(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_vline(LOG_LEVEL_ERR, 1, fmt, ap);
	va_end(ap);
	_exit(1);
}

void
fatalx(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_vline(LOG_LEVEL_ERR, 0, fmt, ap);
	va_end(ap);
	_exit(1);
}

void
log_bug(const char *file, int line, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_errx("bug at %s:%d: %s", file, line, text);
	abort();
}

/* Take a token of key; *dropped says how many lines were lost before. */
static int
log_allowed(enum log_key key, unsigned long *dropped)
{
	struct log_bucket *b = &log_buckets[key];
	struct timespec now;
	time_t gained;
	int ok = 0;

	clock_gettime(CLOCK_MONOTONIC, &now);
	pthread_mutex_lock(&log_lock);
	gained = now.tv_sec - b->last;
	b->last = now.tv_sec;
	if (gained >= LOG_BURST || b->tokens + gained >= LOG_BURST)
		b->tokens = LOG_BURST;
	else
		b->tokens += (unsigned int)gained;
	if (b->tokens > 0) {
		b->tokens--;
		*dropped = b->dropped;
		b->dropped = 0;
		ok = 1;
	} else
		b->dropped++;
	pthread_mutex_unlock(&log_lock);
	return ok;
}

void
log_guest(enum log_key key, const char *fmt, ...)
{
	char text[LOG_LINE_MAX / 2];
	unsigned long dropped;
	va_list ap;
	int saved = errno;

	if (log_max < LOG_LEVEL_WARN || !log_allowed(key, &dropped))
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (dropped > 0)
		log_warnx("%s (%lu more not shown)", text, dropped);
	else
		log_warnx("%s", text);
	errno = saved;
}

const char *
log_escape(char buf[LOG_GUEST_MAX + 4], const void *bytes, size_t len)
{
	const char *src = bytes;
	char one[5];
	size_t used = 0, n, i;

	for (i = 0; i < len; i++) {
		vis(one, src[i], VIS_CSTYLE | VIS_OCTAL | VIS_WHITE,
		    i + 1 < len ? src[i + 1] : '\0');
		n = strlen(one);
		if (used + n > LOG_GUEST_MAX) {
			memcpy(buf + used, "...", 3);
			used += 3;
			break;
		}
		memcpy(buf + used, one, n);
		used += n;
	}
	buf[used] = '\0';
	return buf;
}
