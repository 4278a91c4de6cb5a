/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Packet buffers, mbuf(9), as far as interface drivers use them.
 *
 * An mbuf is MSIZE bytes of kernel memory of type "mbuf"; M_EXT data hangs
 * off it with a reference count of its own.  Whatever is not freed is named
 * at shutdown.  None of these functions takes a lock; all may be called in a
 * net epoch section and with any mutex held, as long as `how` is M_NOWAIT.
 * With M_NOWAIT every allocation can fail, and then the function returns NULL
 * (or ENOBUFS, or false) as documented.
 */
#ifndef _KPI_SYS_MBUF_H_
#define _KPI_SYS_MBUF_H_

#include <sys/param.h>
#include <sys/queue.h>
#include <sys/kassert.h>
#include <sys/malloc.h>
#include <sys/systm.h>
#include <sys/refcount.h>

struct ifnet;
struct mbuf;
struct m_snd_tag;
struct uio;

#define	MSIZE		256
#define	MCLBYTES	2048
#define	MCLSHIFT	11
#define	MJUMPAGESIZE	PAGE_SIZE
#define	MJUM9BYTES	(9 * 1024)
#define	MJUM16BYTES	(16 * 1024)

MALLOC_DECLARE(M_MBUF);
MALLOC_DECLARE(M_PACKET_TAGS);

/* A tag on a packet header, mbuf_tags(9). */
struct m_tag {
	SLIST_ENTRY(m_tag)	m_tag_link;
	uint16_t		m_tag_id;
	uint16_t		m_tag_len;	/* bytes after the tag */
	uint32_t		m_tag_cookie;	/* whose ids these are */
	void			(*m_tag_free)(struct m_tag *);
};

/* A reference that outgoing packets hold on a send queue. */
struct if_snd_tag_sw {
	void	(*snd_tag_free)(struct m_snd_tag *);
};
struct m_snd_tag {
	struct ifnet	*ifp;
	const struct if_snd_tag_sw *sw;
	u_int		refcount;
};

/*
 * First mbuf of a packet.  Mbufs have no lock: whoever holds the packet owns
 * all of it.
 */
struct pkthdr {
	union {
		struct m_snd_tag *snd_tag;	/* output, CSUM_SND_TAG */
		struct ifnet	*rcvif;		/* input */
		struct {
			uint16_t	rcvidx;	/* serialised rcvif */
			uint16_t	rcvgen;
		};
	};
	SLIST_HEAD(packet_tags, m_tag) tags;
	int32_t		len;			/* of the whole packet */
	uint32_t	flowid;
	uint32_t	csum_flags;		/* CSUM_* */
	uint16_t	fibnum;
	uint8_t		numa_domain;
	uint8_t		rsstype;		/* M_HASHTYPE_* */
	uint64_t	rcv_tstmp;
	union {					/* offload scratch */
		uint64_t	sixtyfour[1];
		uint32_t	thirtytwo[2];
		uint16_t	sixteen[4];
		uint8_t		eight[8];
	} PH_per;
	union {					/* owner's scratch */
		uint64_t	sixtyfour[1];
		void		*ptr[1];
	} PH_loc;
};
#define	ether_vtag	PH_per.sixteen[0]
#define	tcp_tun_port	PH_per.sixteen[0]
#define	csum_phsum	PH_per.sixteen[2]
#define	csum_data	PH_per.thirtytwo[1]
#define	tso_segsz	PH_per.sixteen[1]

typedef void m_ext_free_t(struct mbuf *);

/* Data that lives outside the mbuf. */
struct m_ext {
	char		*ext_buf;
	uint32_t	ext_size;
	uint32_t	ext_type;
	u_int		*ext_cnt;		/* shared count */
	m_ext_free_t	*ext_free;		/* NULL for clusters */
	void		*ext_arg1;
	void		*ext_arg2;
};

struct mbuf {
	union {
		struct mbuf		*m_next;
		SLIST_ENTRY(mbuf)	m_slist;
		STAILQ_ENTRY(mbuf)	m_stailq;
	};
	union {
		struct mbuf		*m_nextpkt;
		SLIST_ENTRY(mbuf)	m_slistpkt;
		STAILQ_ENTRY(mbuf)	m_stailqpkt;
	};
	char		*m_data;
	int32_t		m_len;
	uint32_t	m_type : 8,
			m_flags : 24;
	union {
		struct {
			struct pkthdr	m_pkthdr;	/* M_PKTHDR */
			union {
				struct m_ext	m_ext;	/* M_EXT */
				char		m_pktdat[0];
			};
		};
		char	m_dat[0];
	};
};

