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
 * Knows: which capabilities --modcaps may give to the root worker.
 * Never: who has which (policy.c).
 */

#include "config.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "../common/jail.h"
#include "conf_opt.h"

/*
 * What may be added.  Nothing that makes another user of the worker (SETUID,
 * SETGID), reaches into processes (SYS_PTRACE, KILL) or devices (SYS_RAWIO),
 * or out of the jail (SYS_CHROOT, NET_*).  SYS_ADMIN is the kernel's condition
 * for trusted.* attributes; it can do far more, of which the worker's filter
 * lets nothing pass: no mount, no namespace, no device.
 */
static const unsigned int conf_caps_allowed[] = {
	CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER,
	CAP_FSETID, CAP_LINUX_IMMUTABLE, CAP_MKNOD, CAP_SETFCAP,
	CAP_SYS_ADMIN, CAP_SYS_RESOURCE,
};

#define CONF_CAPS_CNT \
	(sizeof(conf_caps_allowed) / sizeof(conf_caps_allowed[0]))

#define CONF_CAPS_UNKNOWN	"no capability"
#define CONF_CAPS_NEVER		"never given to a worker"

/* By number, without the CAP_ of capabilities(7). */
static const char *const conf_caps_name[] = {
	"chown", "dac_override", "dac_read_search", "fowner", "fsetid",
	"kill", "setgid", "setuid", "setpcap", "linux_immutable",
	"net_bind_service", "net_broadcast", "net_admin", "net_raw",
	"ipc_lock", "ipc_owner", "sys_module", "sys_rawio", "sys_chroot",
	"sys_ptrace", "sys_pacct", "sys_admin", "sys_boot", "sys_nice",
	"sys_resource", "sys_time", "sys_tty_config", "mknod", "lease",
	"audit_write", "audit_control", "setfcap", "mac_override",
	"mac_admin", "syslog", "wake_alarm", "block_suspend", "audit_read",
	"perfmon", "bpf", "checkpoint_restore",
};

#define CONF_CAPS_NAME_CNT \
	(sizeof(conf_caps_name) / sizeof(conf_caps_name[0]))

const char *
conf_cap_name(unsigned int cap)
{
	return cap < CONF_CAPS_NAME_CNT ? conf_caps_name[cap] : NULL;
}

/* Its number, or -1. */
static int
conf_caps_number(const char *name)
{
	unsigned int i;

	for (i = 0; i < CONF_CAPS_NAME_CNT; i++)
		if (strcasecmp(conf_caps_name[i], name) == 0)
			return (int)i;
	return -1;
}

static int
conf_caps_may(unsigned int cap)
{
	size_t i;

	for (i = 0; i < CONF_CAPS_CNT; i++)
		if (conf_caps_allowed[i] == cap)
			return 1;
	return 0;
}

/* Which may be had, behind what err says already. */
static void
conf_caps_list(char *err)
{
	size_t i, len;

	for (i = 0; i < CONF_CAPS_CNT; i++) {
		len = strlen(err);
		snprintf(err + len, CONF_ERR_MAX - len, "%s %s",
		    i == 0 ? "" : ",", conf_cap_name(conf_caps_allowed[i]));
	}
}

static int
conf_caps_only(const struct conf_opt *opt, const char *word, const char *why,
    char *err)
{
	snprintf(err, CONF_ERR_MAX, "--%s: '%.64s' is %s, only", opt->name,
	    word, why);
	conf_caps_list(err);
	return EINVAL;
}

int
conf_cap_bit(const struct conf_opt *opt, const char *name, uint64_t *caps,
    char err[CONF_ERR_MAX])
{
	int cap;

	if ((cap = conf_caps_number(name)) < 0)
		return conf_caps_only(opt, name, CONF_CAPS_UNKNOWN, err);
	if (!conf_caps_may((unsigned int)cap))
		return conf_caps_only(opt, name, CONF_CAPS_NEVER, err);
	*caps |= JAIL_CAP((unsigned int)cap);
	return 0;
}

/* "+name" or "-name", len bytes. */
static int
conf_caps_word(struct conf *c, const struct conf_opt *opt, const char *word,
    size_t len, char *err)
{
	char name[64];
	uint64_t bit;
	int cap;

	if (len < 2 || len >= sizeof(name) ||
	    (word[0] != '+' && word[0] != '-')) {
		conf_refuse(opt, word, err);
		snprintf(err + strlen(err), CONF_ERR_MAX - strlen(err),
		    "; NAME is one of");
		conf_caps_list(err);
		return EINVAL;
	}
	memcpy(name, word, len);
	name[len] = '\0';
	if ((cap = conf_caps_number(name + 1)) < 0)
		return conf_caps_only(opt, name, CONF_CAPS_UNKNOWN, err);
	bit = JAIL_CAP((unsigned int)cap);
	if (name[0] == '-') {
		c->caps_add &= ~bit;
		c->caps_drop |= bit;
		return 0;
	}
	if (!conf_caps_may((unsigned int)cap))
		return conf_caps_only(opt, name, CONF_CAPS_NEVER, err);
	c->caps_add |= bit;
	c->caps_drop &= ~bit;
	return 0;
}

int
conf_modcaps(struct conf *c, const struct conf_opt *opt, const char *value,
    char err[CONF_ERR_MAX])
{
	const char *end;
	int e;

	for (;; value = end + 1) {
		end = strchrnul(value, ':');
		if ((e = conf_caps_word(c, opt, value, (size_t)(end - value),
		    err)) != 0)
			return e;
		if (*end == '\0')
			return 0;
	}
}
