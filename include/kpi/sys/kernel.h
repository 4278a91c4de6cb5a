/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Start and stop functions in a fixed order: SYSINIT(9).
 *
 * SYSINITs of the base kernel and of the modules started at boot run in one
 * ascending sequence of (subsystem, order), ties in linker-set order; those
 * of a module loaded later when it is loaded.  SYSUNINITs run descending, at
 * unload and at vs_shutdown().
 */
#ifndef _KPI_SYS_KERNEL_H_
#define _KPI_SYS_KERNEL_H_

#include <sys/linker_set.h>
#include <sys/queue.h>

enum sysinit_sub_id {
	SI_SUB_DUMMY		= 0x0000000,
	SI_SUB_DONE		= 0x0000001,
	SI_SUB_TUNABLES		= 0x0700000,
	SI_SUB_COPYRIGHT	= 0x0800001,
	SI_SUB_VM		= 0x1000000,
	SI_SUB_COUNTER		= 0x1100000,
	SI_SUB_KMEM		= 0x1800000,
	SI_SUB_HYPERVISOR	= 0x1A40000,
	SI_SUB_WITNESS		= 0x1A80000,
	SI_SUB_MTX_POOL_DYNAMIC	= 0x1AC0000,
	SI_SUB_LOCK		= 0x1B00000,
	SI_SUB_EVENTHANDLER	= 0x1C00000,
	SI_SUB_VNET_PRELINK	= 0x1E00000,
	SI_SUB_KLD		= 0x2000000,
	SI_SUB_KHELP		= 0x2080000,
	SI_SUB_CPU		= 0x2100000,
	SI_SUB_RACCT		= 0x2110000,
	SI_SUB_KDTRACE		= 0x2140000,
	SI_SUB_RANDOM		= 0x2160000,
	SI_SUB_MAC		= 0x2180000,
	SI_SUB_MAC_POLICY	= 0x21C0000,
	SI_SUB_MAC_LATE		= 0x21D0000,
	SI_SUB_VNET		= 0x21E0000,
	SI_SUB_INTRINSIC	= 0x2200000,
	SI_SUB_VM_CONF		= 0x2300000,
	SI_SUB_DDB_SERVICES	= 0x2380000,
	SI_SUB_RUN_QUEUE	= 0x2400000,
	SI_SUB_KTRACE		= 0x2480000,
	SI_SUB_OPENSOLARIS	= 0x2490000,
	SI_SUB_AUDIT		= 0x24C0000,
	SI_SUB_CREATE_INIT	= 0x2500000,
	SI_SUB_SCHED_IDLE	= 0x2600000,
	SI_SUB_MBUF		= 0x2700000,
	SI_SUB_INTR		= 0x2800000,
	SI_SUB_TASKQ		= 0x2880000,
	SI_SUB_EPOCH		= 0x2888000,
	SI_SUB_SOFTINTR		= 0x2A00000,
	SI_SUB_DEVFS		= 0x2F00000,
	SI_SUB_INIT_IF		= 0x3000000,
	SI_SUB_NETGRAPH		= 0x3010000,
	SI_SUB_DTRACE		= 0x3020000,
	SI_SUB_DTRACE_PROVIDER	= 0x3048000,
	SI_SUB_DRIVERS		= 0x3100000,
	SI_SUB_CONFIGURE	= 0x3800000,
	SI_SUB_VFS		= 0x4000000,
	SI_SUB_CLOCKS		= 0x4800000,
	SI_SUB_SYSV_SHM		= 0x6400000,
	SI_SUB_SYSV_SEM		= 0x6800000,
	SI_SUB_SYSV_MSG		= 0x6C00000,
	SI_SUB_P1003_1B		= 0x6E00000,
	SI_SUB_PSEUDO		= 0x7000000,
	SI_SUB_EXEC		= 0x7400000,
	SI_SUB_PROTO_BEGIN	= 0x8000000,
	SI_SUB_PROTO_PFIL	= 0x8100000,
	SI_SUB_PROTO_IF		= 0x8400000,
	SI_SUB_PROTO_DOMAININIT	= 0x8600000,
	SI_SUB_PROTO_MC		= 0x8700000,
	SI_SUB_PROTO_DOMAIN	= 0x8800000,
	SI_SUB_PROTO_FIREWALL	= 0x8806000,
	SI_SUB_PROTO_IFATTACHDOMAIN = 0x8808000,
	SI_SUB_PROTO_END	= 0x8ffffff,
	SI_SUB_KPROF		= 0x9000000,
	SI_SUB_KICK_SCHEDULER	= 0xa000000,
	SI_SUB_SYSCALLS		= 0xd800000,
	SI_SUB_VNET_DONE	= 0xdc00000,
	SI_SUB_KTHREAD_INIT	= 0xe000000,
	SI_SUB_KTHREAD_IDLE	= 0xee00000,
	SI_SUB_SMP		= 0xf000000,
	SI_SUB_LAST		= 0xfffffff
};

enum sysinit_elem_order {
	SI_ORDER_FIRST		= 0x0000000,
	SI_ORDER_SECOND		= 0x0000001,
	SI_ORDER_THIRD		= 0x0000002,
	SI_ORDER_FOURTH		= 0x0000003,
	SI_ORDER_FIFTH		= 0x0000004,
	SI_ORDER_SIXTH		= 0x0000005,
	SI_ORDER_SEVENTH	= 0x0000006,
	SI_ORDER_EIGHTH		= 0x0000007,
	SI_ORDER_MIDDLE		= 0x1000000,
	SI_ORDER_ANY		= 0xfffffff
};

typedef void (*sysinit_nfunc_t)(void *);
typedef void (*sysinit_cfunc_t)(const void *);

/* One start or stop function.  All fields are constant. */
struct sysinit {
	enum sysinit_sub_id	subsystem;
	enum sysinit_elem_order	order;
	sysinit_cfunc_t		func;
	const void		*udata;
};

#define	__SYSINIT_RECORD(set, kind, uniq, sub, ord, fn, ident)		\
	static struct sysinit __CONCAT(uniq, kind) = {			\
		.subsystem = (sub),					\
		.order = (ord),						\
		.func = (fn),						\
		.udata = (ident)					\
	};								\
	__KLD_ADD(set, __CONCAT(uniq, kind))

/*
 * SYSINIT(name, subsystem, order, function, argument): the function gets the
 * argument, runs on the booting or loading thread and may sleep.
 */
#define	C_SYSINIT(uniq, sub, ord, fn, ident)				\
	__SYSINIT_RECORD(sysinit, _sys_init, uniq, sub, ord, fn, ident)
#define	SYSINIT(uniq, sub, ord, fn, ident)				\
	C_SYSINIT(uniq, sub, ord,					\
	    (sysinit_cfunc_t)(void (*)(void))(fn), (const void *)(ident))
#define	C_SYSUNINIT(uniq, sub, ord, fn, ident)				\
	__SYSINIT_RECORD(sysuninit, _sys_uninit, uniq, sub, ord, fn, ident)
#define	SYSUNINIT(uniq, sub, ord, fn, ident)				\
	C_SYSUNINIT(uniq, sub, ord,					\
	    (sysinit_cfunc_t)(void (*)(void))(fn), (const void *)(ident))

/* Clock: 1000 ticks a second. */
extern const int hz;
extern const int tick;		/* microseconds a tick */
int	getticks(void);
#define	ticks	(getticks())

extern int bootverbose;

#endif /* !_KPI_SYS_KERNEL_H_ */