#define	MLEN		((int)(MSIZE - offsetof(struct mbuf, m_dat)))
#define	MHLEN		((int)(MSIZE - offsetof(struct mbuf, m_pktdat)))
#define	MINCLSIZE	(MHLEN + 1)

/* m_type */
#define	MT_NOTMBUF	0
#define	MT_DATA		1
#define	MT_HEADER	MT_DATA
#define	MT_SONAME	8
#define	MT_CONTROL	14
#define	MT_OOBDATA	16
#define	MT_NOINIT	255

/* m_flags */
#define	M_EXT		0x00000001
#define	M_PKTHDR	0x00000002
#define	M_EOR		0x00000004
#define	M_RDONLY	0x00000008
#define	M_BCAST		0x00000010	/* link-level broadcast */
#define	M_MCAST		0x00000020	/* link-level multicast */
#define	M_PROMISC	0x00000040	/* not for us */
#define	M_VLANTAG	0x00000080	/* ether_vtag is valid */
#define	M_EXTPG		0x00000100
#define	M_NOFREE	0x00000200
#define	M_TSTMP		0x00000400
#define	M_TSTMP_HPREC	0x00000800
#define	M_TSTMP_LRO	0x00001000
#define	M_PROTO1	0x00002000
#define	M_PROTO2	0x00004000
#define	M_PROTO3	0x00008000
#define	M_PROTO4	0x00010000
#define	M_PROTO5	0x00020000
#define	M_PROTO6	0x00040000
#define	M_PROTO7	0x00080000
#define	M_PROTO8	0x00100000
#define	M_PROTO9	0x00200000
#define	M_PROTO10	0x00400000
#define	M_PROTO11	0x00800000
#define	M_PROTOFLAGS							\
	(M_PROTO1 | M_PROTO2 | M_PROTO3 | M_PROTO4 | M_PROTO5 |		\
	M_PROTO6 | M_PROTO7 | M_PROTO8 | M_PROTO9 | M_PROTO10 | M_PROTO11)
#define	M_COPYFLAGS							\
	(M_PKTHDR | M_EOR | M_RDONLY | M_BCAST | M_MCAST | M_PROMISC |	\
	M_VLANTAG | M_TSTMP | M_TSTMP_HPREC | M_TSTMP_LRO | M_PROTOFLAGS)

/* Hash types, as far as a driver without RSS names them. */
#define	M_HASHTYPE_HASHPROP	0x80
#define	M_HASHTYPE_NONE		0
#define	M_HASHTYPE_OPAQUE	0x3f
#define	M_HASHTYPE_OPAQUE_HASH	(M_HASHTYPE_HASHPROP | M_HASHTYPE_OPAQUE)
#define	M_HASHTYPE_SET(m, v)	((m)->m_pkthdr.rsstype = (v))
#define	M_HASHTYPE_CLEAR(m)	M_HASHTYPE_SET((m), M_HASHTYPE_NONE)
/* GET and TEST do not look at the property that it is a hash. */
#define	M_HASHTYPE_ISHASH(m)						\
	(((m)->m_pkthdr.rsstype & M_HASHTYPE_HASHPROP) != 0)
#define	M_HASHTYPE_GET(m)						\
	((m)->m_pkthdr.rsstype & ~M_HASHTYPE_HASHPROP)
#define	M_HASHTYPE_TEST(m, v)	(M_HASHTYPE_GET(m) == (v))

