/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The reference ledger: who holds what.
 *
 * Objects hang in a hash table by address and kind, each with its references
 * in the order in which they were taken.  A bucket has a lock of its own and
 * nothing here waits for anything but memory from libc.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../host/impl.h"

#define	NBUCKETS	1024		/* a power of two */
#define	DEPTH		6		/* frames kept of a caller's stack */
#define	NAME_SIZE	48

/* A reference.  Constant. */
struct ref {
	struct ref	*older;
	const char	*holder;	/* NULL: see the stack */
	const struct host_thread *thread;
	char		thread_name[HOST_NAME_SIZE];
	int		depth;
	void		*stack[DEPTH];
};

/* An object.  (b) lock of its bucket  (c) constant */
struct object {
	struct object	*next;		/* (b) */
	const volatile void *address;	/* (c) */
	enum vs_object	kind;		/* (c) */
	uint64_t	seq;		/* (c) order of birth */
	char		name[NAME_SIZE];	/* (b) */
	struct ref	*newest;	/* (b) */
	size_t		nrefs;		/* (b) */
	size_t		unknown;	/* (b) releases without a reference */
};

static struct bucket {
	struct host_lock lock;
	struct object	*objects;	/* lock */
} buckets[NBUCKETS];

bool vs_ledger_on;

static vs_ledger_watch_fn *_Atomic watcher;

static _Atomic size_t counts[VS_OBJECT_COUNT];
static _Atomic uint64_t next_seq;

/* Text that is cut where the buffer ends, and counted all the same. */
struct out {
	char	*buf;
	size_t	size;
	size_t	len;
};

/* --- objects ----------------------------------------------------------------- */

static struct bucket *
bucket_enter(enum vs_object kind, const volatile void *address)
{
	uint64_t hash = ((uintptr_t)address >> 4) + (uint64_t)kind * 0x51;
	struct bucket *bucket;

	hash *= 0x9e3779b97f4a7c15ULL;
	bucket = &buckets[hash >> 32 & (NBUCKETS - 1)];
	host_lock_enter(&bucket->lock);
	return (bucket);
}

static struct object *
object_find(struct bucket *bucket, enum vs_object kind,
    const volatile void *address)
{
	struct object *object;

	for (object = bucket->objects; object != NULL; object = object->next)
		if (object->address == address && object->kind == kind)
			break;
	return (object);
}

static void *
zalloc(size_t size)
{
	void *p = calloc(1, size);

	if (p == NULL)
		host_fatal("out of memory for the ledger");
	return (p);
}

static struct object *
object_add(struct bucket *bucket, enum vs_object kind,
    const volatile void *address)
{
	struct object *object = zalloc(sizeof(*object));

	object->address = address;
	object->kind = kind;
	object->seq = atomic_fetch_add(&next_seq, 1);
	object->next = bucket->objects;
	bucket->objects = object;
	atomic_fetch_add(&counts[kind], 1);
	return (object);
}

/* Of all kinds: zero for certain only while nobody adds any. */
static size_t
objects_count(void)
{
	size_t n = 0;

	for (size_t i = 0; i < VS_OBJECT_COUNT; i++)
		n += atomic_load(&counts[i]);
	return (n);
}

static void
object_forget(struct object *object)
{
	struct ref *ref;

	while ((ref = object->newest) != NULL) {
		object->newest = ref->older;
		free(ref);
	}
	object->nrefs = 0;
	object->unknown = 0;
}

static void
object_remove(struct bucket *bucket, struct object *object)
{
	struct object **link = &bucket->objects;

	while (*link != object)
		link = &(*link)->next;
	*link = object->next;
	atomic_fetch_sub(&counts[object->kind], 1);
	object_forget(object);
	free(object);
}

static void
object_name(struct object *object, const char *name)
{
	snprintf(object->name, sizeof(object->name), "%s",
	    name != NULL ? name : "");
}

/* --- references -------------------------------------------------------------- */

/* `ref` is filled in outside the lock, with the caller's caller on top. */
static struct ref * __attribute__((noinline))
ref_new(const char *holder)
{
	struct ref *ref = zalloc(sizeof(*ref));

	ref->holder = holder;
	ref->thread = host_self();
	memcpy(ref->thread_name, host_thread_name(),
	    sizeof(ref->thread_name));
	ref->depth = host_backtrace_capture(ref->stack, DEPTH, 2);
	return (ref);
}

static void
ref_add(struct object *object, struct ref *ref)
{
	ref->older = object->newest;
	object->newest = ref;
	object->nrefs++;
}

static void
ref_remove(struct object *object, struct ref **link)
{
	struct ref *ref = *link;

	*link = ref->older;
	object->nrefs--;
	free(ref);
}

static bool
same_holder(const char *a, const char *b)
{
	return (a == b || (a != NULL && b != NULL && strcmp(a, b) == 0));
}

