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

#ifndef VIOFSD_COMMON_LOG_H
#define VIOFSD_COMMON_LOG_H

#include <stddef.h>

/*
 * Knows: how a line reaches the log: one write(2) to descriptor 2, which every
 * process inherits.  Works in every sandbox; no clock, no locale, no syslog(3).
 * Never: raw guest bytes (log_guest() escapes, caps and rate-limits them).
 */

#define LOG_LINE_MAX	1024	/* bytes of one line, newline included */
#define LOG_GUEST_MAX	64	/* escaped bytes of one guest string */

/* Levels are those of syslog(3): 3 error, 4 warning, 6 info, 7 debug. */
#define LOG_LEVEL_OFF	0
#define LOG_LEVEL_ERR	3
#define LOG_LEVEL_WARN	4
#define LOG_LEVEL_INFO	6
#define LOG_LEVEL_DEBUG	7

/* How lines begin. */
enum log_form {
	LOG_FORM_TTY,		/* "viofsd[T]: " */
	LOG_FORM_LEVEL,		/* "<4>viofsd[T]: ", as sd-daemon(3) */
	LOG_FORM_SYSLOG,	/* "<28>viofsd[T]: ", a syslog datagram */
};

/*
 * Name this process in its lines ("B", "T", "W user 1000:1000") and find the
 * form: a datagram socket on descriptor 2 is syslog, a terminal is bare,
 * anything else carries levels.
 */
void	log_init(const char *role);

/* Print nothing above this syslog(3) level; the default is info. */
void	log_set_level(unsigned int level);
unsigned int log_get_level(void);

/* All of these keep errno.  log_warn() and log_err() append strerror(errno). */
void	log_err(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void	log_errx(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void	log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void	log_warnx(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void	log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void	log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Log an error and exit with status 1; for setup code only. */
__attribute__((noreturn, format(printf, 1, 2)))
void	fatal(const char *fmt, ...);
__attribute__((noreturn, format(printf, 1, 2)))
void	fatalx(const char *fmt, ...);

/*
 * One of our own invariants is broken: log where, then abort(3).  No filter
 * has a row for that: it ends the process by SIGSYS, which is as good.
 */
#define bug(...)	log_bug(__FILE__, __LINE__, __VA_ARGS__)
__attribute__((noreturn, format(printf, 3, 4)))
void	log_bug(const char *file, int line, const char *fmt, ...);

/* What a peer may make us say; each kind has its own token bucket. */
enum log_key {
	LOG_KEY_FUSE,		/* malformed request */
	LOG_KEY_RING,		/* broken virtqueue */
	LOG_KEY_VHOST,		/* vhost-user message */
	LOG_KEY_WORKER,		/* worker lost or refused */
	LOG_KEY_LIMIT,		/* a limit was reached */
	LOG_KEY_AUDIT,		/* a credential was refused */
	LOG_KEY_CNT,
};

/*
 * Log a warning about something a peer did, at most 10 at once and then
 * one per second for each key; the next line says how many were dropped.
 */
void	log_guest(enum log_key key, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/*
 * Escape len bytes that a guest chose into buf, at most LOG_GUEST_MAX
 * characters, always terminated.  Returns buf.
 */
const char *log_escape(char buf[LOG_GUEST_MAX + 4], const void *bytes,
	    size_t len);

#endif
