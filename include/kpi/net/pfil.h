/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Packet filter hooks, pfil(9).  There are no filters, so a head never has
 * any linked and every packet passes.
 */
#ifndef _KPI_NET_PFIL_H_
#define _KPI_NET_PFIL_H_

#include <sys/types.h>

struct ifnet;
struct inpcb;
struct mbuf;
typedef struct pfil_head *pfil_head_t;

typedef enum {
	PFIL_PASS = 0,
	PFIL_DROPPED,
	PFIL_CONSUMED,
	PFIL_REALLOCED,
} pfil_return_t;

#define	PFIL_IN		0x00010000
#define	PFIL_OUT	0x00020000
#define	PFIL_FWD	0x00040000

#define	PFIL_HOOKED_IN(p)	((void)(p), false)
#define	PFIL_HOOKED_OUT(p)	((void)(p), false)

static inline pfil_return_t
pfil_mbuf_in(pfil_head_t head __unused, struct mbuf **m __unused,
    struct ifnet *ifp __unused, struct inpcb *inp __unused)
{
	return (PFIL_PASS);
}
static inline pfil_return_t
pfil_mbuf_out(pfil_head_t head __unused, struct mbuf **m __unused,
    struct ifnet *ifp __unused, struct inpcb *inp __unused)
{
	return (PFIL_PASS);
}

#endif /* !_KPI_NET_PFIL_H_ */
