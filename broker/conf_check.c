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
 * Knows: which options exclude, need or imply each other.
 * Never: one option by itself.
 */

#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <linux/capability.h>

#include "../common/jail.h"
#include "../common/log.h"
#include "../common/msg.h"
#include "../common/xattrmap.h"
#include "conf_opt.h"

static const char *
conf_check_socket(const struct conf *c)
{
	if (c->shared_dir == NULL)
		return "--shared-dir is required";
	if (c->fd == -1 && c->socket_path == NULL)
		return "one of --socket-path and --fd is required";
	if (c->fd != -1 && c->socket_path != NULL)
		return "--fd and --socket-path exclude each other";
	if (c->fd != -1 && c->socket_group != NULL)
		return "--fd and --socket-group exclude each other";
	if (c->num_request_queues != 0 && c->tag == NULL)
		return "--num-request-queues is announced with --tag only";
	return NULL;
}

static const char *
conf_check_handles(const struct conf *c)
{
	if (c->handles == CONF_HANDLES_MANDATORY &&
	    (c->caps_drop & JAIL_CAP(CAP_DAC_READ_SEARCH)) != 0)
		return "--inode-file-handles=mandatory and "
		    "--modcaps=-dac_read_search exclude each other";
	if (c->migration_mode != CONF_MIGRATION_FILE_HANDLES)
		return NULL;
	if (c->migration_verify)
		return "--migration-verify-handles and "
		    "--migration-mode=file-handles exclude each other";
	if (c->migration_confirm)
		return "--migration-confirm-paths and "
		    "--migration-mode=file-handles exclude each other";
	return NULL;
}

static const char *
conf_check_rights(const struct conf *c)
{
	/* Ids inside of an access control list are not translated. */
	if (c->posix_acl && c->idmap_cnt != 0)
		return "--posix-acl and --translate-uid or --translate-gid "
		    "exclude each other";
	/* The filter is what keeps SYS_ADMIN to attributes. */
	if ((c->caps_add & JAIL_CAP(CAP_SYS_ADMIN)) != 0 &&
	    c->seccomp == CONF_SECCOMP_LOG)
		return "--modcaps=+sys_admin and --seccomp=log exclude each "
		    "other";
	return NULL;
}

/*
 * A guest that opens nothing finds out about changes by timeouts alone; an
 * open file that all its programs share has one flock(2).
 */
static const char *
conf_check_open(const struct conf *c)
{
	if (c->no_open && c->cache != MSG_CACHE_ALWAYS)
		return "--no-open needs --cache=always";
	if (c->no_opendir && c->cache != MSG_CACHE_ALWAYS)
		return "--no-opendir needs --cache=always";
	if (c->no_open && c->flock)
		return "--no-open and --flock exclude each other";
	return NULL;
}

/* Everything that the guest's root may do is done as root of the namespace. */
static const char *
conf_check_maps(const struct conf *c)
{
	if (!idspace_has(&c->space[IDMAP_UID], 0))
		return "--uid-map: no range contains user 0";
	if (!idspace_has(&c->space[IDMAP_GID], 0))
		return "--gid-map: no range contains group 0";
	return NULL;
}

static int
conf_check_xattrmap(const struct conf *c, char *err)
{
	char why[XATTRMAP_ERR_MAX] = "";
	static struct xattrmap map;

	if (c->xattrmap == NULL || xattrmap_parse(&map, c->xattrmap,
	    strlen(c->xattrmap), why) == 0)
		return 0;
	snprintf(err, CONF_ERR_MAX, "--xattrmap: '%.200s' is not accepted: %s",
	    c->xattrmap, why);
	return EINVAL;
}

/* What was said in one way may be meant in another. */
static void
conf_check_imply(struct conf *c)
{
	if (c->socket_path == NULL)
		c->socket_path = c->socket_alias;
	if (c->debug)
		c->log_level = LOG_LEVEL_DEBUG;
	if (c->posix_acl || c->security_label || c->xattrmap != NULL)
		c->xattr = 1;
	c->migration = c->migration_verify || c->migration_confirm ||
	    c->migration_mode != CONF_MIGRATION_FIND_PATHS ||
	    c->migration_on_error != CONF_ON_ERROR_ABORT;
	conf_imply_policy(c);
}

int
conf_check(struct conf *c, char err[CONF_ERR_MAX])
{
	const char *why;

	conf_check_imply(c);
	if ((why = conf_check_socket(c)) == NULL &&
	    (why = conf_check_handles(c)) == NULL &&
	    (why = conf_check_maps(c)) == NULL &&
	    (why = conf_check_open(c)) == NULL &&
	    (why = conf_check_rights(c)) == NULL)
		why = conf_check_policy(c);
	if (why == NULL)
		return conf_check_xattrmap(c, err);
	snprintf(err, CONF_ERR_MAX, "%s", why);
	return EINVAL;
}
