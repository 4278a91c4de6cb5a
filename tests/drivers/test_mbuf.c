/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Packet buffers: what an interface driver does with them.
 */
#include "test.h"

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/hash.h>
#include <sys/malloc.h>
#include <sys/mbuf.h>
#include <sys/uio.h>

/* A packet of `len` bytes 0, 1, 2, ... in mbufs of `piece` bytes. */
static struct mbuf *
packet(int len, int piece)
{
	struct mbuf *m, *n;
	int i, done;

	m = n = m_gethdr(M_WAITOK, MT_DATA);
	for (done = 0;;) {
		for (i = 0; i < piece && done < len; i++)
			n->m_data[i] = done++;
		n->m_len = i;
		if (done == len)
			break;
		n = n->m_next = m_get(M_WAITOK, MT_DATA);
	}
	m->m_pkthdr.len = len;
	return (m);
}

static void
assert_bytes(struct mbuf *m, int first, int len)
{
	u_char byte;
	int i;

	assert_int_equal(m->m_pkthdr.len, len);
	assert_int_equal(m_length(m, NULL), len);
	for (i = 0; i < len; i++) {
		m_copydata(m, i, 1, (caddr_t)&byte);
		assert_int_equal(byte, (u_char)(first + i));
	}
}

static void
sizes_in(void *arg)
{
	struct mbuf *m;

	assert_int_equal(MLEN, 224);
	assert_in_range(MHLEN, 150, 170);
	m = m_getcl(M_WAITOK, MT_DATA, M_PKTHDR);
	assert_int_equal(M_SIZE(m), MCLBYTES);
	assert_int_equal(M_TRAILINGSPACE(m), MCLBYTES);
	m_freem(m);
	m = m_get2(100, M_WAITOK, MT_DATA, M_PKTHDR);
	assert_int_equal(m->m_flags & M_EXT, 0);
	m_freem(m);
	m = m_getm2(NULL, 10000, M_WAITOK, MT_DATA, M_PKTHDR);
	assert_true((m->m_flags & M_PKTHDR) != 0);
	assert_int_equal(m->m_next->m_flags & M_PKTHDR, 0);
	m_freem(m);
	m_freem(NULL);
}

static void
trim_in(void *arg)
{
	struct mbuf *m = packet(500, 90);

	m_adj(m, 100);
	assert_bytes(m, 100, 400);
	m_adj(m, -150);
	assert_bytes(m, 100, 250);
	m_adj(m, -1000);
	assert_int_equal(m->m_pkthdr.len, 0);
	m_freem(m);
}

static void
pullup_in(void *arg)
{
	struct mbuf *m = packet(300, 10);

	m = m_pullup(m, 40);
	assert_non_null(m);
	assert_true(m->m_len >= 40);
	assert_bytes(m, 0, 300);
	/* A packet that is too short is freed. */
	assert_null(m_pullup(m, 301));
	m = packet(300, 100);
	assert_null(m_pullup(m, MHLEN + 1));
}

static void
prepend_in(void *arg)
{
	struct mbuf *m = packet(50, 50);
	int i;

	M_PREPEND(m, 14, M_NOWAIT);
	assert_non_null(m);
	assert_int_equal(m->m_pkthdr.len, 64);
	assert_true(m->m_len >= 14);
	for (i = 0; i < 14; i++)
		m->m_data[i] = 100 + i;
	m_adj(m, 14);
	assert_bytes(m, 0, 50);
	m_freem(m);

	/* With room in front nothing is allocated. */
	m = m_gethdr(M_WAITOK, MT_DATA);
	m_align(m, 20);
	m->m_len = m->m_pkthdr.len = 20;
	M_PREPEND(m, 14, M_NOWAIT);
	assert_null(m->m_next);
	m_freem(m);
}

