/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * if_t accessors: methods, queues, offload limits; calls of methods.
 */
#include "if_impl.h"

#include <sys/mbuf.h>
#include <sys/sockio.h>
#include <net/ifq.h>
#include <net/if_vlan_var.h>

void
if_setinitfn(if_t ifp, if_init_fn_t init_fn)
{
	ifp->if_init = init_fn;
}

void
if_setinputfn(if_t ifp, if_input_fn_t input_fn)
{
	ifp->if_input = input_fn;
}

if_input_fn_t
if_getinputfn(if_t ifp)
{
	return (ifp->if_input);
}

void
if_setioctlfn(if_t ifp, if_ioctl_fn_t ioctl_fn)
{
	ifp->if_ioctl = ioctl_fn;
}

if_ioctl_fn_t
if_getioctlfn(if_t ifp)
{
	return (ifp->if_ioctl);
}

void
if_setoutputfn(if_t ifp, if_output_fn_t output_fn)
{
	ifp->if_output = output_fn;
}

if_output_fn_t
if_getoutputfn(if_t ifp)
{
	return (ifp->if_output);
}

void
if_setstartfn(if_t ifp, if_start_fn_t start_fn)
{
	ifp->if_start = start_fn;
}

if_start_fn_t
if_getstartfn(if_t ifp)
{
	return (ifp->if_start);
}

void
if_settransmitfn(if_t ifp, if_transmit_fn_t transmit_fn)
{
	ifp->if_transmit = transmit_fn;
}

if_transmit_fn_t
if_gettransmitfn(if_t ifp)
{
	return (ifp->if_transmit);
}

void
if_setqflushfn(if_t ifp, if_qflush_fn_t flush_fn)
{
	ifp->if_qflush = flush_fn;
}

if_qflush_fn_t
if_getqflushfn(if_t ifp)
{
	return (ifp->if_qflush);
}

void
if_setgetcounterfn(if_t ifp, if_get_counter_t get_counter_fn)
{
	ifp->if_get_counter = get_counter_fn;
}

void
if_setreassignfn(if_t ifp, if_reassign_fn_t reassign_fn)
{
	ifp->if_reassign = reassign_fn;
}

void
if_setresolvemultifn(if_t ifp, if_resolvemulti_fn_t fn)
{
	ifp->if_resolvemulti = fn;
}

void
if_setrequestencapfn(if_t ifp, if_requestencap_fn_t fn)
{
	ifp->if_requestencap = fn;
}

void
if_setsndtagallocfn(if_t ifp, if_snd_tag_alloc_t alloc_fn)
{
	ifp->if_snd_tag_alloc = alloc_fn;
}

void
if_setratelimitqueryfn(if_t ifp, if_ratelimit_query_t query_fn)
{
	ifp->if_ratelimit_query = query_fn;
}

/* --- calls ----------------------------------------------------------------- */

void
if_input(if_t ifp, struct mbuf *m)
{
	ifp->if_input(ifp, m);
}

int
if_output(if_t ifp, struct mbuf *m, const struct sockaddr *dst,
    struct route *ro)
{
	return (ifp->if_output(ifp, m, dst, ro));
}

int
if_transmit(if_t ifp, struct mbuf *m)
{
	return (ifp->if_transmit(ifp, m));
}

int
if_ioctl(if_t ifp, u_long cmd, void *data)
{
	return (ifp->if_ioctl(ifp, cmd, data));
}

void
if_init(if_t ifp, void *ctx)
{
	ifp->if_init(ctx);
}

int
if_resolvemulti(if_t ifp, struct sockaddr **srcs, struct sockaddr *dst)
{
	if (ifp->if_resolvemulti == NULL)
		return (EOPNOTSUPP);
	return (ifp->if_resolvemulti(ifp, srcs, dst));
}

int
if_requestencap(if_t ifp, struct if_encap_req *req)
{
	return (ifp->if_requestencap(ifp, req));
}

int
if_snd_tag_alloc(if_t ifp, union if_snd_tag_alloc_params *params,
    struct m_snd_tag **mstp)
{
	if (ifp->if_snd_tag_alloc == NULL)
		return (EOPNOTSUPP);
	return (ifp->if_snd_tag_alloc(ifp, params, mstp));
}

