/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Interfaces of a driver without cloner: references, methods, accessors,
 * walks, and what they cost when there are many.
 */
#include "if_test.h"

#include <sys/epoch.h>
#include <sys/mbuf.h>
#include <net/ethernet.h>
#include <net/if_dl.h>
#include <net/if_private.h>
#include <net/if_types.h>
#include <net/ifq.h>

#include <time.h>

static if_t
tst_attach(int unit)
{
	if_t ifp = if_alloc(IFT_OTHER);

	if_initname(ifp, "tst", unit);
	if_attach(ifp);
	return (ifp);
}

static void
tst_detach(if_t ifp)
{
	if_detach(ifp);
	if_free(ifp);
}

/* --- references ---------------------------------------------------------- */

static void
reference_main(void *arg)
{
	struct epoch_tracker et;
	if_t ifp;

	CURVNET_SET(vnet0);
	ifp = tst_attach(0);
	CHECK(vs_ledger_holders(VS_IFNET, ifp, "index") == 1);
	CHECK(ifunit_ref("tst0") == ifp);
	CHECK(vs_ledger_refs(VS_IFNET, ifp) == 2);
	tst_detach(ifp);
	CHECK(vs_ledger_refs(VS_IFNET, ifp) == 1);
	CHECK(ifunit("tst0") == NULL);
	NET_EPOCH_ENTER(et);
	CHECK(if_try_ref(ifp));
	NET_EPOCH_EXIT(et);
	if_rele(ifp);
	if_rele(ifp);
	NET_EPOCH_DRAIN_CALLBACKS();
	CURVNET_RESTORE();
}

static void
test_references(void **state)
{
	size_t before = vs_ledger_count(VS_IFNET);

	run(reference_main, NULL);
	assert_int_equal(vs_ledger_count(VS_IFNET), before);
}

/* --- methods ------------------------------------------------------------- */

static void
methods_main(void *arg)
{
	struct sockaddr dst = { .sa_len = sizeof(dst), .sa_family = AF_INET };
	struct sockaddr *ll = &dst;
	struct ifreq ifr = { 0 };
	if_t ifp;

	CURVNET_SET(vnet0);
	ifp = tst_attach(0);
	CHECK(if_gettransmitfn(ifp) != NULL && if_getqflushfn(ifp) != NULL);
	if_inc_counter(ifp, IFCOUNTER_IPACKETS, 3);
	CHECK(if_getcounter(ifp, IFCOUNTER_IPACKETS) == 3);
	if_ref(ifp);
	tst_detach(ifp);
	CHECK(if_ioctl(ifp, SIOCSIFFLAGS, &ifr) == ENXIO);
	CHECK(if_transmit(ifp, m_gethdr(M_WAITOK, MT_DATA)) == ENXIO);
	CHECK(if_output(ifp, m_gethdr(M_WAITOK, MT_DATA), &dst, NULL) ==
	    ENXIO);
	if_input(ifp, m_gethdr(M_WAITOK, MT_DATA));
	CHECK(if_resolvemulti(ifp, &ll, &dst) == ENXIO && ll == NULL);
	CHECK(if_getcounter(ifp, IFCOUNTER_IPACKETS) == 0);
	CHECK(if_snd_tag_alloc(ifp, NULL, NULL) == EOPNOTSUPP);
	if_start(ifp);
	if_qflush(ifp);
	CHECK(if_getlladdr(ifp) == NULL);
	if_rele(ifp);
	CURVNET_RESTORE();
}

static void
test_methods(void **state)
{
	run(methods_main, NULL);
}

/* --- accessors ----------------------------------------------------------- */

