/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Accessors that do nothing but read or write one field.  Fields change while
 * others look at them, if_dead() replaces even methods in use, so every access
 * is atomic.
 */
#ifndef _IF_ACCESSORS_H_
#define _IF_ACCESSORS_H_

#define	IF_GETTER(type, name, if_type, field)				\
type									\
name(if_type ifp)							\
{									\
	return (__atomic_load_n(&ifp->field, __ATOMIC_ACQUIRE));						\
}

#define	IF_SETTER(name, type, field)					\
void									\
name(if_t ifp, type value)						\
{									\
	__atomic_store_n(&ifp->field, value, __ATOMIC_RELEASE);		\
}

/* The same for those that return 0, as in FreeBSD. */
#define	IF_SETTER_INT(name, type, field)				\
int									\
name(if_t ifp, type value)						\
{									\
	__atomic_store_n(&ifp->field, value, __ATOMIC_RELEASE);		\
	return (0);							\
}

#define	IF_SETTER_BITS(name, field)					\
int									\
name(if_t ifp, int set, int clear)					\
{									\
	__atomic_store_n(&ifp->field, (__atomic_load_n(&ifp->field,	\
	    __ATOMIC_RELAXED) & ~clear) | set, __ATOMIC_RELEASE);	\
	return (0);							\
}

#define	IF_TOGGLER(name, field)						\
int									\
name(if_t ifp, int bits)						\
{									\
	__atomic_fetch_xor(&ifp->field, bits, __ATOMIC_ACQ_REL);	\
	return (0);							\
}

#endif /* !_IF_ACCESSORS_H_ */