/* Protocols read the MTU when they need it; nobody keeps a copy. */
void
if_notifymtu(if_t ifp)
{
	rt_ifmsg(ifp, 0);
}

void
if_vlancap(if_t ifp)
{
	VLAN_CAPABILITIES(ifp);
}

/* --- packets --------------------------------------------------------------- */

void
if_setrcvif(struct mbuf *m, if_t ifp)
{
	MPASS((m->m_pkthdr.csum_flags & CSUM_SND_TAG) == 0);
	m->m_pkthdr.rcvif = ifp;
}

void
if_setvtag(struct mbuf *m, uint16_t tag)
{
	m->m_pkthdr.ether_vtag = tag;
}

uint16_t
if_getvtag(struct mbuf *m)
{
	return (m->m_pkthdr.ether_vtag);
}

/* --- the send queue -------------------------------------------------------- */

int
if_sendq_empty(if_t ifp)
{
	return (IFQ_DRV_IS_EMPTY(&ifp->if_snd));
}

int
if_setsendqready(if_t ifp)
{
	IFQ_SET_READY(&ifp->if_snd);
	return (0);
}

int
if_setsendqlen(if_t ifp, int qlen)
{
	IFQ_SET_MAXLEN(&ifp->if_snd, qlen);
	ifp->if_snd.ifq_drv_maxlen = qlen;
	return (0);
}

int
if_sendq_prepend(if_t ifp, struct mbuf *m)
{
	IFQ_DRV_PREPEND(&ifp->if_snd, m);
	return (0);
}

struct mbuf *
if_dequeue(if_t ifp)
{
	struct mbuf *m;

	IFQ_DRV_DEQUEUE(&ifp->if_snd, m);
	return (m);
}

bool
if_altq_is_enabled(if_t ifp __unused)
{
	return (ALTQ_IS_ENABLED(&ifp->if_snd));
}

/* --- segmentation offload -------------------------------------------------- */

int
if_sethwtsomax(if_t ifp, u_int tsomax)
{
	ifp->if_hw_tsomax = tsomax;
	return (0);
}

int
if_sethwtsomaxsegcount(if_t ifp, u_int segcount)
{
	ifp->if_hw_tsomaxsegcount = segcount;
	return (0);
}

int
if_sethwtsomaxsegsize(if_t ifp, u_int segsize)
{
	ifp->if_hw_tsomaxsegsize = segsize;
	return (0);
}

u_int
if_gethwtsomax(const if_t ifp)
{
	return (ifp->if_hw_tsomax);
}

u_int
if_gethwtsomaxsegcount(const if_t ifp)
{
	return (ifp->if_hw_tsomaxsegcount);
}

u_int
if_gethwtsomaxsegsize(const if_t ifp)
{
	return (ifp->if_hw_tsomaxsegsize);
}

/* The tighter of two limits, where 0 is none. */
static u_int
tighter(u_int a, u_int b)
{
	if (a == 0 || b == 0)
		return (a != 0 ? a : b);
	return (MIN(a, b));
}

void
if_hw_tsomax_common(if_t ifp, struct ifnet_hw_tsomax *pmax)
{
	const struct ifnet_hw_tsomax *max = &ifp->if_hw_tsomax_limits;

	pmax->tsomaxbytes = tighter(pmax->tsomaxbytes, max->tsomaxbytes);
	pmax->tsomaxsegcount = tighter(pmax->tsomaxsegcount,
	    max->tsomaxsegcount);
	pmax->tsomaxsegsize = tighter(pmax->tsomaxsegsize,
	    max->tsomaxsegsize);
}

/* Takes over the limits; 1 if they differ from before. */
int
if_hw_tsomax_update(if_t ifp, struct ifnet_hw_tsomax *pmax)
{
	if (memcmp(&ifp->if_hw_tsomax_limits, pmax, sizeof(*pmax)) == 0)
		return (0);
	ifp->if_hw_tsomax_limits = *pmax;
	return (1);
}
