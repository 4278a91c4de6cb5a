/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What "call" can name in a scenario file, without a program of one's own.
 * docs/scenarios.md says what each does.
 */
#include <stddef.h>

#include "scenarios.h"

const struct vs_hook builtin_hooks[] = {
	{ "tdev-create", hook_tdev_create },
	{ "tdev-create-closing", hook_tdev_create_closing },
	{ "tdev-create-private", hook_tdev_create_private },
	{ "tdev-destroy", hook_tdev_destroy },
	{ "tdev-clone-register", hook_tdev_clone_register },
	{ "tdev-clone-deregister", hook_tdev_clone_deregister },
	{ "tdev-drain", hook_tdev_drain },
	{ "tst-attach", hook_tst_attach },
	{ "tst-unplug", hook_tst_unplug },
	{ "tst-cloner-attach", hook_tst_cloner_attach },
	{ "tst-cloner-detach", hook_tst_cloner_detach },
	{ "tst-arrival-register", hook_tst_arrival_register },
	{ "tst-arrival-deregister", hook_tst_arrival_deregister },
	{ "tst-arrival-end", hook_tst_arrival_end },
	{ "tst-leave", hook_tst_leave },
	{ "tst-input-register", hook_tst_input_register },
	{ "tst-input-deregister", hook_tst_input_deregister },
	{ "tst-removal-register", hook_tst_removal_register },
	{ "tst-removal-deregister", hook_tst_removal_deregister },
	{ "tproc-attach-both", hook_tproc_attach_both },
	{ "tproc-lend", hook_tproc_lend },
	{ NULL, NULL }
};
