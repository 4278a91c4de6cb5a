/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What the kernel prints.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <vnetsim/vnetsim.h>

#include "impl.h"

/*
 * As much as is kept; of a longer text the older half goes, as in a message
 * buffer, so that a kernel that talks for hours stays small.
 */
#define	TEXT_MAX	((size_t)4 * 1024 * 1024)

/* A copy that a reader was given; readers keep it until the next boot. */
struct copy {
	struct copy	*next;
	uint64_t	written;	/* bytes printed so far when it was made */
	char		text[];
};

static struct host_lock console_lock;
static char *text;		/* all below under console_lock */
static size_t text_len, text_size;
static uint64_t text_written;
static struct copy *copies;	/* newest first */
static bool echo;

/* Drops the older half, up to the end of a line. */
static void
text_trim(void)
{
	const char *line;
	size_t gone = text_len / 2;

	line = memchr(text + gone, '\n', text_len - gone);
	if (line != NULL)
		gone = (size_t)(line + 1 - text);
	text_len -= gone;
	memmove(text, text + gone, text_len);
}

void
host_console_write(const char *buf, size_t len)
{
	host_lock_enter(&console_lock);
	if (text_len + len > TEXT_MAX && text_len > len)
		text_trim();
	text_written += len;
	if (text_size - text_len < len) {
		text_size = (text_size + len) * 2 + 4096;
		text = realloc(text, text_size);
		if (text == NULL)
			host_fatal("out of memory for the console");
	}
	if (len > 0)
		memcpy(text + text_len, buf, len);
	text_len += len;
	if (echo && write(STDERR_FILENO, buf, len) < 0)
		echo = false;
	host_lock_leave(&console_lock);
}

void
host_console_echo(bool on)
{
	host_lock_enter(&console_lock);
	echo = on;
	host_lock_leave(&console_lock);
}

/*
 * The text as it is now.  A copy, since threads may go on printing while the
 * caller reads; the same copy while nothing is added.
 */
const char *
host_console_text(void)
{
	struct copy *copy;

	host_lock_enter(&console_lock);
	copy = copies;
	if (copy == NULL || copy->written != text_written) {
		copy = malloc(sizeof(*copy) + text_len + 1);
		if (copy == NULL)
			host_fatal("out of memory for the console");
		copy->next = copies;
		copy->written = text_written;
		if (text_len > 0)
			memcpy(copy->text, text, text_len);
		copy->text[text_len] = '\0';
		copies = copy;
	}
	host_lock_leave(&console_lock);
	return (copy->text);
}

const char *
vs_console(void)
{
	return (host_console_text());
}

void
host_console_reset(void)
{
	struct copy *copy, *next;

	host_lock_enter(&console_lock);
	for (copy = copies; copy != NULL; copy = next) {
		next = copy->next;
		free(copy);
	}
	copies = NULL;
	text_len = 0;
	host_lock_leave(&console_lock);
}
