/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * D. Vyukov's SafeStack: a free list of three elements in an array, without
 * locks.  Whoever takes an element marks it by exchanging its link, and puts
 * the link back if somebody else has moved the head meanwhile.  It takes three
 * threads and five preemptions in the right places until two of them own the
 * same element.
 */
#include "../pthreads.h"

#define	THREADS	3
#define	SIZE	3
#define	ROUNDS	4

#define	LOAD(p)		__atomic_load_n((p), __ATOMIC_SEQ_CST)
#define	STORE(p, v)	__atomic_store_n((p), (v), __ATOMIC_SEQ_CST)
#define	SWAP(p, v)	__atomic_exchange_n((p), (v), __ATOMIC_SEQ_CST)
#define	ADD(p, v)	__atomic_fetch_add((p), (v), __ATOMIC_SEQ_CST)
#define	CAS(p, old, v)	__atomic_compare_exchange_n((p), (old), (v), false, \
			    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)

static struct {
	volatile int	owner;
	int		next;		/* -1: taken, or the last */
} elements[SIZE];
static int head, count;

/* One element always stays. */
static int
take(void)
{
	int first, next;

	while (LOAD(&count) > 1) {
		first = LOAD(&head);
		next = SWAP(&elements[first].next, -1);
		if (next < 0)
			continue;
		if (CAS(&head, &(int){ first }, next)) {
			ADD(&count, -1);
			return (first);
		}
		SWAP(&elements[first].next, next);
	}
	return (-1);
}

static void
put(int element)
{
	int first = LOAD(&head);

	do
		STORE(&elements[element].next, first);
	while (!CAS(&head, &first, element));
	ADD(&count, 1);
}

static void *
use(void *arg)
{
	int me = (int)(intptr_t)arg, element;

	for (int i = 0; i < ROUNDS; i++) {
		while ((element = take()) < 0)
			sched_yield();
		elements[element].owner = me;
		assert(elements[element].owner == me);
		put(element);
	}
	return (NULL);
}

int
main(void)
{
	pthread_t t[THREADS];

	count = SIZE;
	for (int i = 0; i < SIZE; i++)
		elements[i].next = i + 1 < SIZE ? i + 1 : -1;
	for (intptr_t i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, use, (void *)i);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	return (0);
}