/* The newest reference of a holder; of one thread, if thread is not NULL. */
static struct ref **
ref_find(struct object *object, const char *holder,
    const struct host_thread *thread)
{
	struct ref **link;

	for (link = &object->newest; *link != NULL; link = &(*link)->older)
		if (same_holder((*link)->holder, holder) &&
		    (thread == NULL || (*link)->thread == thread))
			return (link);
	return (NULL);
}

/*
 * What a release takes away: the holder's newest, else the newest anonymous
 * one (this thread's first), else the newest of all, so that the sum is right
 * even where a name is not.
 */
static struct ref **
ref_choose(struct object *object, const char *holder)
{
	struct ref **link;

	if (holder != NULL &&
	    (link = ref_find(object, holder, NULL)) != NULL)
		return (link);
	if ((link = ref_find(object, NULL, host_self())) != NULL ||
	    (link = ref_find(object, NULL, NULL)) != NULL)
		return (link);
	return (object->newest != NULL ? &object->newest : NULL);
}

/* --- what the kernel says ---------------------------------------------------- */

void
vs_ledger_watch(vs_ledger_watch_fn *fn)
{
	atomic_store(&watcher, fn);
}

static void
watch(enum vs_entry what, const struct object *object, const char *name)
{
	vs_ledger_watch_fn *fn = atomic_load(&watcher);

	if (fn != NULL)
		fn(what, object->kind, object->address, name, object->nrefs);
}

void
vs_ledger_birth(enum vs_object kind, const volatile void *address,
    const char *name, const char *holder)
{
	struct ref *ref = ref_new(holder);
	struct bucket *bucket = bucket_enter(kind, address);
	struct object *object;

	/* Memory that was freed without a word may be born again. */
	if ((object = object_find(bucket, kind, address)) != NULL)
		object_remove(bucket, object);
	object = object_add(bucket, kind, address);
	object_name(object, name);
	ref_add(object, ref);
	watch(VS_ENTRY_BIRTH, object, object->name);
	host_lock_leave(&bucket->lock);
}

void
vs_ledger_rename(enum vs_object kind, const volatile void *address,
    const char *name)
{
	struct bucket *bucket = bucket_enter(kind, address);
	struct object *object;

	if ((object = object_find(bucket, kind, address)) != NULL) {
		object_name(object, name);
		watch(VS_ENTRY_RENAME, object, object->name);
	}
	host_lock_leave(&bucket->lock);
}

void
vs_ledger_hold(enum vs_object kind, const volatile void *address,
    const char *holder)
{
	struct ref *ref = ref_new(holder);
	struct bucket *bucket = bucket_enter(kind, address);
	struct object *object;

	/* An object that was born while the ledger was off. */
	if ((object = object_find(bucket, kind, address)) == NULL)
		object = object_add(bucket, kind, address);
	ref_add(object, ref);
	watch(VS_ENTRY_HOLD, object, holder);
	host_lock_leave(&bucket->lock);
}

void
vs_ledger_rele(enum vs_object kind, const volatile void *address,
    const char *holder)
{
	struct bucket *bucket = bucket_enter(kind, address);
	struct object *object;
	struct ref **link;

	if ((object = object_find(bucket, kind, address)) != NULL) {
		if ((link = ref_choose(object, holder)) != NULL)
			ref_remove(object, link);
		else
			object->unknown++;
		watch(VS_ENTRY_RELE, object, holder);
	}
	host_lock_leave(&bucket->lock);
}

void
vs_ledger_death(enum vs_object kind, const volatile void *address)
{
	struct bucket *bucket = bucket_enter(kind, address);
	struct object *object;

	if ((object = object_find(bucket, kind, address)) != NULL) {
		object_forget(object);
		watch(VS_ENTRY_DEATH, object, NULL);
		object_remove(bucket, object);
	}
	host_lock_leave(&bucket->lock);
}

void
host_ledger_reset(bool on)
{
	for (struct bucket *b = buckets; b < buckets + NBUCKETS; b++) {
		if (objects_count() == 0)
			break;
		host_lock_enter(&b->lock);
		while (b->objects != NULL)
			object_remove(b, b->objects);
		host_lock_leave(&b->lock);
	}
	vs_ledger_on = on;
}

/* --- reading ------------------------------------------------------------------ */

size_t
vs_ledger_count(enum vs_object kind)
{
	return (atomic_load(&counts[kind]));
}

size_t
vs_ledger_refs(enum vs_object kind, const volatile void *address)
{
	struct bucket *bucket = bucket_enter(kind, address);
	struct object *object = object_find(bucket, kind, address);
	size_t n = object != NULL ? object->nrefs : 0;

	host_lock_leave(&bucket->lock);
	return (n);
}

