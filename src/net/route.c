/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What drivers name of routing: the number of forwarding tables.
 */
#include <sys/param.h>
#include <net/route.h>

u_int rt_numfibs = 1;
