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
	ifp->if_output = ifdead_output;
	ifp->if_input = ifdead_input;
	ifp->if_start = ifdead_start;
	ifp->if_ioctl = ifdead_ioctl;
	ifp->if_resolvemulti = ifdead_resolvemulti;
	ifp->if_qflush = ifdead_qflush;
	ifp->if_transmit = ifdead_transmit;
	ifp->if_get_counter = ifdead_get_counter;
	ifp->if_snd_tag_alloc = ifdead_snd_tag_alloc;
	ifp->if_ratelimit_query = ifdead_ratelimit_query;
}
