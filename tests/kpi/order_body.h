/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Uses of the names that kernel and host share, after all the headers.
 */
static struct malloc_type *type_a;
static struct malloc_type type_b[1];
static struct {
	void (*free)(void *);
	void *(*malloc)(size_t);
} ops = { free, malloc };
#define	ARGUMENTS	16, type_b, M_WAITOK

void	order_body(int argc, char **argv __unused);
void
order_body(int argc, char **argv __unused)
{
	char *p, *q, *r;

	p = malloc(16);
	q = malloc(16, type_b, M_WAITOK);
	r = malloc(ARGUMENTS);
	p = realloc(p, 32);
	q = realloc(q, 32, type_b, M_WAITOK);
	free(r, type_b);
	r = strdup(p);
	free(strdup(q, type_b), type_a);
	free(strndup(q, 3, type_a), type_a);
	ops.free(r);
	(free)(ops.malloc(1));
	if (asprintf(&r, "%d", argc) < 0)
		return;
	free(r);
	(void)asprintf(&r, type_b, "%d %s", argc, "text");
	(void)asprintf(&r, type_a, "text");
	free(q, type_b);
	free(p);
	printf("%d %f\n", imin(argc, 3), log(2.0));
	log(LOG_ERR, "one\n");
	log(LOG_ERR, "%d %d %d\n", 1, 2, 3);
	if (argc > 10) {
		(void)pause();
		pause("wmesg", hz);
	}
}