size_t
vs_ledger_holders(enum vs_object kind, const volatile void *address,
    const char *holder)
{
	struct bucket *bucket = bucket_enter(kind, address);
	struct object *object = object_find(bucket, kind, address);
	size_t n = 0;

	if (object != NULL)
		for (struct ref *ref = object->newest; ref != NULL;
		    ref = ref->older)
			n += same_holder(ref->holder, holder);
	host_lock_leave(&bucket->lock);
	return (n);
}

const char *
vs_object_name(enum vs_object kind)
{
	static const char *const names[VS_OBJECT_COUNT] = {
		[VS_IFNET] = "ifnet",
		[VS_CLONER] = "cloner",
		[VS_PRISON] = "prison",
		[VS_PRISON_USER] = "prison user",
		[VS_UCRED] = "ucred",
		[VS_VNET] = "vnet",
		[VS_EVENTHANDLER] = "eventhandler",
		[VS_CDEV] = "cdev",
	};

	return ((size_t)kind < VS_OBJECT_COUNT ? names[kind] : "unknown");
}

const char *
vs_entry_name(enum vs_entry what)
{
	static const char *const names[] = {
		[VS_ENTRY_BIRTH] = "birth",
		[VS_ENTRY_HOLD] = "hold",
		[VS_ENTRY_RELE] = "rele",
		[VS_ENTRY_RENAME] = "rename",
		[VS_ENTRY_DEATH] = "death",
	};

	return ((size_t)what < sizeof(names) / sizeof(names[0]) ?
	    names[what] : "unknown");
}

/* --- printing ------------------------------------------------------------------ */

static void __attribute__((format(printf, 2, 3)))
put(struct out *out, const char *fmt, ...)
{
	size_t left = out->len < out->size ? out->size - out->len : 0;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(left > 0 ? out->buf + out->len : NULL, left, fmt, ap);
	va_end(ap);
	if (len > 0)
		out->len += (size_t)len;
}

static void
put_stack(struct out *out, const struct ref *ref)
{
	char symbol[128];

	for (int i = 0; i < ref->depth; i++) {
		host_symbol(ref->stack[i], symbol, sizeof(symbol));
		put(out, "%s%s", i == 0 ? "" : " < ", symbol);
	}
}

static void
put_object(struct out *out, const struct object *object)
{
	put(out, "%s %s: %zu reference%s\n", vs_object_name(object->kind),
	    object->name, object->nrefs, object->nrefs == 1 ? "" : "s");
	for (const struct ref *ref = object->newest; ref != NULL;
	    ref = ref->older) {
		put(out, "\t%s%s", ref->holder != NULL ? ref->holder : "",
		    ref->holder != NULL ? ": " : "");
		put_stack(out, ref);
		put(out, " (thread %s)\n", ref->thread_name);
	}
	if (object->unknown > 0)
		put(out, "\t%zu released that nobody held\n",
		    object->unknown);
}

size_t
vs_ledger_print(enum vs_object kind, const volatile void *address, char *buf,
    size_t size)
{
	struct bucket *bucket = bucket_enter(kind, address);
	struct object *object = object_find(bucket, kind, address);
	struct out out = { .buf = buf, .size = size };

	if (object != NULL)
		put_object(&out, object);
	else if (size > 0)
		buf[0] = '\0';
	host_lock_leave(&bucket->lock);
	return (out.len);
}

struct birth {
	uint64_t	seq;
	enum vs_object	kind;
	const volatile void *address;
};

static int
birth_compare(const void *a, const void *b)
{
	const struct birth *x = a, *y = b;

	if (x->kind != y->kind)
		return (x->kind < y->kind ? -1 : 1);
	return ((x->seq > y->seq) - (x->seq < y->seq));
}

/* All living objects by kind and birth; the caller frees the list. */
static struct birth *
births(size_t *np)
{
	struct birth *list = NULL;
	size_t n = 0, room = 0;

	for (struct bucket *b = buckets; b < buckets + NBUCKETS; b++) {
		host_lock_enter(&b->lock);
		for (struct object *o = b->objects; o != NULL; o = o->next) {
			if (n == room) {
				room = room * 2 + 64;
				list = realloc(list, room * sizeof(*list));
				if (list == NULL)
					host_fatal("out of memory");
			}
			list[n++] = (struct birth){ o->seq, o->kind,
			    o->address };
		}
		host_lock_leave(&b->lock);
	}
	if (n > 0)
		qsort(list, n, sizeof(*list), birth_compare);
	*np = n;
	return (list);
}

size_t
vs_ledger_print_all(char *buf, size_t size)
{
	struct birth *list;
	size_t n, len = 0;
	bool room;

	if (size > 0)
		buf[0] = '\0';
	/* As after every shutdown that has nothing to say. */
	if (objects_count() == 0)
		return (0);
	list = births(&n);
	for (size_t i = 0; i < n; i++) {
		room = len < size;
		len += vs_ledger_print(list[i].kind, list[i].address,
		    room ? buf + len : NULL, room ? size - len : 0);
	}
	free(list);
	return (len);
}
