/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Names that both the kernel and the C library have.
 *
 * A kernel function of such a name is called kern_<name> in the library, and
 * a macro of the plain name chooses between the two: by the number of
 * arguments where that tells (the kernel's malloc() has three, the host's
 * one), else by the type of an argument.  A use with the host's arguments
 * expands to the plain name, so host headers may come before or after this
 * one, and host code may stand beside kernel code.  Only calls are
 * redirected: the bare name, as in a function pointer, is the host's.
 */
#ifndef _KPI_SYS_KPI_LIBC_H_
#define _KPI_SYS_KPI_LIBC_H_

#include <sys/cdefs.h>
#include <sys/types.h>

/* The host's math.h complains when it finds log() to be a macro already. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct malloc_type;

/*
 * __KPI_PICKn(arguments, name, ...): the name that stands at position n + 1.
 * The candidates follow the arguments in reverse order of their count, so
 * that more arguments push an earlier candidate into that position.
 */
#define	__KPI_PICK2(a1, a2, name, ...)		name
#define	__KPI_PICK3(a1, a2, a3, name, ...)	name
#define	__KPI_PICK4(a1, a2, a3, a4, name, ...)	name
#define	__KPI_PICK16(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12,	\
	    a13, a14, a15, a16, name, ...)	name
#define	__KPI_FIRST(a1, ...)			a1

/*
 * Formats are checked as the host's everywhere but in drivers, which may use
 * the kernel's own conversions %b and %D.
 */
#ifdef KPI_DRIVER
#define	__KPI_PRINTFLIKE(fmtarg, firstvararg)
#else
#define	__KPI_PRINTFLIKE(fmtarg, firstvararg)				\
	__printflike(fmtarg, firstvararg)
#endif

/*
 * malloc(9).  M_WAITOK may sleep and never returns NULL; M_NOWAIT may be used
 * in any context but a spin lock's and may return NULL.
 */
void	*kern_malloc(size_t size, struct malloc_type *type, int flags)
	    __attribute__((__alloc_size__(1)));
void	*kern_realloc(void *addr, size_t size, struct malloc_type *type,
	    int flags) __attribute__((__alloc_size__(2)));
void	*kern_reallocf(void *addr, size_t size, struct malloc_type *type,
	    int flags) __attribute__((__alloc_size__(2)));
void	kern_free(void *addr, struct malloc_type *type);
/* Copies; sleep for memory, never NULL. */
char	*kern_strdup(const char *string, struct malloc_type *type);
char	*kern_strndup(const char *string, size_t n, struct malloc_type *type);
/* Formats into memory of the type; returns the length.  May sleep. */
int	kern_asprintf(char **ret, struct malloc_type *type, const char *format,
	    ...) __KPI_PRINTFLIKE(3, 4);
int	kern_vasprintf(char **ret, struct malloc_type *type,
	    const char *format, va_list ap);

#undef malloc
#define	malloc(...)							\
	__KPI_PICK3(__VA_ARGS__, kern_malloc, malloc, malloc, 0)(__VA_ARGS__)
#undef free
#define	free(...)							\
	__KPI_PICK2(__VA_ARGS__, kern_free, free, 0)(__VA_ARGS__)
#undef realloc
#define	realloc(...)							\
	__KPI_PICK4(__VA_ARGS__, kern_realloc, realloc, realloc,	\
	    realloc, 0)(__VA_ARGS__)
#undef reallocf
#define	reallocf(...)							\
	__KPI_PICK4(__VA_ARGS__, kern_reallocf, reallocf, reallocf,	\
	    reallocf, 0)(__VA_ARGS__)
#undef strdup
#define	strdup(...)							\
	__KPI_PICK2(__VA_ARGS__, kern_strdup, strdup, 0)(__VA_ARGS__)
#undef strndup
#define	strndup(...)							\
	__KPI_PICK3(__VA_ARGS__, kern_strndup, strndup, strndup, 0)	\
	    (__VA_ARGS__)

/* The count says nothing here: a malloc type as second argument does. */
#undef asprintf
#undef vasprintf
#define	__KPI_BY_TYPE(kern, host, ...)					\
	_Generic((__KPI_FIRST(__VA_ARGS__, 0)),				\
	    struct malloc_type *: kern,					\
	    default: host)
/* The host's, which stdio.h shows only to those who define _GNU_SOURCE. */
int	asprintf(char **ret, const char *format, ...) __printflike(2, 3);
int	vasprintf(char **ret, const char *format, va_list ap);
#define	asprintf(ret, ...)						\
	__KPI_BY_TYPE(kern_asprintf, asprintf, __VA_ARGS__)(ret, __VA_ARGS__)
#define	vasprintf(ret, ...)						\
	__KPI_BY_TYPE(kern_vasprintf, vasprintf, __VA_ARGS__)		\
	    (ret, __VA_ARGS__)

/*
 * Messages.  log(9) takes a priority of syslog(3).  In kernel and driver code
 * printf() writes to the kernel's console; a program's is its own.  Any
 * context.
 */
void	kern_log(int level, const char *format, ...) __KPI_PRINTFLIKE(2, 3);
void	kern_vlog(int level, const char *format, va_list ap);
int	kern_printf(const char *format, ...) __KPI_PRINTFLIKE(1, 2);
int	kern_vprintf(const char *format, va_list ap);

#undef log
#define	log(...)							\
	__KPI_PICK16(__VA_ARGS__, kern_log, kern_log, kern_log,		\
	    kern_log, kern_log, kern_log, kern_log, kern_log, kern_log,	\
	    kern_log, kern_log, kern_log, kern_log, kern_log, kern_log,	\
	    log, 0)(__VA_ARGS__)
#define	vlog(level, format, ap)		kern_vlog((level), (format), (ap))

/* The build names the kld of kernel and driver code, see linker_set.h. */
#if defined(KLD_NAME) && !defined(KLD_PROGRAM)
#undef printf
#define	printf(...)		kern_printf(__VA_ARGS__)
#undef vprintf
#define	vprintf(format, ap)	kern_vprintf((format), (ap))
#endif

/* pause(9): sleeps `timo` ticks; the host's pause() has no argument. */
#define	kern_pause(wmesg, timo)						\
	pause_sbt((wmesg), tick_sbt * (timo), 0, 0)
#undef pause
#define	pause(...)							\
	__KPI_PICK2(__VA_ARGS__, kern_pause, pause, 0)(__VA_ARGS__)

#endif /* !_KPI_SYS_KPI_LIBC_H_ */