static void
accessors_main(void *arg)
{
	if_t ifp;

	CURVNET_SET(vnet0);
	ifp = if_alloc(IFT_OTHER);
	if_initname(ifp, "tst", IF_DUNIT_NONE);
	CHECK(strcmp(if_name(ifp), "tst") == 0);
	CHECK(if_getdunit(ifp) == IF_DUNIT_NONE);
	CHECK(if_setname(ifp, "sixteencharacter") == ENAMETOOLONG);
	CHECK(if_setname(ifp, "t") == 0);
	CHECK(strcmp(if_getdname(ifp), "tst") == 0);
	CHECK(if_gettype(ifp) == IFT_OTHER);
	CHECK(if_getalloctype(ifp) == IFT_OTHER);
	CHECK(if_getnumadomain(ifp) == IF_NODOM);
	if_setflags(ifp, IFF_BROADCAST);
	if_setflagbits(ifp, IFF_DEBUG, IFF_BROADCAST);
	CHECK(if_getflags(ifp) == IFF_DEBUG);
	if_setdrvflagbits(ifp, IFF_DRV_RUNNING, 0);
	CHECK(if_getdrvflags(ifp) == IFF_DRV_RUNNING);
	if_setcapabilities(ifp, IFCAP_TSO4);
	if_setcapabilitiesbit(ifp, IFCAP_LRO, IFCAP_TSO4);
	CHECK(if_getcapabilities(ifp) == IFCAP_LRO);
	if_setcapenable(ifp, IFCAP_LRO);
	if_togglecapenable(ifp, IFCAP_LRO | IFCAP_TSO6);
	CHECK(if_getcapenable(ifp) == IFCAP_TSO6);
	if_sethwassist(ifp, CSUM_TCP);
	if_sethwassistbits(ifp, CSUM_UDP, CSUM_TCP);
	CHECK(if_gethwassist(ifp) == CSUM_UDP);
	if_clearhwassist(ifp);
	CHECK(if_gethwassist(ifp) == 0);
	CHECK(if_setbaudrate(ifp, IF_Gbps(1)) == 0);
	CHECK(if_getbaudrate(ifp) == 1000000000);
	if_setmtu(ifp, 9000);
	CHECK(if_getmtu(ifp) == 9000);
	CHECK(if_getmtu_family(ifp, AF_INET) == 9000);
	if_setsoftc(ifp, &ifp);
	CHECK(if_getsoftc(ifp) == &ifp);
	if_setsendqlen(ifp, 7);
	CHECK(ifp->if_snd.ifq_maxlen == 7 && if_sendq_empty(ifp));
	CHECK(if_getvnet(ifp) == vnet0 && if_gethomevnet(ifp) == NULL);
	CHECK(!if_altq_is_enabled(ifp));
	if_attach(ifp);
	CHECK(if_gethomevnet(ifp) == vnet0);
	CHECK(if_getafdata(ifp, AF_INET) != NULL);
	CHECK(if_getafdata(ifp, AF_LOCAL) == NULL);
	CHECK(if_lladdr_count(ifp) == 1 && if_llmaddr_count(ifp) == 0);
	CHECK(if_maddr_empty(ifp));
	tst_detach(ifp);
	CURVNET_RESTORE();
}

static void
test_accessors(void **state)
{
	run(accessors_main, NULL);
}

/* --- walks --------------------------------------------------------------- */

static int
count_up_to(if_t ifp, void *arg)
{
	int *left = arg;

	return (--*left == 0 ? EINTR : 0);
}

static bool
is_tst(if_t ifp, void *arg)
{
	return (strcmp(if_getdname(ifp), "tst") == 0);
}

static int
count_refs(if_t ifp, void *arg)
{
	CHECK(ifp->if_refcount >= 2);
	++*(int *)arg;
	return (0);
}

static void
walks_main(void *arg)
{
	struct epoch_tracker et;
	struct if_iter iter;
	if_t ifp, ifps[40];
	int i, n;

	CURVNET_SET(vnet0);
	for (i = 0; i < 40; i++)
		ifps[i] = tst_attach(i);
	NET_EPOCH_ENTER(et);
	n = 10;
	CHECK(if_foreach(count_up_to, &n) == EINTR && n == 0);
	n = 0;
	for (ifp = if_iter_start(&iter); ifp != NULL;
	    ifp = if_iter_next(&iter))
		n++;
	if_iter_finish(&iter);
	CHECK(n == 41);
	NET_EPOCH_EXIT(et);
	n = 0;
	CHECK(if_foreach_sleep(is_tst, NULL, count_refs, &n) == 0);
	CHECK(n == 40);
	for (i = 0; i < 40; i++) {
		CHECK(ifps[i]->if_refcount == 1);
		tst_detach(ifps[i]);
	}
	CURVNET_RESTORE();
}

static void
test_walks(void **state)
{
	run(walks_main, NULL);
}

