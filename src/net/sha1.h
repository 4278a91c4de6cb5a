/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * SHA-1, FIPS 180-4, for generated link-level addresses.  Private, because
 * the host's libmd exports FreeBSD's names.
 */
#ifndef _SHA1_H_
#define _SHA1_H_

#include <stddef.h>
#include <stdint.h>

#define	SHA1_DIGEST	20

/* The digest of `len` bytes, any context. */
void	sha1_digest(const void *data, size_t len, uint8_t digest[SHA1_DIGEST]);

#endif /* !_SHA1_H_ */
