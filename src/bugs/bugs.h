/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Historical behaviours that can be switched on.
 *
 * Every switch has the id of its entry in the bug catalogue; off means fixed.
 * A profile is a state of FreeBSD: every switch is on that was introduced by
 * then and not yet fixed.  The choice is made at boot and constant
 * afterwards.
 */
#ifndef _BUGS_H_
#define _BUGS_H_

#include <sys/types.h>

/*
 * States, oldest first.  PS15 is 15-STABLE of August 2026; PFIXED is the
 * same with its open defects mended.
 */
enum bug_profile {
	P0,			/* before e133271fc1b5e */
	P1,			/* before 6d2a10d96fb5 */
	P2,			/* before 868bf82153e8 */
	P3,			/* before e9fc0c538264 */
	P4,			/* before D56374 */
	PS15,
	PFIXED
};

/*
 * (ID, "id", first profile that has it, first profile that is rid of it,
 *  what it brings back)
 */
#define	BUGS(X)								\
	X(VNET_RETURN_UNLOCKED, "epair-vnet-return-uaf", P0, P1,	\
	    "interfaces return, detach and die without a lock")		\
	X(VNET_DESTROY_UNLOCKED, "sysuninit-vs-detach", P0, P2,		\
	    "vnet destructors run without ifnet_detach_sxlock")		\
	X(VMOVE_UNLOCKED, "vmove-destroy-race", P0, P3,			\
	    "loan and reclaim move without ifnet_detach_sxlock")	\
	X(CLONE_CALLER_LOCKS, "vmove-destroy-stale-vnet", P0, P4,	\
	    "ifnet_detach_sxlock is the business of if_clone's callers") \
	X(DETACH_EARLY_UNLINK, "detach-finds-nothing", P0, PS15,	\
	    "if_detach unlinks before the lock, and gives up silently")	\
	X(RECLAIM_EARLY_UNLINK, "reclaim-twice", P0, PS15,		\
	    "reclaim unlinks before the lock and asserts success")	\
	X(LOAN_BY_REFERENCE, "loan-loses-to-destroy", P0, PS15,		\
	    "loan works on a reference found before the lock")		\
	X(IFCNT_ON_MISS, "interface-count-decremented-for-nothing",	\
	    P0, PS15, "a failed unlink still lowers vnet_ifcnt")	\
	X(DESTROY_EARLY_LOOKUP, "destroy-lands-after-reclaim",		\
	    P4, PFIXED, "destroy acts where the interface went meanwhile") \
	X(DESTROY_BARE_CLONER, "cloner-freed-while-destroyer-waits",	\
	    P4, PFIXED, "destroy keeps a cloner without a reference")	\
	X(CREATE_BARE_CLONER, "cloner-freed-under-create",		\
	    P0, PFIXED, "create keeps a cloner without a reference")	\
	X(CREATE_UNHELD, "created-interface-freed", P0, PFIXED,		\
	    "a create reads its interface when it may be gone")		\
	X(COMPAT_BY_NAME, "created-interface-lost", P0, PFIXED,		\
	    "an old create method's interface is found by its name")	\
	X(CREATE_WINDOW, "create-return-window", P0, PFIXED,		\
	    "half a pair is destroyable before it is complete")		\
	X(GROUP_WRONG_VNET, "group-joined-in-left-vnet", P0, PFIXED,	\
	    "an interface joins groups of a vnet that it has left")	\
	X(GROUP_AFTER_DETACH, "group-joined-after-detach", P0, PFIXED,	\
	    "a detached interface joins groups")			\
	X(RENAME_TAKEN, "rename-to-taken-name", P0, PFIXED,		\
	    "rename tests the name long before it takes it")		\
	X(LOAN_TAKEN, "move-into-taken-name", P0, PFIXED,		\
	    "loan tests the name before the lock")			\
	X(RECLAIM_TAKEN, "reclaim-into-taken-name", P0, PFIXED,		\
	    "reclaim and return do not test the name")			\
	X(MOVE_REBORN, "move-hits-reborn-interface", PS15, PFIXED,	\
	    "a move finds another interface at the same address")	\
	X(RECLAIM_LATE_NAME, "reclaim-reports-name-too-late",		\
	    PS15, PFIXED, "reclaim reads the name after the lock")	\
	X(LOAN_FOREIGN_SOCKET, "loan-by-foreign-socket", PS15, PFIXED,	\
	    "loan through a socket of another vnet")			\
	X(MOVE_LOIF, "renamed-lo0-moved", P0, PFIXED,			\
	    "a vnet's own loopback may leave it")			\
	X(DETACH_NULL_CLONER, "destructor-without-constructor",		\
	    P0, PFIXED, "detach of a cloner that never was")		\
	X(LLADDR_AFTER_DETACH, "link-address-used-after-detach",	\
	    P0, PFIXED, "rename writes into a released address")	\
	X(COPYOUT_IN_EPOCH, "copyout-inside-epoch", P0, PFIXED,		\
	    "group names are copied out in a read section")		\
	X(INDEX_TOO_EARLY, "index-reserved-but-visible", PFIXED,	\
	    PFIXED, "an interface is found by number before it is made") \
	X(INDEX_TABLE_FREED, "index-table-replaced-under-reader",	\
	    PFIXED, PFIXED, "a table is freed under those who look into it") \
	X(INDEX_MOVES, "index-changes-during-move", PFIXED, PFIXED,	\
	    "a move gives the number back and takes one again")		\
	X(RCVIF_BY_POINTER, "queued-packet-wrong-interface", PFIXED,	\
	    PFIXED, "a queued packet points to its interface")		\
	X(DEFERRED_LEAVE, "multicast-deferred-leave", PFIXED, PFIXED,	\
	    "a detach does not wait for deferred calls")		\
	X(INDEX_UNNAMED, "index-finds-unnamed-interface", P0, PFIXED,	\
	    "an index finds an interface before its attach")		\
	X(LINK_AFTER_DETACH, "link-event-after-detach", P0, PFIXED,	\
	    "link changes are queued for a detached interface")		\
	X(HOME_DANGLING, "home-vnet-dangling", P0, PFIXED,		\
	    "an interface outlives its home vnet")			\
	X(IOCTL_FOLLOWS, "ioctl-follows-interface-out", P0, PFIXED,	\
	    "a rename follows an interface out of its vnet")		\
	X(REQUEST_UNCOUNTED, "request-outlives-driver", P0, PFIXED,	\
	    "a request enters a driver that has been unloaded")		\
	X(DETACH_SYSINIT_ABBA, "detach-vs-sysinit-abba", P1, PFIXED,	\
	    "vnet_destroy locks the detach, then the destructors")	\
	X(CONSTRUCTOR_MISSED, "constructor-missed-by-new-vnet",		\
	    P0, PFIXED, "a vnet is listed after it was constructed")	\
	X(DESTRUCTOR_SKIPPED, "destructor-skipped-for-dying-vnet",	\
	    P0, PFIXED, "a vnet leaves the list, then gets the lock")	\
	X(MASTER_COPIED_EARLY, "new-vnet-copies-master-too-early",	\
	    P0, PFIXED, "initial values are copied without the lock")	\
	X(ETHER_METHODS_LATE, "listed-before-ethernet-methods",		\
	    P0, PFIXED, "Ethernet methods are set after the attach")	\
	X(BPF_KEEPS_PROMISC, "promisc-left-by-cut-listener",		\
	    P3, PFIXED, "a move cuts capture off but keeps its promiscuity") \
	X(EPAIR_TASK_UNDRAINED, "epair-task-after-softc-free",		\
	    P0, PFIXED, "a pair is freed while its task may run")	\
	X(EPAIR_IOCTL_UNLOCKED, "epair-ioctl-on-freed-pair",		\
	    P0, PFIXED, "a pair is freed under a request")		\
	X(EPAIR_UNLOAD_EARLY, "epair-unload-event-first",		\
	    P0, PFIXED, "the unload event frees what pairs still use")	\
	X(NL_DESCR_UNLOCKED, "description-read-unlocked",		\
	    P3, PFIXED, "a link dump reads the description unlocked")	\
	X(NL_DELETE_BY_NAME, "delete-link-by-stale-name", P3, PFIXED,	\
	    "RTM_DELLINK turns the interface back into a name")		\
	X(NL_ERROR_HIDES_LINK, "newlink-error-leaves-interface",	\
	    P3, PFIXED, "a failed change hides that a link was made")	\
	X(DEREGISTER_LOST_WAKEUP, "deregister-lost-wakeup", P0, PFIXED,	\
	    "a handler's removal waits for the whole list to be idle") \
	X(FAILED_JAIL_STAYS, "failed-persistent-jail-stays",		\
	    P2, PFIXED, "a failed creation leaves an invalid jail")	\
	X(OWNER_REMOVES_ITSELF, "owning-descriptor-closed-first",	\
	    PS15, PFIXED, "whoever closes its descriptor removes the jail") \
	X(OWNER_KILLS_ON_ERROR, "owning-descriptor-error-kills-jail",	\
	    PS15, PFIXED, "a failing question removes the jail")	\
	X(ATTACH_JD_LEAKS, "attach-by-descriptor-leaks-jail", PS15,	\
	    PFIXED, "an attach by descriptor keeps a hold")		\
	X(ATTACHES_MIX, "two-attaches-one-process", PS15, PFIXED,	\
	    "two threads attach, one to the root of the other's jail")	\
	X(KILL_SWEEP_UNHELD, "kill-sweep-reads-freed-prison",		\
	    P2, PFIXED, "signals are sent without a hold on the jail")	\
	X(UPDATE_CHECKS_CALLER, "nested-update-checks-caller",		\
	    P3, PFIXED, "an update by jid is limited by the caller")	\
	X(FORK_SURVIVES_REMOVAL, "fork-survives-jail-removal",		\
	    P0, P2, "a newborn process does not ask for its jail")	\
	X(ZERO_CROSSING_UNLOCKED, "prison-zero-crossing-unlocked",	\
	    P0, P2, "the last process lets a jail die by itself")	\
	X(JAIL_REMOVE_SHARED_QUEUE,					\
	    "jail-removal-waits-for-its-own-queue", P0, P3,		\
	    "jails are freed by the thread that everybody drains")	\
	X(ORPHAN_READS_PARENT, "orphan-jail-reads-freed-parent",	\
	    P0, P3, "a jail's stack is compared with its parent's")	\
	X(TUN_EXTRA_REF, "tun-cdev-extra-ref", P0, P4,			\
	    "a tunnel's node has references that nobody gives back")	\
	X(TUN_NODE_PINS_JAIL, "tun-node-pins-jail", P0, P4,		\
	    "tunnels wait for the end of the jail that they hold")	\
	X(TUN_FAIL_LIVE_LOCKS, "tun-create-fail-live-locks", P0, P4,	\
	    "a tunnel that failed is freed with its locks")		\
	X(TUN_DESTROY_PARKS, "tun-destroy-parks-on-detach-lock",	\
	    P0, PFIXED, "destroy waits for a close with the detach lock") \
	X(NL_DELETE_PARKS, "netlink-delete-parks-worker", P3, PFIXED,	\
	    "a socket's worker waits for its tunnel to be closed")	\
	X(TUN_REMOVE_WAITS, "jail-remove-waits-for-its-own-process",	\
	    P0, PFIXED, "a jail's removal waits for its tunnels' openers") \
	X(TUN_RELINK_LIVELOCK, "cloner-relink-livelock", PS15, PFIXED,	\
	    "a signal makes a cloner's detach ask for ever")		\
	X(TUN_HOOK_AFTER_REMOVE, "clone-hook-after-removal-hook",	\
	    P0, PFIXED, "a node stays that cannot get an interface")	\
	X(TUN_HOOK_IGNORES, "clone-hook-ignores-failed-interface",	\
	    P0, PFIXED, "a node stays whose name an interface has")	\
	X(TUN_SOFTC_EARLY, "tun-softc-cleared-too-early", PFIXED,	\
	    PFIXED, "a tunnel loses its softc before its name")		\
	X(TUN_DUPNAME_PANIC, "tun-dupname-cross-vnet-panic",		\
	    P0, PFIXED, "an interface whose node's name is taken panics") \
	X(TUN_UNIT_LEAK, "tun-unit-leak", P0, PFIXED,			\
	    "a tunnel that failed keeps its unit")			\
	X(TUN_RENAMES_MEET, "tun-renames-meet", P0, PFIXED,		\
	    "two renames destroy one alias")				\
	X(TUN_PLACEHOLDER, "placeholder-node-taken-for-real",		\
	    P0, PFIXED, "a reserved node is taken for a complete one")	\
	X(TUN_TRANSIENT_CLOSE, "transient-close-vs-destroy",		\
	    PS15, PFIXED, "a transient tunnel's close meets a destroy")	\
	X(TUN_TRANSIENT_UNIT, "transient-unit-reused", PS15, PFIXED,	\
	    "a unit is reused while its node is still to be destroyed")	\
	X(TUN_UNLOAD_JAILS, "tun-unload-leaves-jail-cloners",		\
	    P4, PFIXED, "unload leaves the cloners of jails behind")	\
	X(TUN_UNLOAD_REFUSED, "tun-unload-refused", P0, PFIXED,		\
	    "the tunnels' module cannot be unloaded")			\
	X(TUN_FAILED_JAIL, "failed-jail-leaks-cloners", P4, PFIXED,	\
	    "a jail that never lived leaks its tunnels' cloners")	\
	X(TUN_PLAIN_JAIL, "tap-user-open-pins-plain-jail", P0, PFIXED,	\
	    "a jail without vnet is held by its tunnels' nodes")	\
	X(TUN_SX_UNDER_MUTEX, "tun-sx-under-mutex", P0, PFIXED,		\
	    "a tunnel's MTU is changed with its mutex held")		\
	X(KILL_LEAKS_INTO_ATTACH, "kill-flag-leaks-into-attach",	\
	    PFIXED, PFIXED, "attach kills the jail that is left")	\
	X(KILL_ON_THE_WAY_DOWN, "kill-walk-wrong-order",		\
	    PFIXED, PFIXED, "a jail is done with before its children are") \
	X(GROUPS_LOST, "groups-lost-on-move", PFIXED, PFIXED,		\
	    "a moved interface is no longer in its cloner's group")	\
	X(ALIVE_BY_COUNT, "prison-state-deduced-from-counts",		\
	    PFIXED, PFIXED, "a jail with users is taken for alive")	\
	X(DYING_COMES_BACK, "dying-jail-comes-back", PFIXED, PFIXED,	\
	    "a dying jail is made alive again")				\
	X(DYING_REMOVED_AGAIN, "dying-jail-removed-again",		\
	    PFIXED, PFIXED, "removing a dying jail keeps a hold")	\
	X(EPOCH_MARKER_OVERTAKES, "epoch-marker-overtakes",		\
	    PFIXED, PFIXED, "a drain may return before older callbacks") \
	X(HALF_DEAD_ADOPTED, "half-dead-node-adopted", P0, PFIXED,	\
	    "a unit is free while its node is being destroyed")		\
	X(FAILED_NODE_STAYS, "failed-node-keeps-dangling-softc",	\
	    P0, PFIXED, "a node that got no name keeps its unit")	\
	X(DESTROY_WITHOUT_DRAIN, "node-freed-with-thread-inside",	\
	    PFIXED, PFIXED, "destruction waits only if there is d_purge") \
	X(DESTROY_WITHOUT_REF, "node-freed-while-draining",		\
	    PFIXED, PFIXED, "destruction has no reference of its own")	\
	X(DESTROY_FROM_CLOSE, "destroy-node-from-own-close",		\
	    PFIXED, PFIXED, "a close method destroys its node at once")	\
	X(CLONE_REF_LATE, "clone-hook-node-freed-before-ref",		\
	    PFIXED, PFIXED, "a clone hook references what it published")	\
	X(RETURN_WALK_UNLOCKED, "vnet-return-unlocked-walk",		\
	    PFIXED, PFIXED, "the return home walks a list without a lock") \
	X(INDEX_CLEARED_LATE, "index-cleared-after-last-ref",		\
	    PFIXED, PFIXED, "an interface is freed while its index finds it") \
	X(BYINDEX_ZOMBIE, "byindex-ref-zombie", P0, P2,			\
	    "an index finds an interface without references")		\
	X(IOCTL_UNREFERENCED, "ioctl-on-unreferenced-ifp",		\
	    PFIXED, PFIXED, "a request has no reference on its interface") \
	X(TUN_IOCTL_UNLOCKED, "tun-ioctl-on-destroyed-mutex",		\
	    PFIXED, PFIXED, "a tunnel is freed under a request")	\
	X(TUN_CLOSED_EARLY, "tun-open-flag-cleared-early",		\
	    PFIXED, PFIXED, "a close calls a tunnel closed too early")	\
	X(TUN_OPEN_DYING, "tun-reopen-while-dying",			\
	    PFIXED, PFIXED, "a tunnel is opened while it is destroyed")	\
	X(TUN_DESTROY_OPEN, "tap-destroyed-while-open",			\
	    PFIXED, PFIXED, "destroy does not ask who has a tunnel open") \
	X(CDEVPRIV_SAFE_ITERATOR, "per-open-data-list-safe-iterator",	\
	    PFIXED, PFIXED, "private data is walked by a saved pointer") \
	X(DIRENT_UNBOUNDED, "dirent-slot-read-unbounded", P0, PFIXED,	\
	    "lookup reads past a device's array of entries")		\
	X(VNODE_KEEPS_ENTRY, "vnode-keeps-freed-entry", PFIXED, PFIXED,	\
	    "a dead vnode points to its entry")				\
	X(USECOUNT_APART, "device-use-count-lost-in-reclaim",		\
	    PFIXED, PFIXED, "use counts of vnode and device go apart")

enum bug {
#define	X(id, name, from, until, text)	BUG_##id,
	BUGS(X)
#undef X
	BUG_COUNT
};

extern bool bug_enabled[BUG_COUNT];

#define	BUG(id)		__predict_false(bug_enabled[BUG_##id])

/*
 * Selects the switches: "PROFILE[,+ID|,-ID]..."; NULL and "" mean "fixed".
 * 0, or EINVAL for a name that does not exist, with nothing changed.
 */
int	bugs_select(const char *spec);
const char	*bug_name(enum bug bug);
const char	*bug_text(enum bug bug);

#endif /* !_BUGS_H_ */