/* Checksum and offload requests (output) and results (input). */
#define	CSUM_IP			0x00000001
#define	CSUM_IP_UDP		0x00000002
#define	CSUM_IP_TCP		0x00000004
#define	CSUM_IP_SCTP		0x00000008
#define	CSUM_IP_TSO		0x00000010
#define	CSUM_IP_ISCSI		0x00000020
#define	CSUM_INNER_IP6_UDP	0x00000040
#define	CSUM_INNER_IP6_TCP	0x00000080
#define	CSUM_INNER_IP6_TSO	0x00000100
#define	CSUM_IP6_UDP		0x00000200
#define	CSUM_IP6_TCP		0x00000400
#define	CSUM_IP6_SCTP		0x00000800
#define	CSUM_IP6_TSO		0x00001000
#define	CSUM_IP6_ISCSI		0x00002000
#define	CSUM_INNER_IP		0x00004000
#define	CSUM_INNER_IP_UDP	0x00008000
#define	CSUM_INNER_IP_TCP	0x00010000
#define	CSUM_INNER_IP_TSO	0x00020000
#define	CSUM_ENCAP_VXLAN	0x00040000
#define	CSUM_INNER_L3_CALC	0x00100000
#define	CSUM_INNER_L3_VALID	0x00200000
#define	CSUM_INNER_L4_CALC	0x00400000
#define	CSUM_INNER_L4_VALID	0x00800000
#define	CSUM_L3_CALC		0x01000000
#define	CSUM_L3_VALID		0x02000000
#define	CSUM_L4_CALC		0x04000000
#define	CSUM_L4_VALID		0x08000000
#define	CSUM_L5_CALC		0x10000000
#define	CSUM_L5_VALID		0x20000000
#define	CSUM_COALESCED		0x40000000
#define	CSUM_SND_TAG		0x80000000
#define	CSUM_TCP		CSUM_IP_TCP
#define	CSUM_UDP		CSUM_IP_UDP
#define	CSUM_SCTP		CSUM_IP_SCTP
#define	CSUM_TSO		(CSUM_IP_TSO | CSUM_IP6_TSO)
#define	CSUM_TCP_IPV6		CSUM_IP6_TCP
#define	CSUM_UDP_IPV6		CSUM_IP6_UDP
#define	CSUM_SCTP_IPV6		CSUM_IP6_SCTP
#define	CSUM_DELAY_DATA		(CSUM_TCP | CSUM_UDP)
#define	CSUM_DELAY_IP		CSUM_IP
#define	CSUM_DELAY_DATA_IPV6	(CSUM_TCP_IPV6 | CSUM_UDP_IPV6)
#define	CSUM_IP_CHECKED		CSUM_L3_CALC
#define	CSUM_IP_VALID		CSUM_L3_VALID
#define	CSUM_DATA_VALID		CSUM_L4_VALID
#define	CSUM_DATA_VALID_IPV6	CSUM_L4_VALID
#define	CSUM_PSEUDO_HDR		CSUM_L4_CALC
#define	CSUM_SCTP_VALID		CSUM_L4_VALID

#define	mtod(m, t)		((t)((m)->m_data))
#define	mtodo(m, o)		((void *)((m)->m_data + (o)))
#define	M_ASSERTPKTHDR(m)						\
	KASSERT((m) != NULL && ((m)->m_flags & M_PKTHDR) != 0,		\
	    ("%s: no mbuf packet header!", __func__))
#define	M_SETFIB(m, fib)	do {					\
	M_ASSERTPKTHDR(m);						\
	(m)->m_pkthdr.fibnum = (fib);					\
} while (0)
#define	M_GETFIB(m)		((m)->m_pkthdr.fibnum)

/* Where data of this mbuf may stand, and how much room there is. */
#define	M_START(m)							\
	(((m)->m_flags & M_EXT) ? (m)->m_ext.ext_buf :			\
	((m)->m_flags & M_PKTHDR) ? &(m)->m_pktdat[0] : &(m)->m_dat[0])
#define	M_SIZE(m)							\
	(((m)->m_flags & M_EXT) ? (int)(m)->m_ext.ext_size :		\
	((m)->m_flags & M_PKTHDR) ? MHLEN : MLEN)
#define	M_WRITABLE(m)							\
	(((m)->m_flags & M_RDONLY) == 0 &&				\
	(((m)->m_flags & M_EXT) == 0 || *(m)->m_ext.ext_cnt == 1))
#define	M_LEADINGSPACE(m)						\
	(M_WRITABLE(m) ? (int)((m)->m_data - M_START(m)) : 0)
#define	M_TRAILINGSPACE(m)						\
	(M_WRITABLE(m) ? (int)(M_START(m) + M_SIZE(m) -			\
	((m)->m_data + (m)->m_len)) : 0)
/* Puts `len` bytes at the end of an empty mbuf's room, aligned. */
#define	M_ALIGN(m, len)		m_align((m), (len))
#define	MH_ALIGN(m, len)	m_align((m), (len))

/*
 * Makes room for `plen` bytes in front; m becomes NULL, and the packet is
 * freed, when that fails.
 */
