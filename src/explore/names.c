/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Names of what happens in a run, while what they name is still there.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../host/impl.h"
#include "story.h"

#define	FRAMES	16
#define	CALLERS	3		/* who called the function, and who that */

/* --- texts --------------------------------------------------------------- */

#define	NBUCKETS	1024		/* a power of two */

struct text {
	struct text	*next;
	char		text[];
};
static struct text *buckets[NBUCKETS];

const char *
vx_text(const char *text)
{
	uint64_t hash = 0xcbf29ce484222325ULL;
	size_t len = strlen(text);
	struct text **bucket, *t;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3ULL;
	bucket = &buckets[hash & (NBUCKETS - 1)];
	for (t = *bucket; t != NULL; t = t->next)
		if (strcmp(t->text, text) == 0)
			return (t->text);
	if ((t = malloc(sizeof(*t) + len + 1)) == NULL)
		host_fatal("out of memory for a story");
	memcpy(t->text, text, len + 1);
	t->next = *bucket;
	*bucket = t;
	return (t->text);
}

void
vx_texts_drop(void)
{
	struct text *t;

	for (unsigned i = 0; i < NBUCKETS; i++)
		while ((t = buckets[i]) != NULL) {
			buckets[i] = t->next;
			free(t);
		}
}

/* --- objects ------------------------------------------------------------- */

