/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Linker sets, one family for each kld.
 *
 * FreeBSD collects SYSINITs, sysctls and per-vnet variables in linker sets,
 * one per linked file.  Here several klds may share one file (the drivers in
 * the kernel image), so the section names carry the kld's name, and every kld
 * has a descriptor that knows its bounds.  KLD_NAME is set by the build; a
 * test program that says nothing is the kld "program".
 */
#ifndef _KPI_SYS_LINKER_SET_H_
#define _KPI_SYS_LINKER_SET_H_

#include <sys/types.h>

#ifndef KLD_NAME
#define	KLD_NAME	program
#define	KLD_PROGRAM
#endif

#define	__KLD_SET(set)	__CONCAT(__CONCAT(__CONCAT(set_, set), __), KLD_NAME)
#define	__KLD_SECTION(set)	__XSTRING(__KLD_SET(set))
#define	__KLD_START(set)	__CONCAT(__start_, __KLD_SET(set))
#define	__KLD_STOP(set)		__CONCAT(__stop_, __KLD_SET(set))
#define	__KLD_IMAGE		__CONCAT(__kld_image_, KLD_NAME)

/* gcc turns the order of variables round unless told otherwise. */
#if __has_attribute(__no_reorder__)
#define	__kld_in_order	__attribute__((__no_reorder__))
#else
#define	__kld_in_order
#endif

/*
 * Puts a pointer to `sym` into the set of the kld being compiled, behind what
 * the file has put there before.
 */
#define	__KLD_ADD(set, sym)						\
	static void const * const __CONCAT(__set_##set##_sym_, sym)	\
	    __section(__KLD_SECTION(set)) __used __kld_in_order = &(sym)

struct sysinit;
struct mod_metadata;
struct sysctl_oid;

/*
 * A kld: what FreeBSD's linker would have found in the file.
 * Lock: (c) constant after registration, (k) kld_sx.
 */
struct kld_image {
	const char	*ki_name;		/* (c) */
	struct sysinit * const	*ki_sysinit;	/* (c) bounds of the sets */
	struct sysinit * const	*ki_sysinit_end;
	struct sysinit * const	*ki_sysuninit;
	struct sysinit * const	*ki_sysuninit_end;
	struct sysctl_oid * const	*ki_sysctl;
	struct sysctl_oid * const	*ki_sysctl_end;
	const struct mod_metadata * const *ki_modmetadata;
	const struct mod_metadata * const *ki_modmetadata_end;
	char		*ki_vnet;		/* (c) master copy of V_ data */
	char		*ki_vnet_end;
	unsigned	ki_slot;		/* (k) index of its V_ data in a
						   vnet, 0 while it has none */
	bool		ki_builtin;		/* (c) can never be unloaded */
	bool		ki_boot;		/* (k) has been started, at boot
						   or later */
	struct kld_image	*ki_next;	/* (c) */
};

extern struct kld_image __KLD_IMAGE __weak_symbol __hidden;
extern struct sysinit * const __KLD_START(sysinit)[] __weak_symbol __hidden;
extern struct sysinit * const __KLD_STOP(sysinit)[] __weak_symbol __hidden;
extern struct sysinit * const __KLD_START(sysuninit)[] __weak_symbol __hidden;
extern struct sysinit * const __KLD_STOP(sysuninit)[] __weak_symbol __hidden;
extern struct sysctl_oid * const __KLD_START(sysctl)[] __weak_symbol __hidden;
extern struct sysctl_oid * const __KLD_STOP(sysctl)[] __weak_symbol __hidden;
extern const struct mod_metadata * const __KLD_START(modmetadata)[]
    __weak_symbol __hidden;
extern const struct mod_metadata * const __KLD_STOP(modmetadata)[]
    __weak_symbol __hidden;
extern char __KLD_START(vnet)[] __weak_symbol __hidden;
extern char __KLD_STOP(vnet)[] __weak_symbol __hidden;

/*
 * Makes a kld known.  Called before main() by a constructor in every file
 * that uses a linker set, and when a shared object with a driver is opened;
 * repeated calls for one descriptor do nothing.  The second is called when
 * the object is closed.
 */
void	kld_image_register(struct kld_image *);
void	kld_image_deregister(struct kld_image *);

struct kld_image __KLD_IMAGE = {
	.ki_name = __XSTRING(KLD_NAME),
	.ki_sysinit = __KLD_START(sysinit),
	.ki_sysinit_end = __KLD_STOP(sysinit),
	.ki_sysuninit = __KLD_START(sysuninit),
	.ki_sysuninit_end = __KLD_STOP(sysuninit),
	.ki_sysctl = __KLD_START(sysctl),
	.ki_sysctl_end = __KLD_STOP(sysctl),
	.ki_modmetadata = __KLD_START(modmetadata),
	.ki_modmetadata_end = __KLD_STOP(modmetadata),
	.ki_vnet = __KLD_START(vnet),
	.ki_vnet_end = __KLD_STOP(vnet),
};

static void __attribute__((constructor, used))
__kld_image_constructor(void)
{
	kld_image_register(&__KLD_IMAGE);
}

static void __attribute__((destructor, used))
__kld_image_destructor(void)
{
	kld_image_deregister(&__KLD_IMAGE);
}

#endif /* !_KPI_SYS_LINKER_SET_H_ */
