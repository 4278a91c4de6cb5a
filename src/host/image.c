/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The kernel image: writable data of shared objects, remembered and put back.
 */
#include <link.h>
#include <stdlib.h>
#include <unistd.h>

#include "impl.h"

/* Writable memory; whole words, which pages always are. */
struct range {
	struct range	*next;
	uintptr_t	*memory;
	uintptr_t	*saved;
	size_t		words;
};

/* AddressSanitizer's, if it is there. */
extern void	__asan_init(void) __attribute__((weak));

const struct host_kernel *host_kernel;

/* All of a shared object, code included. */
struct object {
	struct object	*next;
	uintptr_t	low, high;
};

/* Written while one thread is about, before the kernel runs. */
static struct range *ranges;
static struct object *objects;

static void *
zalloc(size_t size)
{
	void *p = calloc(1, size);

	if (p == NULL)
		host_fatal("out of memory for a kernel image");
	return (p);
}

/*
 * Sanitizers must not look on: the redzones between variables are copied
 * with the variables, and all threads that knew the memory are gone.  The
 * empty statement keeps the compiler from making it a call of memcpy().
 */
static void __attribute__((noinline, no_sanitize("address", "thread",
    "undefined")))
copy_words(uintptr_t *to, const uintptr_t *from, size_t words)
{
	for (size_t i = 0; i < words; i++) {
		to[i] = from[i];
		__asm__ volatile("" : : : "memory");
	}
}

static void
range_add(uintptr_t low, uintptr_t high)
{
	struct range *range;

	low &= ~(sizeof(uintptr_t) - 1);
	high &= ~(sizeof(uintptr_t) - 1);
	if (low >= high)
		return;
	range = zalloc(sizeof(*range));
	range->memory = (uintptr_t *)low;
	range->words = (high - low) / sizeof(uintptr_t);
	range->saved = zalloc(high - low);
	copy_words(range->saved, range->memory, range->words);
	range->next = ranges;
	ranges = range;
}

static bool
segment_contains(const struct dl_phdr_info *info, const ElfW(Phdr) *ph,
    uintptr_t address)
{
	uintptr_t low = info->dlpi_addr + ph->p_vaddr;

	return (ph->p_type == PT_LOAD && address >= low &&
	    address < low + ph->p_memsz);
}

/* The part that the loader makes read-only: whole pages inside the segment. */
static void
find_relro(const struct dl_phdr_info *info, uintptr_t *low, uintptr_t *high)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

	*low = *high = 0;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];

		if (ph->p_type != PT_GNU_RELRO)
			continue;
		*low = (info->dlpi_addr + ph->p_vaddr) & ~(page - 1);
		*high = (info->dlpi_addr + ph->p_vaddr + ph->p_memsz) &
		    ~(page - 1);
	}
}

static void
object_add(const struct dl_phdr_info *info)
{
	struct object *object = zalloc(sizeof(*object));
	uintptr_t relro_low, relro_high, low, high;

	find_relro(info, &relro_low, &relro_high);
	object->low = UINTPTR_MAX;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];

		if (ph->p_type != PT_LOAD)
			continue;
		low = info->dlpi_addr + ph->p_vaddr;
		high = low + ph->p_memsz;
		if (low < object->low)
			object->low = low;
		if (high > object->high)
			object->high = high;
		if ((ph->p_flags & PF_W) == 0)
			continue;
		if (relro_low < high && relro_high > low) {
			range_add(low, relro_low);
			range_add(relro_high, high);
		} else
			range_add(low, high);
	}
	object->next = objects;
	objects = object;
}

static bool
object_contains(const struct dl_phdr_info *info, uintptr_t address)
{
	for (int i = 0; i < info->dlpi_phnum; i++)
		if (segment_contains(info, &info->dlpi_phdr[i], address))
			return (true);
	return (false);
}

/* What a sanitizer knows of real threads must not be put back. */
static int
try_object(struct dl_phdr_info *info, size_t size, void *arg)
{
	(void)size;
	if (!object_contains(info, (uintptr_t)arg))
		return (0);
	if (__asan_init != NULL &&
	    object_contains(info, (uintptr_t)__asan_init))
		host_fatal("%s holds AddressSanitizer's runtime; link it with "
		    "-shared-libsan", info->dlpi_name[0] != '\0' ?
		    info->dlpi_name : "the program");
	object_add(info);
	return (1);
}

void
host_image_register(const void *address)
{
	if (host_image_contains(address))
		return;
	if (dl_iterate_phdr(try_object, (void *)(uintptr_t)address) == 0)
		host_fatal("%p is in no shared object", address);
}

bool
host_image_contains(const void *address)
{
	for (const struct object *o = objects; o != NULL; o = o->next)
		if ((uintptr_t)address >= o->low &&
		    (uintptr_t)address < o->high)
			return (true);
	return (false);
}

void
host_image_restore(void)
{
	for (const struct range *r = ranges; r != NULL; r = r->next)
		copy_words(r->memory, r->saved, r->words);
}

void
host_image_each(void (*fn)(uintptr_t low, uintptr_t high, void *arg),
    void *arg)
{
	for (const struct range *r = ranges; r != NULL; r = r->next)
		fn((uintptr_t)r->memory, (uintptr_t)(r->memory + r->words),
		    arg);
}

void
host_image_keep(const void *p, size_t len)
{
	uintptr_t low = (uintptr_t)p & ~(sizeof(uintptr_t) - 1);
	uintptr_t high = (uintptr_t)p + len;
	struct range *r;
	size_t i;

	for (; low < high; low += sizeof(uintptr_t)) {
		for (r = ranges; r != NULL; r = r->next) {
			i = ((uintptr_t *)low - r->memory);
			if ((uintptr_t *)low >= r->memory && i < r->words)
				copy_words(&r->saved[i], &r->memory[i], 1);
		}
	}
}

/* --- the code ------------------------------------------------------------ */

static int
hash_object(struct dl_phdr_info *info, size_t size, void *arg)
{
	uint64_t hash = *(uint64_t *)arg;
	const ElfW(Phdr) *ph;
	const uint64_t *word;

	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		ph = &info->dlpi_phdr[i];
		word = (const void *)(info->dlpi_addr + ph->p_vaddr);
		if (ph->p_type != PT_LOAD || (ph->p_flags & PF_X) == 0 ||
		    !host_image_contains(word))
			continue;
		for (size_t n = ph->p_filesz / sizeof(*word); n > 0; n--)
			hash = (hash ^ *word++) * 0x100000001b3ULL;
	}
	*(uint64_t *)arg = hash;
	return (0);
}

uint64_t
host_image_hash(void)
{
	uint64_t hash = 0xcbf29ce484222325ULL;

	dl_iterate_phdr(hash_object, &hash);
	return (hash);
}