#define	M_PREPEND(m, plen, how)	do {					\
	struct mbuf **_mp = &(m);					\
									\
	*_mp = m_prepend_room(*_mp, (plen), (how));			\
} while (0)

/* One mbuf; with a packet header; with a cluster; enough for `len` bytes. */
struct mbuf	*m_get(int how, short type);
struct mbuf	*m_gethdr(int how, short type);
struct mbuf	*m_getcl(int how, short type, int flags);
struct mbuf	*m_getjcl(int how, short type, int flags, int size);
struct mbuf	*m_get2(int size, int how, short type, int flags);
/* As m_getm2() without flags, but never with a packet header. */
#define	m_getm(m, len, how, type)	m_getm2((m), (len), (how), (type), 0)
/* Appends a chain with room for `len` bytes to `m` (may be NULL). */
struct mbuf	*m_getm2(struct mbuf *m, int len, int how, short type,
		    int flags);
/* Hangs a cluster on an mbuf; the flag M_EXT tells whether it worked. */
int	m_clget(struct mbuf *m, int how);
/* Hangs foreign memory on an mbuf; `freef` is called with the last user. */
void	m_extadd(struct mbuf *m, char *buf, u_int size, m_ext_free_t *freef,
	    void *arg1, void *arg2, int flags, int type);

struct mbuf	*m_free(struct mbuf *m);	/* returns the next one */
void	m_freem(struct mbuf *m);		/* NULL is allowed */
void	m_freemp(struct mbuf *m);		/* all packets on m_nextpkt */

void	m_adj(struct mbuf *m, int len);		/* trim head, or tail if < 0 */
void	m_adj_decap(struct mbuf *m, int len);
void	m_align(struct mbuf *m, int len);
int	m_append(struct mbuf *m, int len, const char *data);
void	m_cat(struct mbuf *m, struct mbuf *n);
void	m_catpkt(struct mbuf *m, struct mbuf *n);
struct mbuf	*m_pullup(struct mbuf *m, int len);
struct mbuf	*m_prepend(struct mbuf *m, int len, int how);
struct mbuf	*m_prepend_room(struct mbuf *m, int len, int how);
void	m_copydata(const struct mbuf *m, int off, int len, caddr_t buf);
void	m_copyback(struct mbuf *m, int off, int len, const char *buf);
struct mbuf	*m_copym(struct mbuf *m, int off, int len, int how);
struct mbuf	*m_copypacket(struct mbuf *m, int how);
struct mbuf	*m_dup(const struct mbuf *m, int how);
struct mbuf	*m_defrag(struct mbuf *m, int how);
struct mbuf	*m_devget(char *buf, int len, int off, struct ifnet *ifp,
		    void (*copy)(char *, caddr_t, u_int));
struct mbuf	*m_last(struct mbuf *m);
u_int	m_length(struct mbuf *m, struct mbuf **last);
u_int	m_fixhdr(struct mbuf *m);
int	m_apply(struct mbuf *m, int off, int len,
	    int (*f)(void *, void *, u_int), void *arg);
void	m_move_pkthdr(struct mbuf *to, struct mbuf *from);
int	m_dup_pkthdr(struct mbuf *to, const struct mbuf *from, int how);

/*
 * User memory to mbufs (at most `len` bytes, all for 0; `align` bytes stay
 * free in front) and back.
 */
struct mbuf	*m_uiotombuf(struct uio *uio, int how, int len, int align,
		    int flags);
int	m_mbuftouio(struct uio *uio, const struct mbuf *m, int len);

static inline void
m_clrprotoflags(struct mbuf *m)
{
	for (; m != NULL; m = m->m_next)
		m->m_flags &= ~M_PROTOFLAGS;
}

/* Tags. */
#define	MTAG_PERSISTENT		0x800
#define	PACKET_TAG_NONE		0
#define	MTAG_ABI_COMPAT		0
struct m_tag	*m_tag_alloc(uint32_t cookie, int type, int len, int how);
struct m_tag	*m_tag_copy(struct m_tag *tag, int how);
int	m_tag_copy_chain(struct mbuf *to, const struct mbuf *from, int how);
void	m_tag_delete(struct mbuf *m, struct m_tag *tag);
void	m_tag_delete_chain(struct mbuf *m, struct m_tag *from);
void	m_tag_delete_nonpersistent(struct mbuf *m);
void	m_tag_free_default(struct m_tag *tag);
struct m_tag	*m_tag_locate(struct mbuf *m, uint32_t cookie, int type,
		    struct m_tag *from);
