/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The host's header of this name has a member called __used.
 */
#include <sys/cdefs.h>

#pragma push_macro("__used")
#undef __used
#include_next <spawn.h>
#pragma pop_macro("__used")
