/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Growing text for reports.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "impl.h"

/* Text given out stays until host_begin(), even if nobody remembers it. */
struct chunk {
	struct chunk	*next, *prev;	/* text_lock */
	char		text[];
};

static struct host_lock text_lock;
static struct chunk *chunks;		/* text_lock */

static void
chunk_unlink(struct chunk *chunk)
{
	if (chunk->next != NULL)
		chunk->next->prev = chunk->prev;
	if (chunk->prev != NULL)
		chunk->prev->next = chunk->next;
	else
		chunks = chunk->next;
}

static void
chunk_link(struct chunk *chunk)
{
	chunk->prev = NULL;
	chunk->next = chunks;
	if (chunks != NULL)
		chunks->prev = chunk;
	chunks = chunk;
}

static void
grow(struct host_text *text, size_t size)
{
	struct chunk *chunk = NULL;

	host_lock_enter(&text_lock);
	if (text->text != NULL) {
		chunk = (struct chunk *)(void *)
		    (text->text - offsetof(struct chunk, text));
		chunk_unlink(chunk);
	}
	chunk = realloc(chunk, sizeof(*chunk) + size);
	if (chunk == NULL)
		host_fatal("out of memory for a report");
	chunk_link(chunk);
	host_lock_leave(&text_lock);
	text->text = chunk->text;
	text->size = size;
}

void
host_text_add(struct host_text *text, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0)
		return;
	if (text->text == NULL || text->size - text->len <= (size_t)len)
		grow(text, (text->len + (size_t)len + 1) * 2 + 256);
	va_start(ap, fmt);
	vsnprintf(text->text + text->len, (size_t)len + 1, fmt, ap);
	va_end(ap);
	text->len += (size_t)len;
}

void
host_text_release(void)
{
	struct chunk *chunk;

	host_lock_enter(&text_lock);
	while ((chunk = chunks) != NULL) {
		chunks = chunk->next;
		free(chunk);
	}
	host_lock_leave(&text_lock);
}

/* The machine failed us, or the library itself is wrong: there is no way on. */
void
host_fatal(const char *fmt, ...)
{
	va_list ap;

	fputs("vnetsim: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	abort();
}