#define	m_tag_get(type, len, how)					\
	m_tag_alloc(MTAG_ABI_COMPAT, (type), (len), (how))
#define	m_tag_find(m, type, from)					\
	m_tag_locate((m), MTAG_ABI_COMPAT, (type), (from))

static inline void
m_tag_setup(struct m_tag *tag, uint32_t cookie, int type, int len)
{
	tag->m_tag_cookie = cookie;
	tag->m_tag_id = type;
	tag->m_tag_len = len;
}
#define	m_tag_init(m)		SLIST_INIT(&(m)->m_pkthdr.tags)
#define	m_tag_free(tag)		((tag)->m_tag_free(tag))
#define	m_tag_first(m)		SLIST_FIRST(&(m)->m_pkthdr.tags)
#define	m_tag_next(m, tag)	SLIST_NEXT((tag), m_tag_link)

static inline void
m_tag_prepend(struct mbuf *packet, struct m_tag *tag)
{
	SLIST_INSERT_HEAD(&packet->m_pkthdr.tags, tag, m_tag_link);
}

static inline void
m_tag_unlink(struct mbuf *packet, struct m_tag *tag)
{
	SLIST_REMOVE(&packet->m_pkthdr.tags, tag, m_tag, m_tag_link);
}

static inline struct m_snd_tag *
m_snd_tag_ref(struct m_snd_tag *tag)
{
	(void)refcount_acquire(&tag->refcount);
	return (tag);
}

/* The last reference goes with the driver's own way of freeing. */
static inline void
m_snd_tag_rele(struct m_snd_tag *tag)
{
	if (refcount_release(&tag->refcount))
		tag->sw->snd_tag_free(tag);
}

/*
 * An interface pointer must not wait in a queue: serialise replaces it by
 * index and generation; restore, in a net epoch section, turns that back and
 * returns NULL if the interface is gone (the packet then has no rcvif).
 */
void	m_rcvif_serialize(struct mbuf *m);
struct ifnet	*m_rcvif_restore(struct mbuf *m);

/* A bounded queue of packets; the owner locks it.  Limit 0: none. */
struct mbufq {
	int		mq_maxlen;
	int		mq_len;
	STAILQ_HEAD(, mbuf) mq_head;
};

#define	mbufq_first(q)		STAILQ_FIRST(&(q)->mq_head)
#define	mbufq_last(q)		STAILQ_LAST(&(q)->mq_head, mbuf, m_stailqpkt)
#define	mbufq_len(q)		((q)->mq_len)
#define	mbufq_empty(q)		(mbufq_len(q) == 0)
#define	mbufq_full(q)							\
	((q)->mq_maxlen > 0 && mbufq_len(q) >= (q)->mq_maxlen)

static inline void
mbufq_init(struct mbufq *q, int limit)
{
	q->mq_maxlen = limit;
	q->mq_len = 0;
	STAILQ_INIT(&q->mq_head);
}

/* Empties the queue and returns what was on it, linked by m_nextpkt. */
static inline struct mbuf *
mbufq_flush(struct mbufq *q)
{
	struct mbuf *all = mbufq_first(q);

	mbufq_init(q, q->mq_maxlen);
	return (all);
}

/* 0, or ENOBUFS when full: the caller still owns the packet. */
static inline int
mbufq_enqueue(struct mbufq *q, struct mbuf *packet)
{
	if (mbufq_full(q))
		return (ENOBUFS);
	q->mq_len++;
	STAILQ_INSERT_TAIL(&q->mq_head, packet, m_stailqpkt);
	return (0);
}

/* Puts it back in front, whatever the limit. */
static inline void
mbufq_prepend(struct mbufq *q, struct mbuf *packet)
{
	q->mq_len++;
	STAILQ_INSERT_HEAD(&q->mq_head, packet, m_stailqpkt);
}

static inline struct mbuf *
mbufq_dequeue(struct mbufq *q)
{
	struct mbuf *packet = mbufq_first(q);

	if (packet == NULL)
		return (NULL);
	q->mq_len--;
	STAILQ_REMOVE_HEAD(&q->mq_head, m_stailqpkt);
	packet->m_nextpkt = NULL;
	return (packet);
}

static inline void
mbufq_drain(struct mbufq *q)
{
	m_freemp(mbufq_flush(q));
}

#endif /* !_KPI_SYS_MBUF_H_ */
