/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Allocation of packet buffers.
 *
 * FreeBSD has zones for mbufs and clusters; here every one is a block of the
 * malloc type "mbuf", so that the M_NOWAIT fail counter reaches each of them
 * and a leaked packet is seen at shutdown and by the use-after-free detector.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/mbuf.h>
#include <net/if.h>
#include <net/if_private.h>

#include "bugs.h"

MALLOC_DEFINE(M_MBUF, "mbuf", "packet buffers");

CTASSERT(offsetof(struct mbuf, m_dat) == 32);
CTASSERT(sizeof(struct mbuf) <= MSIZE);

/* How the data of an M_EXT mbuf was obtained. */
#define	EXT_CLUSTER	1		/* ours, freed with the count */
#define	EXT_FOREIGN	2		/* m_extadd(): the owner frees it */

/*
 * A cluster with its count in front of it, one block of memory.
 * Lock: (a) atomic.
 */
struct cluster {
	u_int	count;			/* (a) mbufs that share it */
	char	data[] __aligned(16);
};

static void
mbuf_init(struct mbuf *m, short type, int flags)
{
	m->m_next = NULL;
	m->m_nextpkt = NULL;
	m->m_len = 0;
	m->m_type = type;
	m->m_flags = flags;
	if ((flags & M_PKTHDR) != 0) {
		memset(&m->m_pkthdr, 0, sizeof(m->m_pkthdr));
		SLIST_INIT(&m->m_pkthdr.tags);
		m->m_pkthdr.numa_domain = IF_NODOM;
	}
	m->m_data = M_START(m);
}

static struct mbuf *
mbuf_alloc(int how, short type, int flags)
{
	struct mbuf *m;

	m = malloc(MSIZE, M_MBUF, how & (M_WAITOK | M_NOWAIT));
	if (m != NULL)
		mbuf_init(m, type, flags);
	return (m);
}

struct mbuf *
m_get(int how, short type)
{
	return (mbuf_alloc(how, type, 0));
}

struct mbuf *
m_gethdr(int how, short type)
{
	return (mbuf_alloc(how, type, M_PKTHDR));
}

/* Hangs a cluster of `size` bytes on m. */
static bool
cluster_attach(struct mbuf *m, int how, int size)
{
	struct cluster *cl;

	cl = malloc(sizeof(*cl) + size, M_MBUF, how & (M_WAITOK | M_NOWAIT));
	if (cl == NULL)
		return (false);
	refcount_init(&cl->count, 1);
	m->m_ext.ext_buf = cl->data;
	m->m_ext.ext_size = size;
	m->m_ext.ext_type = EXT_CLUSTER;
	m->m_ext.ext_cnt = &cl->count;
	m->m_ext.ext_free = NULL;
	m->m_ext.ext_arg1 = m->m_ext.ext_arg2 = NULL;
	m->m_flags |= M_EXT;
	m->m_data = m->m_ext.ext_buf;
	return (true);
}

struct mbuf *
m_getjcl(int how, short type, int flags, int size)
{
	struct mbuf *m;

	m = mbuf_alloc(how, type, flags & (M_PKTHDR | M_EOR));
	if (m == NULL)
		return (NULL);
	if (!cluster_attach(m, how, size)) {
		m_free(m);
		return (NULL);
	}
	return (m);
}

struct mbuf *
m_getcl(int how, short type, int flags)
{
	return (m_getjcl(how, type, flags, MCLBYTES));
}

int
m_clget(struct mbuf *m, int how)
{
	KASSERT((m->m_flags & M_EXT) == 0, ("%s: mbuf %p has M_EXT",
	    __func__, m));
	return (cluster_attach(m, how, MCLBYTES));
}

struct mbuf *
m_get2(int size, int how, short type, int flags)
{
	if (size <= ((flags & M_PKTHDR) != 0 ? MHLEN : MLEN))
		return (mbuf_alloc(how, type, flags));
	if (size > MJUM16BYTES)
		return (NULL);
	return (m_getjcl(how, type, flags,
	    size <= MCLBYTES ? MCLBYTES : roundup2(size, MJUMPAGESIZE)));
}

