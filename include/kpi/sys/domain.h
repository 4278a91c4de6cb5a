/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Protocol domains, as far as interfaces and sockets meet them.
 */
#ifndef _KPI_SYS_DOMAIN_H_
#define _KPI_SYS_DOMAIN_H_

#ifdef _KERNEL
#include <sys/kernel.h>
#include <sys/queue.h>

struct ifnet;
struct protosw;

/*
 * Locks: (c) constant, (b) written at boot only.
 */
struct domain {
	SLIST_ENTRY(domain)	dom_next;	/* (b) domains */
	int		dom_family;		/* (c) AF_* */
	int		dom_ifslot;		/* (b) index in if_afdata */
	const char	*dom_name;		/* (c) */
	/*
	 * Data of this domain at an interface: made before the interface is
	 * listed, given back after it was detached; curvnet is its vnet, no
	 * lock but ifnet_detach_sxlock may be held.  Both may sleep.
	 */
	void		*(*dom_ifattach)(struct ifnet *);	/* (c) */
	void		(*dom_ifdetach)(struct ifnet *, void *); /* (c) */
	int		(*dom_ifmtu)(const struct ifnet *);	/* (c) */
	struct protosw	*dom_protosw;		/* (c) of all its sockets */
};

SLIST_HEAD(domainhead, domain);
extern struct domainhead domains;
extern int domain_init_status;	/* 0, 1 adding, 2 final */

void	domain_add(struct domain *dom);
struct domain	*domain_find(int family);
/* Registers a domain at boot. */
#define	DOMAIN_SET(name)						\
	SYSINIT(domain_add_##name, SI_SUB_PROTO_DOMAIN, SI_ORDER_FIRST,	\
	    domain_add, &name##domain)
#endif /* _KERNEL */

#endif /* !_KPI_SYS_DOMAIN_H_ */
