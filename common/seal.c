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

static void
seal_pad(uint8_t pad[SHA256_BLOCK_LENGTH], const uint8_t key[MSG_KEY_LEN],
    uint8_t with)
{
	size_t i;

	memset(pad, with, SHA256_BLOCK_LENGTH);
	for (i = 0; i < MSG_KEY_LEN; i++)
		pad[i] ^= key[i];
}

static void
seal_mac(const struct msg_seal *s, const uint8_t key[MSG_KEY_LEN],
    uint8_t mac[MSG_MAC_LEN])
{
	uint8_t pad[SHA256_BLOCK_LENGTH], sum[SHA256_DIGEST_LENGTH];
	SHA2_CTX ctx;

	seal_pad(pad, key, SEAL_IPAD);
	SHA256Init(&ctx);
	SHA256Update(&ctx, pad, sizeof(pad));
	SHA256Update(&ctx, (const uint8_t *)s + offsetof(struct msg_seal,
	    mnt_id), sizeof(*s) - offsetof(struct msg_seal, mnt_id));
	SHA256Final(sum, &ctx);
	seal_pad(pad, key, SEAL_OPAD);
	SHA256Init(&ctx);
	SHA256Update(&ctx, pad, sizeof(pad));
	SHA256Update(&ctx, sum, sizeof(sum));
	SHA256Final(sum, &ctx);
	memcpy(mac, sum, MSG_MAC_LEN);
	explicit_bzero(pad, sizeof(pad));
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
