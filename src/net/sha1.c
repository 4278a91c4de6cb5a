/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include <endian.h>
#include <string.h>

#include "sha1.h"

#define	BLOCK	64

static inline uint32_t
rotate(uint32_t x, int n)
{
	return (x << n | x >> (32 - n));
}

/* The round function and constant of step i. */
static inline uint32_t
mix(int i, uint32_t b, uint32_t c, uint32_t d)
{
	if (i < 20)
		return (((b & c) | (~b & d)) + 0x5a827999);
	if (i < 40)
		return ((b ^ c ^ d) + 0x6ed9eba1);
	if (i < 60)
		return (((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc);
	return ((b ^ c ^ d) + 0xca62c1d6);
}

static void
sha1_block(uint32_t h[5], const uint8_t *block)
{
	uint32_t v[5], w[80], t;
	int i;

	for (i = 0; i < 16; i++) {
		memcpy(&t, block + 4 * i, sizeof(t));
		w[i] = be32toh(t);
	}
	for (; i < 80; i++)
		w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
	memcpy(v, h, sizeof(v));
	for (i = 0; i < 80; i++) {
		t = rotate(v[0], 5) + mix(i, v[1], v[2], v[3]) + v[4] + w[i];
		v[4] = v[3];
		v[3] = v[2];
		v[2] = rotate(v[1], 30);
		v[1] = v[0];
		v[0] = t;
	}
	for (i = 0; i < 5; i++)
		h[i] += v[i];
}

void
sha1_digest(const void *data, size_t len, uint8_t digest[SHA1_DIGEST])
{
	uint32_t h[5] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476,
	    0xc3d2e1f0 };
	uint8_t tail[2 * BLOCK] = { 0 };
	const uint8_t *p = data;
	uint64_t bits = htobe64((uint64_t)len * 8);
	size_t rest, padded;
	int i;

	for (rest = len; rest >= BLOCK; rest -= BLOCK, p += BLOCK)
		sha1_block(h, p);
	/* A one bit, zeroes, and the length at the end of a block. */
	memcpy(tail, p, rest);
	tail[rest] = 0x80;
	padded = rest + 1 + sizeof(bits) <= BLOCK ? BLOCK : 2 * BLOCK;
	memcpy(tail + padded - sizeof(bits), &bits, sizeof(bits));
	for (p = tail; p < tail + padded; p += BLOCK)
		sha1_block(h, p);
	for (i = 0; i < 5; i++) {
		h[i] = htobe32(h[i]);
		memcpy(digest + 4 * i, &h[i], sizeof(h[i]));
	}
}
