/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Who waited for which lock: a small table by name.
 */
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "impl.h"

#define	SLOTS	1024		/* distinct names; later ones are not kept */

static struct host_lock table_lock;
static struct vs_lock_stat table[SLOTS];	/* table_lock */
static bool used;				/* table_lock: anything in it */

static struct vs_lock_stat *
slot_find(const char *name)
{
	size_t i = 5381;

	for (const char *p = name; *p != '\0'; p++)
		i = i * 33 + (unsigned char)*p;
	for (size_t n = 0; n < SLOTS; n++, i++) {
		struct vs_lock_stat *s = &table[i % SLOTS];

		if (s->name[0] == '\0') {
			used = true;
			strncpy(s->name, name, sizeof(s->name) - 1);
			return (s);
		}
		if (strncmp(s->name, name, sizeof(s->name) - 1) == 0)
			return (s);
	}
	return (NULL);
}

void
vs_lock_waited(const char *name, uint64_t ns)
{
	struct vs_lock_stat *s;

	host_lock_enter(&table_lock);
	s = slot_find(name != NULL && name[0] != '\0' ? name : "?");
	if (s != NULL) {
		s->waits++;
		s->total += ns;
		if (ns > s->longest)
			s->longest = ns;
	}
	host_lock_leave(&table_lock);
}

static int
by_total(const void *a, const void *b)
{
	const struct vs_lock_stat *x = a, *y = b;

	return ((x->total < y->total) - (x->total > y->total));
}

static int
by_longest(const void *a, const void *b)
{
	const struct vs_lock_stat *x = a, *y = b;

	return ((x->longest < y->longest) - (x->longest > y->longest));
}

size_t
vs_lock_stats(struct vs_lock_stat *stats, size_t n, enum vs_lock_order order)
{
	struct vs_lock_stat *copy;
	size_t count = 0;

	copy = calloc(SLOTS, sizeof(*copy));
	if (copy == NULL)
		return (0);
	host_lock_enter(&table_lock);
	for (size_t i = 0; i < SLOTS; i++)
		if (table[i].name[0] != '\0')
			copy[count++] = table[i];
	host_lock_leave(&table_lock);
	qsort(copy, count, sizeof(*copy),
	    order == VS_LOCKS_BY_TOTAL ? by_total : by_longest);
	for (size_t i = 0; i < n && i < count; i++)
		stats[i] = copy[i];
	free(copy);
	return (count);
}

void
host_lock_stats_reset(void)
{
	host_lock_enter(&table_lock);
	if (used)
		memset(table, 0, sizeof(table));
	used = false;
	host_lock_leave(&table_lock);
}
