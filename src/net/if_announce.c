/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Messages that interfaces cause: routing socket and devctl.
 *
 * Nobody reads a routing socket or /dev/devctl here; what they would be told
 * goes to the event stream.  A vnet without loopback drops its routing
 * messages, as FreeBSD does.
 */
#include "if_impl.h"

#include <stdarg.h>

static void
rtsock_emit(const char *what, const char *arg, struct ifnet *ifp)
{
	if (V_loif == NULL)
		return;
	VS_EVENT("rtsock", "%s %s%s vnet=%u", what, arg, ifp->if_xname,
	    curvnet->vnet_id);
}

void
if_devctl(const char *system, const char *subsystem, const char *type,
    const char *data)
{
	if (data != NULL)
		VS_EVENT("devctl", "%s %s %s %s", system, subsystem, type,
		    data);
	else
		VS_EVENT("devctl", "%s %s %s", system, subsystem, type);
}

void
rt_ifmsg(struct ifnet *ifp, int if_flags_mask)
{
	rtsock_emit("RTM_IFINFO", "", ifp);
	EVENTHANDLER_INVOKE(rt_ifmsg_event, ifp, if_flags_mask);
}

/*
 * Routes are not modelled beyond the addresses that own them; what is flushed
 * is nothing, but whoever records the order sees when.
 */
void
rt_flushifroutes(struct ifnet *ifp)
{
	VS_EVENT("rtsock", "flush %s vnet=%u", ifp->if_xname,
	    curvnet->vnet_id);
}

void
rt_newmaddrmsg(const char *cmd, struct ifmultiaddr *ifma)
{
	if (ifma->ifma_ifp != NULL)
		rtsock_emit(cmd, "", ifma->ifma_ifp);
}

void
rt_newaddrmsg(const char *cmd, struct ifaddr *ifa)
{
	rtsock_emit(cmd, "", ifa->ifa_ifp);
}

static void
rt_ifarrival(void *arg __unused, if_t ifp)
{
	rtsock_emit("RTM_IFANNOUNCE", "arrival ", ifp);
}

static void
rt_ifdeparture(void *arg __unused, if_t ifp)
{
	rtsock_emit("RTM_IFANNOUNCE", "departure ", ifp);
}

EVENTHANDLER_DEFINE(ifnet_arrival_event, rt_ifarrival, NULL,
    EVENTHANDLER_PRI_FIRST);
EVENTHANDLER_DEFINE(ifnet_departure_event, rt_ifdeparture, NULL,
    EVENTHANDLER_PRI_FIRST);

static void
if_vlog(struct ifnet *ifp, int pri, const char *fmt, va_list ap)
{
	char text[256];
	int len;

	len = snprintf(text, sizeof(text), "%s: ", ifp->if_xname);
	vsnprintf(text + len, sizeof(text) - len, fmt, ap);
	log(pri, "%s", text);
}

void
if_log(if_t ifp, int pri, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if_vlog(ifp, pri, fmt, ap);
	va_end(ap);
}

int
if_printf(if_t ifp, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if_vlog(ifp, 6, fmt, ap);
	va_end(ap);
	return (0);
}
