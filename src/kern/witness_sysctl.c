/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * debug.witness: how WITNESS is switched at run time, and what it has learned.
 */
#ifdef WITNESS

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/lock.h>
#include <sys/proc.h>
#include <sys/sysctl.h>

#include <stdio.h>

#include "host.h"
#include "witness.h"

SYSCTL_NODE(_debug, OID_AUTO, witness, CTLFLAG_RW | CTLFLAG_MPSAFE, NULL,
    "Lock order verification");
SYSCTL_INT(_debug_witness, OID_AUTO, trace, CTLFLAG_RWTUN | CTLFLAG_MPSAFE,
    &witness_trace, 0, "Print stacks with reports");
SYSCTL_INT(_debug_witness, OID_AUTO, skipspin, CTLFLAG_RD | CTLFLAG_MPSAFE,
    NULL, 0, "Spin mutexes are left out");

static int
sysctl_watch(SYSCTL_HANDLER_ARGS)
{
	int error, *watch = arg1, value = witness_level();

	error = sysctl_handle_int(oidp, &value, arg2, req);
	if (error != 0 || req->newptr == NULL)
		return (error);
	if (value < -1 || value > 1 ||
	    (witness_level() == -1 && value != -1))
		return (EINVAL);
	__atomic_store_n(watch, value, __ATOMIC_RELAXED);
	return (0);
}
SYSCTL_PROC(_debug_witness, OID_AUTO, watch,
    CTLTYPE_INT | CTLFLAG_RWTUN | CTLFLAG_MPSAFE, &witness_watch, 0,
    sysctl_watch, "I", "1: check, 0: only record, -1: off until the next boot");

/* There is one console, and no log beside it. */
static int
sysctl_output_channel(SYSCTL_HANDLER_ARGS)
{
	bool *output = arg1;
	char name[16];
	int error;

	strlcpy(name, __atomic_load_n(output, __ATOMIC_RELAXED) ? "console" :
	    "none", sizeof(name));
	error = sysctl_handle_string(oidp, name, sizeof(name) + arg2, req);
	if (error != 0 || req->newptr == NULL)
		return (error);
	if (strcmp(name, "none") != 0 && strcmp(name, "console") != 0)
		return (EINVAL);
	__atomic_store_n(output, name[0] == 'c', __ATOMIC_RELAXED);
	return (0);
}
SYSCTL_PROC(_debug_witness, OID_AUTO, output_channel,
    CTLTYPE_STRING | CTLFLAG_RWTUN | CTLFLAG_MPSAFE, &witness_output, 0,
    sysctl_output_channel, "A", "Where reports of order go: console, none");

/* One piece of a text of unknown length. */
static int	out(struct sysctl_req *, const char *, ...) __printflike(2, 3);

static int
out(struct sysctl_req *req, const char *fmt, ...)
{
	char text[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return (SYSCTL_OUT(req, text, strlen(text)));
}

static int
sysctl_fullgraph(SYSCTL_HANDLER_ARGS)
{
	const struct witness_edge *we = arg1;
	int error;

	if (req->newptr != NULL || oidp == NULL)
		return (EPERM);
	error = out(req, "\n");
	while (error == 0 && (we = witness_edge_next(we)) != NULL)
		if (!we->we_reversal)
			error = out(req, "\"%s\",\"%s\"\n",
			    we->we_from->w_name, we->we_to->w_name);
	return (error != 0 ? error : SYSCTL_OUT(req, "", arg2));
}
SYSCTL_PROC(_debug_witness, OID_AUTO, fullgraph,
    CTLTYPE_STRING | CTLFLAG_RD | CTLFLAG_MPSAFE, NULL, 1, sysctl_fullgraph,
    "A", "The order that was learned, a pair a line");

static int
out_stack(struct sysctl_req *req, const struct witness_edge *we)
{
	const struct witness *a = we->we_from, *b = we->we_to;
	char frames[2048];

	host_backtrace_print(we->we_frames, we->we_nframes, frames,
	    sizeof(frames));
	return (out(req, "Lock order \"%s\"(%s) -> \"%s\"(%s) first seen at:"
	    "\n%s", a->w_name, a->w_class->lc_name, b->w_name,
	    b->w_class->lc_name, frames));
}

static int
out_reversal(struct sysctl_req *req, const struct witness_edge *we)
{
	const struct witness *a = we->we_from, *b = we->we_to;
	const struct witness_edge *proper;
	int error;

	error = out(req, "\nLock order reversal between \"%s\"(%s) and "
	    "\"%s\"(%s)!\n", a->w_name, a->w_class->lc_name, b->w_name,
	    b->w_class->lc_name);
	if (error == 0)
		error = out_stack(req, we);
	witness_graph_lock();
	proper = witness_edge_find(b, a);
	witness_graph_unlock();
	if (error == 0 && proper != NULL)
		error = out_stack(req, proper);
	return (error);
}

static int
sysctl_badstacks(SYSCTL_HANDLER_ARGS)
{
	const struct witness_edge *we = arg1;
	int error;

	if (req->newptr != NULL || oidp == NULL)
		return (EPERM);
	error = out(req, "\n");
	while (error == 0 && (we = witness_edge_next(we)) != NULL)
		if (we->we_reversal)
			error = out_reversal(req, we);
	return (error != 0 ? error : SYSCTL_OUT(req, "", arg2));
}
SYSCTL_PROC(_debug_witness, OID_AUTO, badstacks,
    CTLTYPE_STRING | CTLFLAG_RD | CTLFLAG_MPSAFE, NULL, 1, sysctl_badstacks,
    "A", "Where the order was turned round");

#endif /* WITNESS */
