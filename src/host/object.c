/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Shared objects that a kernel opens while it runs: users' drivers.
 *
 * They are not part of the kernel image: their data begin anew whenever they
 * are opened, and a kernel that ended badly has its objects closed for it.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "impl.h"

static struct object {
	struct object	*next;
	void		*handle;
} *opened;			/* objects_lock */
static struct host_lock objects_lock;

void *
host_object_open(const char *path, char *why, size_t size)
{
	struct object *object;
	void *handle;

	if ((handle = dlopen(path, RTLD_NOW | RTLD_LOCAL)) == NULL) {
		snprintf(why, size, "%s", dlerror());
		return (NULL);
	}
	if ((object = malloc(sizeof(*object))) == NULL)
		host_fatal("out of memory for a shared object");
	object->handle = handle;
	host_lock_enter(&objects_lock);
	object->next = opened;
	opened = object;
	host_lock_leave(&objects_lock);
	return (handle);
}

void
host_object_close(void *handle)
{
	struct object *object, **link;

	host_lock_enter(&objects_lock);
	for (link = &opened; (*link)->handle != handle; link = &(*link)->next)
		;
	object = *link;
	*link = object->next;
	host_lock_leave(&objects_lock);
	free(object);
	dlclose(handle);
}

bool
host_file_exists(const char *path)
{
	return (access(path, F_OK) == 0);
}

void
host_objects_close(void)
{
	while (opened != NULL)
		host_object_close(opened->handle);
}
