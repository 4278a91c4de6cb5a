/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * docs/locks.md against the order that WITNESS learns from a bit of work.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vnetsim/syscalls.h>

#include <sys/param.h>
#include <sys/systm.h>

#include "test.h"

#ifdef WITNESS
#define	LOCKS_MAX	64

static struct lock_row {
	int	rank;
	char	name[64];
} rows[LOCKS_MAX];
static int nrows;

/* "| 8 | ifnet_detach_sx | ..." */
static void
read_table(void)
{
	char line[512];
	FILE *f;

	f = fopen(LOCKS_MD, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL && nrows < LOCKS_MAX)
		if (sscanf(line, "| %d | %63[^|]", &rows[nrows].rank,
		    rows[nrows].name) == 2) {
			rows[nrows].name[strcspn(rows[nrows].name, "|")] = '\0';
			while (rows[nrows].name[strlen(rows[nrows].name) -
			    1] == ' ')
				rows[nrows].name[strlen(rows[nrows].name) -
				    1] = '\0';
			nrows++;
		}
	fclose(f);
}

static int
rank_of(const char *name, size_t len)
{
	for (int i = 0; i < nrows; i++)
		if (strlen(rows[i].name) == len &&
		    strncmp(rows[i].name, name, len) == 0)
			return (rows[i].rank);
	return (0);
}

/* Every lock of the table is taken by some of this. */
static void
work(void *arg)
{
	char name[16] = "epair";
	int jid;

	CHECK(vs_if_create(name) == 0);
	CHECK(vs_jail_create("name=j persist vnet", &jid) == 0);
	CHECK(vs_if_vmove("epair0b", jid) == 0);
	CHECK(vs_if_rename("epair0a", "here") == 0);
	CHECK(vs_if_group_add("here", "grp") == 0);
	CHECK(vs_if_addr_add("here", "10.0.0.1/24") == 0);
	CHECK(vs_kldunload("if_disc") == 0);
	CHECK(vs_kldload("if_disc", NULL) == 0);
	CHECK(vs_jail_remove(jid) == 0);
	CHECK(vs_if_destroy("here") == 0);
}

static char graph[1 << 20];

static void
read_graph(void *arg)
{
	size_t len = sizeof(graph) - 1;

	CHECK(vs_sysctl("debug.witness.fullgraph", graph, &len, NULL, 0) == 0);
}

/* A line is "parent","child". */
static int
check_line(const char *line)
{
	const char *child = strstr(line, "\",\"");
	int a, b;

	if (line[0] != '"' || child == NULL)
		return (0);
	a = rank_of(line + 1, (size_t)(child - line - 1));
	b = rank_of(child + 3, strcspn(child + 3, "\""));
	if (a == 0 || b == 0)
		return (0);
	if (a > b)
		fail_msg("docs/locks.md has it the other way round: %.*s",
		    (int)strcspn(line, "\n"), line);
	return (1);
}
#endif

static void
test_table(void **state)
{
#ifdef WITNESS
	const char *line;
	int known = 0;

	read_table();
	assert_true(nrows > 10);
	assert_int_equal(vs_boot(NULL), 0);
	assert_null(vs_run(work, NULL));
	assert_null(vs_run(read_graph, NULL));
	assert_null(vs_shutdown());
	for (line = graph; line != NULL; line = strchr(line + 1, '\n'))
		known += check_line(line[0] == '\n' ? line + 1 : line);
	/* The table must be about this kernel's locks. */
	assert_true(known > 10);
#else
	skip();
#endif
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
