/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Coalescing of received segments.  There is no TCP, so nothing is taken.
 */
#ifndef _KPI_NETINET_TCP_LRO_H_
#define _KPI_NETINET_TCP_LRO_H_

#include <sys/types.h>

struct ifnet;
struct mbuf;

/* Belongs to its driver. */
struct lro_ctrl {
	struct ifnet	*ifp;
};

#define	TCP_LRO_CANNOT	(-1)

static inline int
tcp_lro_init(struct lro_ctrl *lc __unused)
{
	return (0);
}

static inline void
tcp_lro_free(struct lro_ctrl *lc __unused)
{
}

/* 0: it has the packet; else the caller still has it. */
static inline int
tcp_lro_rx(struct lro_ctrl *lc __unused, struct mbuf *m __unused,
    uint32_t csum __unused)
{
	return (TCP_LRO_CANNOT);
}

static inline void
tcp_lro_flush_all(struct lro_ctrl *lc __unused)
{
}

#endif /* !_KPI_NETINET_TCP_LRO_H_ */