/* Takes note of the address's last byte; two for each, for the sum. */
static u_int
note_lladdr(void *arg, struct sockaddr_dl *sdl, u_int count)
{
	uint8_t *seen = arg;

	CHECK(sdl->sdl_family == AF_LINK);
	seen[count / 2] = LLADDR(sdl)[5];
	return (2);
}

static void
lladdrs_main(void *arg)
{
	static const uint8_t mac[] = { 2, 0, 0, 0, 0, 7 };
	struct sockaddr_dl group = {
		.sdl_len = sizeof(group), .sdl_family = AF_LINK, .sdl_alen = 6,
		.sdl_data = { 1, 0, 0, 0, 0, 9 }
	};
	uint8_t seen[4] = { 0 }, *bytes;
	char name[] = "muchlonger0";
	if_t ifp;

	CURVNET_SET(vnet0);
	ifp = if_alloc(IFT_ETHER);
	if_initname(ifp, "tst", 0);
	ether_ifattach(ifp, mac);
	CHECK(if_foreach_lladdr(ifp, note_lladdr, seen) == 2);
	CHECK(seen[0] == 7 && seen[1] == 0);
	/* A driver may write to it, and it stays put when the name grows. */
	bytes = IF_LLADDR(ifp);
	bytes[5] = 8;
	CHECK(if_rename(ifp, name) == 0);
	CHECK(IF_LLADDR(ifp) == bytes && bytes[0] == 2 && bytes[5] == 8);
	CHECK(if_foreach_lladdr(ifp, note_lladdr, seen) == 2);
	CHECK(seen[0] == 8);
	CHECK(if_foreach_llmaddr(ifp, note_lladdr, seen) == 0);
	CHECK(if_addmulti(ifp, (struct sockaddr *)&group, NULL) == 0);
	CHECK(if_foreach_llmaddr(ifp, note_lladdr, seen) == 2);
	CHECK(seen[0] == 9 && if_llmaddr_count(ifp) == 1);
	ether_ifdetach(ifp);
	if_free(ifp);
	CURVNET_RESTORE();
}

static void
test_lladdrs(void **state)
{
	run(lladdrs_main, NULL);
}

/* --- queues -------------------------------------------------------------- */

static struct mbuf *
packet(int len)
{
	return (m_getm2(NULL, len, M_WAITOK, MT_DATA, M_PKTHDR));
}

static void
plain_queue_main(void *arg)
{
	struct ifqueue q = { .ifq_maxlen = 3 };
	struct mbuf *m, *p[3];
	int i;

	mtx_init(&q.ifq_mtx, "ifq", NULL, MTX_DEF | MTX_NEW);
	for (i = 0; i < 3; i++)
		p[i] = packet(60);
	IF_DEQUEUE(&q, m);
	CHECK(m == NULL && q.ifq_len == 0);
	IF_PREPEND(&q, p[1]);
	IF_ENQUEUE(&q, p[2]);
	CHECK(!_IF_QFULL(&q));
	IF_PREPEND(&q, p[0]);
	CHECK(_IF_QFULL(&q) && _IF_QLEN(&q) == 3);
	for (i = 0; i < 3; i++) {
		_IF_POLL(&q, m);
		CHECK(m == p[i]);
		IF_DEQUEUE(&q, m);
		CHECK(m == p[i] && m->m_nextpkt == NULL);
	}
	CHECK(q.ifq_head == NULL && q.ifq_tail == NULL && q.ifq_len == 0);
	for (i = 0; i < 3; i++)
		IF_ENQUEUE(&q, p[i]);
	IF_DEQUEUE_ALL(&q, m);
	CHECK(m == p[0] && m->m_nextpkt == p[1] && p[2]->m_nextpkt == NULL);
	CHECK(q.ifq_tail == NULL && q.ifq_len == 0);
	m_freemp(m);
	IF_ENQUEUE(&q, packet(60));
	IF_DRAIN(&q);
	CHECK(q.ifq_head == NULL && q.ifq_len == 0);
	mtx_destroy(&q.ifq_mtx);
}