/*
 * Only the first mbuf of a packet gets a header and only the last one keeps
 * M_EOR.
 */
struct mbuf *
m_getm2(struct mbuf *m, int len, int how, short type, int flags)
{
	struct mbuf *chain, *tail, *n;
	int size;

	chain = tail = NULL;
	flags &= M_PKTHDR | M_EOR;
	if (m != NULL)
		flags &= ~M_PKTHDR;
	while (len > 0 || chain == NULL) {
		size = MIN(len, MJUMPAGESIZE);
		n = m_get2(size, how, type, flags & M_PKTHDR);
		if (n == NULL) {
			m_freem(chain);
			return (NULL);
		}
		flags &= ~M_PKTHDR;
		len -= M_SIZE(n);
		if (chain == NULL)
			chain = n;
		else
			tail->m_next = n;
		tail = n;
	}
	tail->m_flags |= flags & M_EOR;
	if (m == NULL)
		return (chain);
	m_last(m)->m_next = chain;
	return (m);
}

void
m_extadd(struct mbuf *m, char *buf, u_int size, m_ext_free_t *freef,
    void *arg1, void *arg2, int flags, int type __unused)
{
	u_int *count;

	count = malloc(sizeof(*count), M_MBUF, M_WAITOK);
	refcount_init(count, 1);
	m->m_ext.ext_buf = buf;
	m->m_ext.ext_size = size;
	m->m_ext.ext_type = EXT_FOREIGN;
	m->m_ext.ext_cnt = count;
	m->m_ext.ext_free = freef;
	m->m_ext.ext_arg1 = arg1;
	m->m_ext.ext_arg2 = arg2;
	m->m_flags |= M_EXT | flags;
	m->m_data = buf;
}

/* Gives m's share of its external data back. */
static void
ext_free(struct mbuf *m)
{
	u_int *count = m->m_ext.ext_cnt;

	if (!refcount_release(count))
		return;
	if (m->m_ext.ext_type == EXT_CLUSTER)
		free(__containerof(count, struct cluster, count), M_MBUF);
	else {
		m->m_ext.ext_free(m);
		free(count, M_MBUF);
	}
}

struct mbuf *
m_free(struct mbuf *m)
{
	struct mbuf *next = m->m_next;

	if ((m->m_flags & M_PKTHDR) != 0) {
		m_tag_delete_chain(m, NULL);
		if ((m->m_pkthdr.csum_flags & CSUM_SND_TAG) != 0)
			m_snd_tag_rele(m->m_pkthdr.snd_tag);
	}
	if ((m->m_flags & M_EXT) != 0)
		ext_free(m);
	free(m, M_MBUF);
	return (next);
}

void
m_freem(struct mbuf *m)
{
	while (m != NULL)
		m = m_free(m);
}

void
m_freemp(struct mbuf *m)
{
	struct mbuf *next;

	for (; m != NULL; m = next) {
		next = m->m_nextpkt;
		m_freem(m);
	}
}

/*
 * A packet in a queue must neither keep its interface alive nor find another
 * one in its place, so it remembers index and generation.
 */
void
m_rcvif_serialize(struct mbuf *m)
{
	u_short index, gen;

	M_ASSERTPKTHDR(m);
	/* queued-packet-wrong-interface: the pointer was kept. */
	if (BUG(RCVIF_BY_POINTER))
		return;
	index = if_getindex(m->m_pkthdr.rcvif);
	gen = if_getidxgen(m->m_pkthdr.rcvif);
	m->m_pkthdr.rcvidx = index;
	m->m_pkthdr.rcvgen = gen;
}

struct ifnet *
m_rcvif_restore(struct mbuf *m)
{
	struct ifnet *ifp;

	M_ASSERTPKTHDR(m);
	NET_EPOCH_ASSERT();
	if (BUG(RCVIF_BY_POINTER))
		return (m->m_pkthdr.rcvif);
	ifp = ifnet_byindexgen(m->m_pkthdr.rcvidx, m->m_pkthdr.rcvgen);
	if (ifp == NULL || (if_getflags(ifp) & IFF_DYING) != 0)
		return (NULL);
	return (m->m_pkthdr.rcvif = ifp);
}