/* What a lock is called: the text in quotes of its description, else all. */
static void
lock_name(uintptr_t lock, char *buf, size_t size)
{
	char text[128], *begin, *end;

	if (vx_describe_lock(lock, text, sizeof(text)) == 0) {
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

const char *
vx_name_class(uintptr_t lock)
{
	char text[128];
	size_t len;

	if (vx_describe_lock(lock, text, sizeof(text)) == 0)
		return ("");
	len = strcspn(text, "\"");
	if (text[len] == '\0')
		return ("");
	while (len > 0 && text[len - 1] == ' ')
		len--;
	text[len] = '\0';
	return (vx_text(text));
}

/* "ifnet epair0b+0x18": of what the ledger knows, or has known. */
static bool
life_name(uintptr_t address, char *buf, size_t size)
{
	uint32_t life = vx_story_life(address);
	const struct vs_story_life *l = &vx_story.lives[life];

	if (life == VS_NOTHING)
		return (false);
	snprintf(buf, size, "%s %s+%#" PRIxPTR, vs_object_name(l->kind),
	    l->name, address - vx_story.addresses[life]);
	return (true);
}

static bool
is_epoch(unsigned kind)
{
	switch (kind) {
	case VS_OP_EPOCH_ENTER:
	case VS_OP_EPOCH_EXIT:
	case VS_OP_EPOCH_WAIT:
	case VS_OP_EPOCH_GRACE:
	case VS_OP_EPOCH_WAITED:
	case VS_OP_EPOCH_CALL:
	case VS_OP_EPOCH_DRAIN:
	case VS_OP_EPOCH_CALLBACK:
		return (true);
	default:
		return (false);
	}
}

/* The type of memory in use says more than where it is. */
static const char *
memory_type(uintptr_t address)
{
	uintptr_t base;
	size_t size;

	if (!vx_arena_block(address, &base, &size) ||
	    vx_arena_state(base, 1) != VX_MEM_VALID)
		return (NULL);
	return (host_kernel->block_type((const void *)base, size));
}

const char *
vx_name_object(const struct vx_op *op)
{
	char text[160];
	const char *type;
	size_t len;

	if (op->lock != NULL && op->kind != VS_OP_LOCK_INIT)
		lock_name(op->object, text, sizeof(text));
	else if (is_epoch(op->kind))
		snprintf(text, sizeof(text), "%s",
		    host_kernel->epoch_name((const void *)op->object));
	else if (!life_name(op->object, text, sizeof(text))) {
		vx_object_text(op, text, sizeof(text));
		len = strlen(text);
		if ((type = memory_type(op->object)) != NULL)
			snprintf(text + len, sizeof(text) - len, " (%s)",
			    type);
	}
	return (vx_text(text));
}

/* --- functions ----------------------------------------------------------- */

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

static void
frame_name(const void *frame, char *text, size_t size)
{
	host_symbol(frame, text, size);
	text[strcspn(text, "+")] = '\0';
}

static const char *
join_callers(void *const *frames, int n)
{
	char text[CALLERS * 64] = "", name[128];
	size_t len = 0;

	for (int i = 0; i < n && i < CALLERS; i++) {
		if (!host_image_contains(frames[i]))
			break;
		frame_name(frames[i], name, sizeof(name));
		len += (size_t)snprintf(text + len, sizeof(text) - len,
		    "%s%.60s", i > 0 ? " < " : "", name);
	}
	return (len > 0 ? vx_text(text) : NULL);
}

void
vx_name_callers(const char **function, const char **callers)
{
	char text[128] = "";
	void *frames[FRAMES];
	int n = host_backtrace_capture(frames, FRAMES, 1), i;

	/* The scheduler's own frames come first. */
	for (i = 0; i < n && !host_image_contains(frames[i]); i++)
		;
	for (; i < n; i++) {
		frame_name(frames[i], text, sizeof(text));
		if (!is_primitive(text))
			break;
	}
	*function = text[0] != '\0' ? vx_text(text) : NULL;
	*callers = i + 1 < n ? join_callers(frames + i + 1, n - i - 1) : NULL;
}

/* --- topics -------------------------------------------------------------- */

const char *
vs_topic_name(enum vs_topic topic)
{
	static const char *const names[] = {
		[VS_TOPIC_LOCK] = "lock",
		[VS_TOPIC_UNLOCK] = "unlock",
		[VS_TOPIC_SLEEP] = "sleep",
		[VS_TOPIC_WAKEUP] = "wakeup",
		[VS_TOPIC_EPOCH] = "epoch",
		[VS_TOPIC_COUNT] = "count",
		[VS_TOPIC_MEMORY] = "memory",
		[VS_TOPIC_WORK] = "work",
		[VS_TOPIC_OTHER] = "other",
	};

	return ((size_t)topic < sizeof(names) / sizeof(names[0]) ?
	    names[topic] : "unknown");
}

enum vs_topic
vx_topic(unsigned kind)
{
	unsigned flags = vx_kinds[kind].flags;

	if (kind <= VS_OP_RM_WUNLOCK || kind == VX_LOCK_AGAIN)
		return ((flags & VX_F_RELEASE) != 0 ? VS_TOPIC_UNLOCK :
		    VS_TOPIC_LOCK);
	if (is_epoch(kind))
		return (VS_TOPIC_EPOCH);
	if ((flags & VX_F_ACCESS) != 0)
		return (VS_TOPIC_MEMORY);
	switch (kind) {
	case VS_OP_SLEEP:
	case VS_OP_RESUME:
	case VS_OP_CV_WAIT:
	case VX_RESUME:
	case VX_JOIN:
		return (VS_TOPIC_SLEEP);
	case VS_OP_WAKEUP:
	case VS_OP_WAKEUP_ONE:
	case VS_OP_CV_SIGNAL:
	case VS_OP_CV_BROADCAST:
		return (VS_TOPIC_WAKEUP);
	case VS_OP_REF_ACQUIRE:
	case VS_OP_REF_RELEASE:
	case VS_OP_REF_LOAD:
		return (VS_TOPIC_COUNT);
	case VS_OP_MALLOC_WAITOK:
	case VS_OP_MALLOC_NOWAIT:
	case VS_OP_FREE:
	case VS_OP_UNR_ALLOC:
	case VS_OP_UNR_FREE:
		return (VS_TOPIC_MEMORY);
	default:
		return (kind >= VS_OP_TASK_ENQUEUE &&
		    kind <= VS_OP_CALLOUT_RUN ? VS_TOPIC_WORK :
		    VS_TOPIC_OTHER);
	}
}
