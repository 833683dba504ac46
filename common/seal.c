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
 * Knows: how a file handle is authenticated: HMAC-SHA256 (RFC 2104), cut to
 * 128 bits.
 * Never: the transport.
 */

#include "config.h"

#include <stddef.h>
#include <string.h>

#include <sha2.h>

#include "../common/seal.h"

#define SEAL_IPAD	0x36
#define SEAL_OPAD	0x5c

/* What the key makes of an empty message, inside and outside. */
static struct {
	uint8_t key[MSG_KEY_LEN];
	int known;
	SHA2_CTX in, out;
} seal_keyed;

static void
seal_pad(SHA2_CTX *ctx, const uint8_t key[MSG_KEY_LEN], uint8_t with)
{
	uint8_t pad[SHA256_BLOCK_LENGTH];
	size_t i;

	memset(pad, with, sizeof(pad));
	for (i = 0; i < MSG_KEY_LEN; i++)
		pad[i] ^= key[i];
	SHA256Init(ctx);
	SHA256Update(ctx, pad, sizeof(pad));
	explicit_bzero(pad, sizeof(pad));
}

/* A process has one key: half of the work is done once. */
static void
seal_key(const uint8_t key[MSG_KEY_LEN])
{
	if (seal_keyed.known && memcmp(seal_keyed.key, key, MSG_KEY_LEN) == 0)
		return;
	seal_pad(&seal_keyed.in, key, SEAL_IPAD);
	seal_pad(&seal_keyed.out, key, SEAL_OPAD);
	memcpy(seal_keyed.key, key, MSG_KEY_LEN);
	seal_keyed.known = 1;
}

/* The unused end of the handle is not part of it: the length is. */
static void
seal_mac(const struct msg_seal *s, const uint8_t key[MSG_KEY_LEN],
    uint8_t mac[MSG_MAC_LEN])
{
	size_t used = s->len < MSG_HANDLE_MAX ? s->len : MSG_HANDLE_MAX;
	uint8_t sum[SHA256_DIGEST_LENGTH];
	SHA2_CTX ctx;

	seal_key(key);
	ctx = seal_keyed.in;
	SHA256Update(&ctx, (const uint8_t *)s + offsetof(struct msg_seal,
	    mnt_id), MSG_SEAL_LEN(used) - offsetof(struct msg_seal, mnt_id));
	SHA256Final(sum, &ctx);
	ctx = seal_keyed.out;
	SHA256Update(&ctx, sum, sizeof(sum));
	SHA256Final(sum, &ctx);
	memcpy(mac, sum, MSG_MAC_LEN);
}

void
seal_make(struct msg_seal *s, const uint8_t key[MSG_KEY_LEN])
{
	seal_mac(s, key, s->mac);
}

int
seal_check(const struct msg_seal *s, const uint8_t key[MSG_KEY_LEN])
{
	uint8_t mac[MSG_MAC_LEN], diff = 0;
	size_t i;

	if (s->len == 0 || s->len > MSG_HANDLE_MAX)
		return 0;
	for (i = s->len; i < MSG_HANDLE_MAX; i++)
		diff |= s->handle[i];
	seal_mac(s, key, mac);
	for (i = 0; i < MSG_MAC_LEN; i++)
		diff |= mac[i] ^ s->mac[i];
	return diff == 0;
}
