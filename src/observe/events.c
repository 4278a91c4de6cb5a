/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The event stream.
 *
 * A ring of the last MAX_EVENTS events, whose memory grows with what is
 * recorded and stays until recording starts anew.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../host/impl.h"

#define	CHUNK		((size_t)1024)
#define	NCHUNKS		((size_t)1024)
#define	MAX_EVENTS	(CHUNK * NCHUNKS)

bool vs_events_on;

static struct host_lock events_lock;
static struct vs_event *chunks[NCHUNKS];	/* events_lock */
static uint64_t next_seq;			/* events_lock */

static struct vs_event *
event_at(uint64_t seq)
{
	return (&chunks[seq / CHUNK % NCHUNKS][seq % CHUNK]);
}

void
vs_event_emit(const char *class, const char *fmt, ...)
{
	struct vs_event event = { 0 };
	struct vs_event **chunk;
	va_list ap;

	snprintf(event.class, sizeof(event.class), "%s", class);
	va_start(ap, fmt);
	vsnprintf(event.text, sizeof(event.text), fmt, ap);
	va_end(ap);

	host_lock_enter(&events_lock);
	chunk = &chunks[next_seq / CHUNK % NCHUNKS];
	if (*chunk == NULL && (*chunk = calloc(CHUNK, sizeof(event))) == NULL)
		host_fatal("out of memory for events");
	event.seq = next_seq++;
	*event_at(event.seq) = event;
	host_lock_leave(&events_lock);
}

void
host_events_reset(void)
{
	/* Threads of a living kernel may look at it. */
	__atomic_store_n(&vs_events_on, false, __ATOMIC_RELAXED);
	host_lock_enter(&events_lock);
	next_seq = 0;
	/* They come in order, and go all together. */
	for (size_t i = 0; i < NCHUNKS && chunks[i] != NULL; i++) {
		free(chunks[i]);
		chunks[i] = NULL;
	}
	host_lock_leave(&events_lock);
}

void
vs_events_record(bool on)
{
	if (on)
		host_events_reset();
	__atomic_store_n(&vs_events_on, on, __ATOMIC_RELAXED);
}

size_t
vs_events_read(struct vs_event *events, size_t n)
{
	uint64_t first;
	size_t exist;

	host_lock_enter(&events_lock);
	exist = next_seq < MAX_EVENTS ? (size_t)next_seq : MAX_EVENTS;
	first = next_seq - exist;
	for (size_t i = 0; i < n && i < exist; i++)
		events[i] = *event_at(first + i);
	host_lock_leave(&events_lock);
	return (exist);
}
