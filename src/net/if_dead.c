/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Methods of an interface that is gone.
 */
#include "if_impl.h"

#include <sys/mbuf.h>

static int
ifdead_output(if_t ifp __unused, struct mbuf *m,
    const struct sockaddr *sa __unused, struct route *ro __unused)
{
	m_freem(m);
	return (ENXIO);
}

static void
ifdead_input(if_t ifp __unused, struct mbuf *m)
{
	m_freem(m);
}

static void
ifdead_start(if_t ifp __unused)
{
	/* Nothing to start. */
}

static int
ifdead_ioctl(if_t ifp __unused, u_long cmd __unused, caddr_t data __unused)
{
	return (ENXIO);
}

static int
ifdead_resolvemulti(if_t ifp __unused, struct sockaddr **llsa,
    struct sockaddr *sa __unused)
{
	*llsa = NULL;
	return (ENXIO);
}

static void
ifdead_qflush(if_t ifp __unused)
{
	/* Nothing to flush. */
}

static int
ifdead_transmit(if_t ifp __unused, struct mbuf *m)
{
	m_freem(m);
	return (ENXIO);
}

static uint64_t
ifdead_get_counter(if_t ifp __unused, ift_counter cnt __unused)
{
	return (0);
}

static int
ifdead_snd_tag_alloc(if_t ifp __unused,
    union if_snd_tag_alloc_params *params __unused,
    struct m_snd_tag **ppmt __unused)
{
	return (EOPNOTSUPP);
}

static void
ifdead_ratelimit_query(if_t ifp __unused,
    struct if_ratelimit_query_results *q)
{
	memset(q, 0, sizeof(*q));
	q->flags = IF_RATELIMIT_UNSUPPORTED;
}

/* if_init, if_reassign and if_requestencap stay as they are. */
void
if_dead(if_t ifp)
{
	if_setioctlfn(ifp, ifdead_ioctl);
	if_settransmitfn(ifp, ifdead_transmit);
	if_setqflushfn(ifp, ifdead_qflush);
	if_setoutputfn(ifp, ifdead_output);
	if_setinputfn(ifp, ifdead_input);
	if_setstartfn(ifp, ifdead_start);
	if_setresolvemultifn(ifp, ifdead_resolvemulti);
	if_setgetcounterfn(ifp, ifdead_get_counter);
	if_setsndtagallocfn(ifp, ifdead_snd_tag_alloc);
	if_setratelimitqueryfn(ifp, ifdead_ratelimit_query);
}