static void
copy_in(void *arg)
{
	char bytes[64];
	struct mbuf *m = packet(400, 60), *n;
	struct m_tag *tag;

	tag = m_tag_alloc(7, 3, 4, M_WAITOK);
	memcpy(tag + 1, "abcd", 4);
	m_tag_prepend(m, tag);
	n = m_dup(m, M_WAITOK);
	m_freem(m);
	assert_bytes(n, 0, 400);
	tag = m_tag_locate(n, 7, 3, NULL);
	assert_non_null(tag);
	assert_memory_equal(tag + 1, "abcd", 4);
	m = m_copym(n, 100, 50, M_WAITOK);
	assert_int_equal(m_length(m, NULL), 50);
	assert_int_equal((u_char)m->m_data[0], 100);
	m_freem(m);
	n = m_defrag(n, M_WAITOK);
	assert_bytes(n, 0, 400);

	memset(bytes, 0xee, sizeof(bytes));
	m_copyback(n, 380, sizeof(bytes), bytes);
	assert_int_equal(n->m_pkthdr.len, 444);
	m_copydata(n, 380, sizeof(bytes), bytes);
	assert_int_equal((u_char)bytes[63], 0xee);
	m_freem(n);
}

static void
joined_in(void *arg)
{
	struct mbuf *m = packet(200, 150), *n = packet(30, 10);

	m_catpkt(m, n);
	assert_int_equal(m->m_pkthdr.len, 230);
	assert_int_equal(m_length(m, NULL), 230);
	assert_int_equal(m_append(m, 3, "xyz"), 1);
	assert_int_equal(m->m_pkthdr.len, 233);
	m_freem(m);
}

static void
tags_in(void *arg)
{
	struct mbuf *m = packet(10, 10);

	m_tag_prepend(m, m_tag_get(1, 0, M_WAITOK));
	m_tag_prepend(m, m_tag_get(2 | MTAG_PERSISTENT, 8, M_WAITOK));
	m_tag_delete_nonpersistent(m);
	assert_null(m_tag_find(m, 1, NULL));
	assert_non_null(m_tag_find(m, 2 | MTAG_PERSISTENT, NULL));
	m_freem(m);
}

static void
queue_in(void *arg)
{
	struct mbuf *m, *extra = packet(1, 1);
	struct mbufq q;
	int i, n;

	mbufq_init(&q, 3);
	assert_true(mbufq_empty(&q));
	for (i = 0; i < 3; i++)
		assert_int_equal(mbufq_enqueue(&q, packet(i + 1, 9)), 0);
	assert_true(mbufq_full(&q));
	assert_int_equal(mbufq_enqueue(&q, extra), ENOBUFS);
	m = mbufq_dequeue(&q);
	assert_int_equal(m->m_pkthdr.len, 1);
	m_freem(m);
	assert_int_equal(mbufq_enqueue(&q, extra), 0);
	for (n = 0, m = mbufq_flush(&q); m != NULL; n++) {
		struct mbuf *next = m->m_nextpkt;

		m_freem(m);
		m = next;
	}
	assert_int_equal(n, 3);
	assert_true(mbufq_empty(&q));
	assert_null(mbufq_dequeue(&q));
}

static void
freed_elsewhere(struct mbuf *m)
{
	++*(int *)m->m_ext.ext_arg1;
}

static void
external_in(void *arg)
{
	static char outside[512];
	struct mbuf *m = m_gethdr(M_WAITOK, MT_DATA);
	int freed = 0;

	m_extadd(m, outside, sizeof(outside), freed_elsewhere, &freed, NULL,
	    0, 0);
	assert_ptr_equal(m->m_data, outside);
	assert_int_equal(M_SIZE(m), 512);
	m_freem(m);
	assert_int_equal(freed, 1);
}

