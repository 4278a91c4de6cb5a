/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * A file whose second module has the name of another file's.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/module.h>

static moduledata_t tkld_e_mod = { "tkld_e", NULL, NULL };
DECLARE_MODULE(tkld_e, tkld_e_mod, SI_SUB_PSEUDO, SI_ORDER_ANY);
static moduledata_t tkld_e2_mod = { "tkld_a", NULL, NULL };
DECLARE_MODULE(tkld_e2, tkld_e2_mod, SI_SUB_PSEUDO, SI_ORDER_ANY);
