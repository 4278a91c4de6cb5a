/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The host's header of this name has a member called __unused.
 */
#include <sys/cdefs.h>

#pragma push_macro("__unused")
#undef __unused
#include_next <asm/stat.h>
#pragma pop_macro("__unused")
