/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The user's side of packets: what a program does that writes them to bpf(4).
 */
#include "if_impl.h"

#include <sys/jail.h>
#include <sys/mbuf.h>
#include <sys/proc.h>

#include <vnetsim/syscalls.h>

#include "boot.h"

#define	SEND_LEN	64	/* bytes, all zero */

/* As broadcast, so that nobody needs to be known. */
static struct mbuf *
send_packet(void)
{
	static const char zeros[SEND_LEN];
	struct mbuf *m;

	m = m_getm2(NULL, SEND_LEN, M_WAITOK, MT_DATA, M_PKTHDR);
	m_copyback(m, 0, SEND_LEN, zeros);
	m->m_flags |= M_BCAST;
	return (m);
}

/* The writer holds the interface, as a capture descriptor bound to it does. */
static int
sys_send(struct thread *td, void *arg)
{
	struct sockaddr dst = { .sa_len = sizeof(dst), .sa_family = AF_INET };
	struct epoch_tracker et;
	struct ifnet *ifp;
	struct mbuf *m;
	int error = ENXIO;

	CURVNET_SET(TD_TO_VNET(td));
	if ((ifp = ifunit_ref(arg)) != NULL) {
		m = send_packet();
		NET_EPOCH_ENTER(et);
		if ((if_getflags(ifp) & IFF_UP) != 0)
			error = if_output(ifp, m, &dst, NULL);
		else {
			m_freem(m);
			error = ENETDOWN;
		}
		NET_EPOCH_EXIT(et);
		if_rele(ifp);
	}
	CURVNET_RESTORE();
	return (error);
}

int
vs_if_send(const char *name)
{
	return (syscall_run("write", sys_send, __DECONST(char *, name)));
}
