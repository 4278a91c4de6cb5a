/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Functions of libc that read and write memory for instrumented code.  The
 * linker puts these in their place (VNETSIM_INSTRUMENT_LINK, or clang's own
 * names for the first three); they announce the accesses and then call libc.
 *
 * How much of a string is read is only known from reading it: it is measured
 * again when others may have changed it.
 */
#include <string.h>

#include "shadow.h"

#define	EXPORT	__attribute__((visibility("default")))
#define	HERE	((uintptr_t)__builtin_return_address(0))

#pragma GCC diagnostic ignored "-Wmissing-prototypes"

static inline void
announce(const void *p, size_t size, enum vx_access kind, uintptr_t site)
{
	if (vx_watched != NULL)
		vx_access(vx.current, (uintptr_t)p, size, kind, site);
}

/* The length of a string of at most `max` bytes, which is read. */
static size_t
string_read(const char *s, size_t max, uintptr_t site)
{
	size_t n = strnlen(s, max), seen = 0, bytes;

	if (vx_watched == NULL)
		return (n);
	while ((bytes = n < max ? n + 1 : max) > seen) {
		vx_access(vx.current, (uintptr_t)s + seen, bytes - seen,
		    VX_PLAIN_READ, site);
		seen = bytes;
		n = strnlen(s, max);
	}
	return (n);
}

static void *
copy(void *to, const void *from, size_t size, uintptr_t site)
{
	announce(from, size, VX_PLAIN_READ, site);
	announce(to, size, VX_PLAIN_WRITE, site);
	return (memmove(to, from, size));
}

static void *
fill(void *to, int byte, size_t size, uintptr_t site)
{
	announce(to, size, VX_PLAIN_WRITE, site);
	return (memset(to, byte, size));
}

EXPORT void *
__wrap_memcpy(void *to, const void *from, size_t size)
{
	return (copy(to, from, size, HERE));
}

EXPORT void *
__wrap_memmove(void *to, const void *from, size_t size)
{
	return (copy(to, from, size, HERE));
}

EXPORT void *
__wrap_memset(void *to, int byte, size_t size)
{
	return (fill(to, byte, size, HERE));
}

EXPORT void *
__tsan_memcpy(void *to, const void *from, size_t size)
{
	return (copy(to, from, size, HERE));
}

EXPORT void *
__tsan_memmove(void *to, const void *from, size_t size)
{
	return (copy(to, from, size, HERE));
}

EXPORT void *
__tsan_memset(void *to, int byte, size_t size)
{
	return (fill(to, byte, size, HERE));
}

EXPORT int
__wrap_memcmp(const void *a, const void *b, size_t size)
{
	announce(a, size, VX_PLAIN_READ, HERE);
	announce(b, size, VX_PLAIN_READ, HERE);
	return (memcmp(a, b, size));
}

EXPORT size_t
__wrap_strlen(const char *s)
{
	return (string_read(s, SIZE_MAX, HERE));
}

EXPORT size_t
__wrap_strnlen(const char *s, size_t max)
{
	return (string_read(s, max, HERE));
}

EXPORT int
__wrap_strcmp(const char *a, const char *b)
{
	(void)string_read(b, string_read(a, SIZE_MAX, HERE) + 1, HERE);
	return (strcmp(a, b));
}

EXPORT int
__wrap_strncmp(const char *a, const char *b, size_t max)
{
	size_t n = string_read(a, max, HERE);

	(void)string_read(b, n < max ? n + 1 : max, HERE);
	return (strncmp(a, b, max));
}

EXPORT char *
__wrap_strchr(const char *s, int c)
{
	(void)string_read(s, SIZE_MAX, HERE);
	return (strchr(s, c));
}

EXPORT char *
__wrap_strrchr(const char *s, int c)
{
	(void)string_read(s, SIZE_MAX, HERE);
	return (strrchr(s, c));
}

EXPORT char *
__wrap_strcpy(char *to, const char *from)
{
	size_t n = string_read(from, SIZE_MAX, HERE);

	announce(to, n + 1, VX_PLAIN_WRITE, HERE);
	return (memcpy(to, from, n + 1));
}

EXPORT char *
__wrap_strncpy(char *to, const char *from, size_t max)
{
	size_t n = string_read(from, max, HERE);

	announce(to, max, VX_PLAIN_WRITE, HERE);
	memset(to + n, 0, max - n);
	return (memcpy(to, from, n));
}

/* As in BSD: always terminated, and the length it would have been. */
EXPORT size_t
__wrap_strlcpy(char *to, const char *from, size_t size)
{
	size_t length = string_read(from, SIZE_MAX, HERE);
	size_t n = length < size ? length : size - 1;

	if (size == 0)
		return (length);
	announce(to, n + 1, VX_PLAIN_WRITE, HERE);
	memcpy(to, from, n);
	to[n] = '\0';
	return (length);
}

EXPORT size_t
__wrap_strlcat(char *to, const char *from, size_t size)
{
	size_t length = string_read(to, size, HERE);

	if (length == size)
		return (length + string_read(from, SIZE_MAX, HERE));
	return (length + __wrap_strlcpy(to + length, from, size - length));
}
