/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Bob Jenkins's one-at-a-time mixing of words and bytes, after his public
 * domain description of lookup3.
 */
#include <sys/param.h>
#include <sys/hash.h>
#include <string.h>

/* The internal state, twelve bytes of input wide. */
struct jenkins {
	uint32_t	a, b, c;
};

static inline uint32_t
rotate(uint32_t x, int n)
{
	return (x << n | x >> (32 - n));
}

static void
jenkins_mix(struct jenkins *s)
{
	static const int shift[6] = { 4, 6, 8, 16, 19, 4 };
	uint32_t t;
	int i;

	for (i = 0; i < 6; i++) {
		/* a -= c; a ^= c <<< n; c += b; and the names move on. */
		s->a -= s->c;
		s->a ^= rotate(s->c, shift[i]);
		s->c += s->b;
		t = s->a;
		s->a = s->b;
		s->b = s->c;
		s->c = t;
	}
}

static uint32_t
jenkins_final(struct jenkins *s)
{
	static const int shift[7] = { 14, 11, 25, 16, 4, 14, 24 };
	uint32_t t;
	int i;

	for (i = 0; i < 7; i++) {
		/* c ^= b; c -= b <<< n; and the names move on. */
		s->c ^= s->b;
		s->c -= rotate(s->b, shift[i]);
		t = s->c;
		s->c = s->a;
		s->a = s->b;
		s->b = t;
	}
	/* Seven turns leave what was c last in b. */
	return (s->b);
}

uint32_t
jenkins_hash32(const uint32_t *key, size_t count, uint32_t seed)
{
	struct jenkins s;

	s.a = s.b = s.c = 0xdeadbeef + ((uint32_t)count << 2) + seed;
	for (; count > 3; count -= 3, key += 3) {
		s.a += key[0];
		s.b += key[1];
		s.c += key[2];
		jenkins_mix(&s);
	}
	if (count == 0)
		return (s.c);
	s.a += key[0];
	if (count > 1)
		s.b += key[1];
	if (count > 2)
		s.c += key[2];
	return (jenkins_final(&s));
}

uint32_t
jenkins_hash(const void *key, size_t len, uint32_t seed)
{
	const uint8_t *p = key;
	struct jenkins s;
	uint32_t word[3];

	s.a = s.b = s.c = 0xdeadbeef + (uint32_t)len + seed;
	if (len == 0)
		return (s.c);
	for (; len > sizeof(word); len -= sizeof(word), p += sizeof(word)) {
		memcpy(word, p, sizeof(word));
		s.a += word[0];
		s.b += word[1];
		s.c += word[2];
		jenkins_mix(&s);
	}
	memset(word, 0, sizeof(word));
	memcpy(word, p, len);
	s.a += word[0];
	s.b += word[1];
	s.c += word[2];
	return (jenkins_final(&s));
}
