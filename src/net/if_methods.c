/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * if_t accessors: methods, queues, offload limits; calls of methods.
 */
#include "if_impl.h"

#include <sys/blockcount.h>
#include <sys/mbuf.h>
#include <sys/sockio.h>
#include <net/ifq.h>
#include <net/if_vlan_var.h>

#include <machine/atomic.h>

#include "if_accessors.h"

IF_SETTER(if_setinitfn, if_init_fn_t, if_init)
IF_SETTER(if_setinputfn, if_input_fn_t, if_input)
IF_GETTER(if_input_fn_t, if_getinputfn, if_t, if_input)
IF_SETTER(if_setioctlfn, if_ioctl_fn_t, if_ioctl)
IF_GETTER(if_ioctl_fn_t, if_getioctlfn, if_t, if_ioctl)
IF_SETTER(if_setoutputfn, if_output_fn_t, if_output)
IF_GETTER(if_output_fn_t, if_getoutputfn, if_t, if_output)
IF_SETTER(if_setstartfn, if_start_fn_t, if_start)
IF_GETTER(if_start_fn_t, if_getstartfn, if_t, if_start)
IF_SETTER(if_settransmitfn, if_transmit_fn_t, if_transmit)
IF_GETTER(if_transmit_fn_t, if_gettransmitfn, if_t, if_transmit)
IF_SETTER(if_setqflushfn, if_qflush_fn_t, if_qflush)
IF_GETTER(if_qflush_fn_t, if_getqflushfn, if_t, if_qflush)
IF_SETTER(if_setgetcounterfn, if_get_counter_t, if_get_counter)
IF_SETTER(if_setreassignfn, if_reassign_fn_t, if_reassign)
IF_SETTER(if_setresolvemultifn, if_resolvemulti_fn_t, if_resolvemulti)
IF_SETTER(if_setrequestencapfn, if_requestencap_fn_t, if_requestencap)
IF_SETTER(if_setsndtagallocfn, if_snd_tag_alloc_t, if_snd_tag_alloc)
IF_SETTER(if_setratelimitqueryfn, if_ratelimit_query_t, if_ratelimit_query)

/* --- calls --------------------------------------------------------------- */

void
if_input(if_t ifp, struct mbuf *m)
{
	IF_METHOD(ifp, if_input)(ifp, m);
}

int
if_output(if_t ifp, struct mbuf *m, const struct sockaddr *dst,
    struct route *ro)
{
	return (IF_METHOD(ifp, if_output)(ifp, m, dst, ro));
}

int
if_transmit(if_t ifp, struct mbuf *m)
{
	return (IF_METHOD(ifp, if_transmit)(ifp, m));
}

/*
 * The caller has a reference on the interface, which does not keep the driver:
 * it may be unloaded between the look at the method and the call.  So a detach
 * waits for those that are in here (request-outlives-driver: FreeBSD does
 * not).  Either it is seen to be in, or it sees the method of the dead.
 */
int
if_ioctl(if_t ifp, u_long cmd, void *data)
{
	if_ioctl_fn_t method;
	int error;

	if (!BUG(REQUEST_UNCOUNTED)) {
		blockcount_acquire(&ifp->if_requests, 1);
		atomic_thread_fence_seq_cst();
	}
	method = IF_METHOD(ifp, if_ioctl);
	IF_PAUSE(if_ioctl_calling);
	error = method(ifp, cmd, data);
	if (!BUG(REQUEST_UNCOUNTED))
		blockcount_release(&ifp->if_requests, 1);
	return (error);
}

void
if_init(if_t ifp, void *ctx)
{
	IF_METHOD(ifp, if_init)(ctx);
}

int
if_resolvemulti(if_t ifp, struct sockaddr **srcs, struct sockaddr *dst)
{
	if_resolvemulti_fn_t fn = IF_METHOD(ifp, if_resolvemulti);

	return (fn != NULL ? fn(ifp, srcs, dst) : EOPNOTSUPP);
}

int
if_requestencap(if_t ifp, struct if_encap_req *req)
{
	return (IF_METHOD(ifp, if_requestencap)(ifp, req));
}

int
if_snd_tag_alloc(if_t ifp, union if_snd_tag_alloc_params *params,
    struct m_snd_tag **mstp)
{
	if_snd_tag_alloc_t fn = IF_METHOD(ifp, if_snd_tag_alloc);

	return (fn != NULL ? fn(ifp, params, mstp) : EOPNOTSUPP);
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

/* --- packets ------------------------------------------------------------- */

void
if_setrcvif(struct mbuf *m, if_t ifp)
{
	struct pkthdr *ph = &m->m_pkthdr;

	MPASS((ph->csum_flags & CSUM_SND_TAG) == 0);
	ph->rcvif = ifp;
}

uint16_t
if_getvtag(struct mbuf *frame)
{
	return (frame->m_pkthdr.ether_vtag);
}

void
if_setvtag(struct mbuf *frame, uint16_t tag)
{
	struct pkthdr *ph = &frame->m_pkthdr;

	ph->ether_vtag = tag;
}

/* --- the send queue ------------------------------------------------------ */

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

/* --- segmentation offload ------------------------------------------------ */

IF_SETTER_INT(if_sethwtsomax, u_int, if_hw_tsomax)
IF_SETTER_INT(if_sethwtsomaxsegcount, u_int, if_hw_tsomaxsegcount)
IF_SETTER_INT(if_sethwtsomaxsegsize, u_int, if_hw_tsomaxsegsize)
IF_GETTER(u_int, if_gethwtsomax, const if_t, if_hw_tsomax)
IF_GETTER(u_int, if_gethwtsomaxsegcount, const if_t, if_hw_tsomaxsegcount)
IF_GETTER(u_int, if_gethwtsomaxsegsize, const if_t, if_hw_tsomaxsegsize)

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
