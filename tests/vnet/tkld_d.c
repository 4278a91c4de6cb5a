/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * A module that needs a version of tkld_a which does not exist.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/module.h>

static moduledata_t tkld_d_mod = { "tkld_d", NULL, NULL };
DECLARE_MODULE(tkld_d, tkld_d_mod, SI_SUB_PSEUDO, SI_ORDER_ANY);
MODULE_VERSION(tkld_d, 1);
MODULE_DEPEND(tkld_d, tkld_a, 2, 2, 3);