/* The driver's part comes first, whatever is put where. */
static void
driver_queue_main(void *arg)
{
	struct ifaltq q = { .ifq_maxlen = 2 };
	struct mbuf *a = packet(60), *b = packet(60), *c = packet(60), *m;
	int error;

	mtx_init(&q.ifq_mtx, "ifq", NULL, MTX_DEF | MTX_NEW);
	IFQ_ENQUEUE(&q, a, error);
	CHECK(error == 0);
	IFQ_DRV_PREPEND(&q, b);
	CHECK(q.ifq_drv_len == 1 && q.ifq_drv_tail == b);
	IFQ_ENQUEUE(&q, c, error);
	CHECK(error == 0);
	IFQ_ENQUEUE(&q, packet(60), error);
	CHECK(error == ENOBUFS && q.ifq_len == 2);
	IFQ_POLL(&q, m);
	CHECK(m == a);
	IFQ_DRV_DEQUEUE(&q, m);
	CHECK(m == b && q.ifq_drv_tail == NULL);
	IFQ_DRV_DEQUEUE(&q, m);
	CHECK(m == a);
	IFQ_DRV_PREPEND(&q, a);
	IFQ_DRV_PREPEND(&q, b);
	CHECK(q.ifq_drv_head == b && q.ifq_drv_tail == a);
	CHECK(!IFQ_DRV_IS_EMPTY(&q));
	IFQ_DRV_PURGE(&q);
	CHECK(IFQ_DRV_IS_EMPTY(&q) && IFQ_IS_EMPTY(&q));
	mtx_destroy(&q.ifq_mtx);
}

static void
test_queues(void **state)
{
	run(plain_queue_main, NULL);
	run(driver_queue_main, NULL);
}

/* --- names --------------------------------------------------------------- */

/* Nobody tests the name of an attach; the oldest interface is found. */
static void
duplicates_main(void *arg)
{
	char name[] = "x0";
	if_t a, b, c;

	CURVNET_SET(vnet0);
	a = tst_attach(0);
	b = tst_attach(0);
	c = tst_attach(0);
	CHECK(ifunit("tst0") == a);
	CHECK(if_rename(a, name) == 0);
	CHECK(ifunit("tst0") == b && ifunit("x0") == a);
	strcpy(name, "y0");
	CHECK(if_rename(b, name) == 0);
	CHECK(ifunit("tst0") == c);
	tst_detach(c);
	CHECK(ifunit("tst0") == NULL);
	tst_detach(b);
	tst_detach(a);
	CURVNET_RESTORE();
}

static void
test_duplicates(void **state)
{
	run(duplicates_main, NULL);
}

/* --- many ---------------------------------------------------------------- */

#define	MANY	20000
#define	FEW	100
#define	ROUNDS	200

static int64_t
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (ts.tv_sec * 1000000000LL + ts.tv_nsec);
}

/* CPU time of creating and destroying one more, the best of some rounds. */
static int64_t
cost(int unit)
{
	int64_t best = INT64_MAX, start;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		start = now();
		tst_detach(tst_attach(unit));
		start = now() - start;
		if (start < best)
			best = start;
	}
	return (best);
}

static int64_t cost_few, cost_many;

static void
many_main(void *arg)
{
	if_t *ifps = malloc(MANY * sizeof(*ifps));
	int i;

	CURVNET_SET(vnet0);
	for (i = 0; i < FEW; i++)
		ifps[i] = tst_attach(i);
	cost_few = cost(MANY);
	for (; i < MANY; i++)
		ifps[i] = tst_attach(i);
	cost_many = cost(MANY);
	/* Index slots are found in constant time wherever they are. */
	tst_detach(ifps[0]);
	ifps[0] = tst_attach(0);
	for (i = 0; i < MANY; i++)
		tst_detach(ifps[i]);
	CURVNET_RESTORE();
	free(ifps);
}

static void
test_many(void **state)
{
	run(many_main, NULL);
	print_message("create and destroy: %lld ns of %d, %lld ns of %d\n",
	    (long long)cost_few, FEW, (long long)cost_many, MANY);
	assert_true(cost_many < 2 * cost_few + 20000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(test_references),
		FIXED(test_methods),
		BOTH(test_accessors),
		BOTH(test_walks),
		BOTH(test_lladdrs),
		FIXED(test_queues),
		BOTH(test_duplicates),
		FIXED(test_many),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
