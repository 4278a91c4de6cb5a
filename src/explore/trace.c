/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What is kept of a traced run: names, while what they name is still there.
 */
#include <stdlib.h>
#include <string.h>

#include "../host/impl.h"
#include "trace.h"

#define	FRAMES	16

struct vx_row *vx_rows;
static uint32_t nrows, max_rows;

void
vx_trace_begin(void)
{
	nrows = 0;
}

void
vx_trace_end(void)
{
	for (uint32_t i = 0; i < nrows; i++) {
		free(vx_rows[i].object);
		free(vx_rows[i].function);
		free(vx_rows[i].held);
	}
	nrows = 0;
}

/* --- names --------------------------------------------------------------- */

/* What a lock is called: the text in quotes of its description, else all. */
static void
lock_name(uintptr_t lock, char *buf, size_t size)
{
	char text[128], *begin, *end;

	if (host_kernel->describe_lock((const void *)lock, text,
	    sizeof(text)) == 0) {
		snprintf(buf, size, "?");
		return;
	}
	begin = strchr(text, '"');
	end = strrchr(text, '"');
	if (begin == NULL || end == begin) {
		snprintf(buf, size, "%s", text);
		return;
	}
	*end = '\0';
	snprintf(buf, size, "%s", begin + 1);
}

static char *
object_name(const struct vx_op *op)
{
	char text[128];

	if (op->lock != NULL && op->kind != VS_OP_LOCK_INIT)
		lock_name(op->object, text, sizeof(text));
	else if (!vx_ledger_name(op->object, text, sizeof(text)))
		vx_object_text(op, text, sizeof(text));
	return (strdup(text));
}

/*
 * Those who make the points are not who is asked for: the locks, counts and
 * queues themselves.
 */
static bool
is_primitive(const char *function)
{
	static const char *const prefixes[] = { "_mtx", "__mtx", "mtx_",
	    "_sx", "sx_", "_rw", "__rw", "_rm", "refcount_", "_refcount",
	    "epoch_", "_epoch", "_sleep", "msleep", "_cv", "cv_", "wakeup",
	    "sleepq_", "lock_", "kern_malloc", "kern_free", "free_any",
	    "malloc_", "waitq_", "taskqueue_enqueue", "callout_", "_callout",
	    "spin_point", "_blockcount", "lw_", "_lw_" };

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (strncmp(function, prefixes[i], strlen(prefixes[i])) == 0)
			return (true);
	return (false);
}

static char *
function_name(void)
{
	char text[128] = "";
	void *frames[FRAMES];
	int n = host_backtrace_capture(frames, FRAMES, 0), i;

	/* The scheduler's own frames come first. */
	for (i = 0; i < n && !host_image_contains(frames[i]); i++)
		;
	for (; i < n; i++) {
		host_symbol(frames[i], text, sizeof(text));
		text[strcspn(text, "+")] = '\0';
		if (!is_primitive(text))
			break;
	}
	return (text[0] != '\0' ? strdup(text) : NULL);
}

static char *
held_names(const struct vx_thread *t)
{
	char text[256] = "", name[96];
	size_t len = 0;

	for (unsigned i = 0; i < t->nheld && i < VX_HELD; i++) {
		lock_name(t->held[i].lock->object, name, sizeof(name));
		len += (size_t)snprintf(text + len, sizeof(text) - len,
		    "%s%s%s", i > 0 ? ", " : "", name,
		    t->held[i].shared ? " (shared)" : "");
		if (len >= sizeof(text))
			break;
	}
	return (text[0] != '\0' ? strdup(text) : NULL);
}

/* --- steps --------------------------------------------------------------- */

static bool
is_count(const struct vx_op *op)
{
	return ((op->kind == VS_OP_REF_ACQUIRE ||
	    op->kind == VS_OP_REF_RELEASE || op->kind == VS_OP_REF_LOAD) &&
	    vx_arena_contains(op->object));
}

void
vx_trace_step(struct vx_thread *t)
{
	struct vx_row *r;

	if (nrows == max_rows) {
		max_rows = max_rows * 2 + 1024;
		vx_rows = realloc(vx_rows, max_rows * sizeof(*vx_rows));
		if (vx_rows == NULL)
			host_fatal("out of memory for a trace");
	}
	r = &vx_rows[nrows++];
	r->object = object_name(&t->op);
	r->function = function_name();
	r->held = held_names(t);
	r->counted = is_count(&t->op);
	r->count = r->counted ? *(const uint32_t *)t->op.object : 0;
}

void
vx_trace_print(FILE *out, unsigned width)
{
	uintptr_t block = vx_broken_block();

	vx_columns_print(out, width, block);
	vx_waits_print(out);
	if (block != 0)
		vx_references_print(out, block);
}
