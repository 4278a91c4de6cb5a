/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <sys/param.h>
#include <sys/proc.h>

#include <stdio.h>
#include <string.h>

#include "tlog.h"

static struct {
	char		what[24];
	struct vnet	*vnet;
} entries[4096];
static int count;
static char text[65536];

int tkld_a_load_error;
int tkld_a_quiesce_error;
int tkld_a_unload_error;
bool tkld_a_detaches;

/* Threads in the tests hand over to each other, so one counter will do. */
void
tlog(const char *what)
{
	int n = __atomic_fetch_add(&count, 1, __ATOMIC_ACQ_REL);

	if (n >= (int)nitems(entries))
		panic("tlog: full");
	snprintf(entries[n].what, sizeof(entries[n].what), "%s", what);
	entries[n].vnet = curthread->td_vnet;
}

void
tlog_clear(void)
{

	__atomic_store_n(&count, 0, __ATOMIC_RELEASE);
	tkld_a_load_error = tkld_a_quiesce_error = tkld_a_unload_error = 0;
	tkld_a_detaches = false;
}

const char *
tlog_text(void)
{
	size_t len = 0;
	int i;

	text[0] = '\0';
	for (i = 0; i < __atomic_load_n(&count, __ATOMIC_ACQUIRE); i++)
		len += snprintf(text + len, sizeof(text) - len, "%s%s",
		    i > 0 ? " " : "", entries[i].what);
	return (text);
}

struct vnet *
tlog_vnet(const char *what, int n)
{
	int i;

	for (i = 0; i < __atomic_load_n(&count, __ATOMIC_ACQUIRE); i++)
		if (strcmp(entries[i].what, what) == 0 && n-- == 0)
			return (entries[i].vnet);
	return (NULL);
}

int
tlog_count(const char *what)
{
	int n;

	for (n = 0; tlog_vnet(what, n) != NULL; n++)
		;
	return (n);
}
