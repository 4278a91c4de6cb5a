/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Random numbers of arc4random(9), drawn from the seed of the boot.
 */
#include <sys/param.h>
#include <sys/libkern.h>

#include "host.h"

uint32_t
kern_arc4random(void)
{

	return ((uint32_t)(host_random() >> 32));
}

/*
 * Values beyond the largest multiple of the bound are drawn again, or small
 * results would be more likely than large ones.
 */
uint32_t
kern_arc4random_uniform(uint32_t bound)
{
	uint32_t excess, value;

	if (bound < 2)
		return (0);
	excess = -bound % bound;
	do {
		value = kern_arc4random();
	} while (value < excess);
	return (value % bound);
}

void
kern_arc4random_buf(void *buf, size_t len)
{
	uint64_t value;
	char *p = buf;
	size_t n;

	for (; len > 0; len -= n, p += n) {
		value = host_random();
		n = len < sizeof(value) ? len : sizeof(value);
		memcpy(p, &value, n);
	}
}

void
arc4rand(void *buf, u_int len, int reseed __unused)
{

	kern_arc4random_buf(buf, len);
}