static void
uio_in(void *arg)
{
	char from[3000], to[3000];
	struct iovec iov = { from, sizeof(from) };
	struct uio uio = {
		.uio_iov = &iov,
		.uio_iovcnt = 1,
		.uio_resid = sizeof(from),
		.uio_segflg = UIO_SYSSPACE,
		.uio_rw = UIO_WRITE,
	};
	struct mbuf *m;
	size_t i;

	for (i = 0; i < sizeof(from); i++)
		from[i] = i;
	m = m_uiotombuf(&uio, M_WAITOK, 0, 16, M_PKTHDR);
	assert_non_null(m);
	assert_int_equal(m->m_pkthdr.len, sizeof(from));
	assert_int_equal(uio.uio_resid, 0);
	assert_true(M_LEADINGSPACE(m) >= 16);
	iov = (struct iovec){ to, sizeof(to) };
	uio.uio_iov = &iov;
	uio.uio_resid = sizeof(to);
	uio.uio_rw = UIO_READ;
	assert_int_equal(m_mbuftouio(&uio, m, 0), 0);
	assert_memory_equal(from, to, sizeof(from));
	m_freem(m);

	/* A bad user address frees what was begun. */
	iov = (struct iovec){ NULL, 100 };
	uio.uio_iov = &iov;
	uio.uio_iovcnt = 1;
	uio.uio_resid = 100;
	uio.uio_segflg = UIO_USERSPACE;
	uio.uio_rw = UIO_WRITE;
	assert_null(m_uiotombuf(&uio, M_WAITOK, 0, 0, M_PKTHDR));
}

/* Every M_NOWAIT allocation of a sequence fails once, and nothing leaks. */
static void
failing_in(void *arg)
{
	struct mbuf *m, *n;
	unsigned long nth;
	bool hit = true;

	for (nth = 1; hit; nth++) {
		m = packet(300, 20);
		m_tag_prepend(m, m_tag_get(1, 8, M_WAITOK));
		vs_fail_malloc(nth);
		n = m_dup(m, M_NOWAIT);
		m_freem(n);
		M_PREPEND(m, 14, M_NOWAIT);
		if (m != NULL)
			m = m_pullup(m, 100);
		n = m_getcl(M_NOWAIT, MT_DATA, M_PKTHDR);
		m_freem(n);
		m_freem(m);
		hit = vs_fail_malloc_hit();
		vs_fail_malloc(0);
	}
	assert_true(nth > 5);
}

static void
leak_in(void *arg)
{
	(void)m_gethdr(M_WAITOK, MT_DATA);
}

/* Known answers of the hash that drivers make addresses with. */
static void
hash_in(void *arg)
{
	static const char text[] = "Four score and seven years ago";
	uint32_t words[2] = { 1, 2 };

	assert_int_equal(jenkins_hash(text, 30, 0), 0x17770551);
	assert_int_equal(jenkins_hash("", 0, 0), 0xdeadbeef);
	assert_int_equal(jenkins_hash32(words, 2, 9),
	    jenkins_hash(words, sizeof(words), 9));
}

#define	INSIDE(name)							\
	static void							\
	name(void **state)						\
	{								\
		run(name##_in, NULL);					\
	}
INSIDE(sizes)
INSIDE(trim)
INSIDE(pullup)
INSIDE(prepend)
INSIDE(copy)
INSIDE(joined)
INSIDE(tags)
INSIDE(queue)
INSIDE(external)
INSIDE(uio)
INSIDE(failing)
INSIDE(hash)

static void
leak(void **state)
{
	const struct vs_outcome *o;

	run(leak_in, NULL);
	test_booted = false;
	o = vs_shutdown();
	assert_non_null(o);
	assert_int_equal(o->kind, VS_LEAK);
	assert_non_null(strstr(o->report, "mbuf"));
}

#ifdef INVARIANTS
static void
no_header_in(void *arg)
{
	struct mbuf *m = m_get(M_WAITOK, MT_DATA);

	M_SETFIB(m, 1);
}

static void
no_header(void **state)
{
	expect_panic(no_header_in, NULL, "*: no mbuf packet header!");
}
#endif

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(sizes),
		TEST(trim),
		TEST(pullup),
		TEST(prepend),
		TEST(copy),
		TEST(joined),
		TEST(tags),
		TEST(queue),
		TEST(external),
		TEST(uio),
		TEST(failing),
		TEST(hash),
		TEST(leak),
#ifdef INVARIANTS
		TEST(no_header),
#endif
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
