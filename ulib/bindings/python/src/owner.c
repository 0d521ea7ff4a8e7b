// SPDX-License-Identifier: MPL-2.0
/* Owners: who may use them, and how they are closed. */
#include "binding.h"

#include <pthread.h>

static struct owner *clients;	/* all that are open */

/* Counts the forks between the first process and this one. */
static unsigned int process;

static void in_child(void)
{
	process++;
}

int owner_init_module(void)
{
	if (!pthread_atfork(NULL, NULL, in_child))
		return 0;
	PyErr_NoMemory();
	return -1;
}

static void join_list(struct owner *owner, struct owner **first)
{
	owner->next = *first;
	owner->link = first;
	if (owner->next)
		owner->next->link = &owner->next;
	*first = owner;
}

/* Begin to own: @owner is closed by @close, with @client if not before. */
void owner_begin(struct owner *owner, struct client *client,
		 void (*close)(struct owner *owner))
{
	owner->close = close;
	owner->client = client;
	if (&client->owner == owner) {
		client->process = process;
		join_list(owner, &clients);
	} else {
		Py_INCREF(OBJECT(client));
		join_list(owner, &client->owners);
	}
}

static void leave_list(struct owner *owner)
{
	*owner->link = owner->next;
	if (owner->next)
		owner->next->link = owner->link;
}

/* Return 1 if @client is one of the parent process. */
int client_is_foreign(const struct client *client)
{
	return client->process != process;
}

/* A thread that waits is one of the parent process, if the client is. */
static int is_idle(const struct owner *owner)
{
	if (!owner->busy || client_is_foreign(owner->client))
		return 1;
	PyErr_SetString(PyExc_RuntimeError,
			"another thread waits in a call with this object");
	return 0;
}

/*
 * Return 0 if this thread may call the library with @owner. Otherwise raise an
 * exception, and return -1.
 */
int owner_use(struct owner *owner)
{
	if (!owner->close) {
		PyErr_SetString(PyExc_ValueError, "the object is closed");
		return -1;
	}
	if (!client_is_foreign(owner->client))
		return is_idle(owner) ? 0 : -1;
	raise_because(-EPERM, "the object is of the parent process: after a fork, open a client");
	return -1;
}

/*
 * Release the view of .data of @lease. Store in *@refused what lease_may_end()
 * returns. Return the next lease of the owner.
 */
static struct lease *release_view(struct lease *lease, int *refused)
{
	struct lease *next;

	Py_INCREF(OBJECT(lease));
	*refused = lease_may_end(lease);
	next = lease->next;
	Py_DECREF(OBJECT(lease));
	return next;
}

/*
 * Release the views that .data has returned. Return 0 if nobody has another view
 * of what @owner has lent. Otherwise raise BufferError, and return -1.
 */
int owner_may_end_leases(struct owner *owner)
{
	struct lease *lease = owner->leases;
	int refused = 0;

	while (lease && !refused)
		lease = release_view(lease, &refused);
	return refused;
}

/* Release them also where there is another view. */
static void release_views(struct owner *owner)
{
	struct lease *lease = owner->leases;
	int refused;

	while (lease) {
		lease = release_view(lease, &refused);
		PyErr_Clear();
	}
}

/*
 * In a child after a fork, release the views that .data has returned: their memory
 * is not mapped there. What else is a view cannot be released.
 */
PyObject *after_fork(PyObject *module, PyObject *unused)
{
	struct owner *client, *owner;

	(void)module;
	(void)unused;
	for (client = clients; client; client = client->next) {
		release_views(client);
		for (owner = client->client->owners; owner; owner = owner->next)
			release_views(owner);
	}
	Py_RETURN_NONE;
}

/* End all leases of @owner. Return 0, or -1 after BufferError was raised. */
int owner_end_leases(struct owner *owner)
{
	if (owner_may_end_leases(owner))
		return -1;
	while (owner->leases)
		lease_end(owner->leases);
	return 0;
}

/*
 * Release all that @owner has peeked at. Return 0. Otherwise raise an exception, and
 * return -1: after a BufferError nothing has changed; after any other error the
 * entries are released, and what was read of them is not valid.
 */
int owner_release(struct owner *owner)
{
	uint32_t n = owner->unreleased;
	int err;

	if (owner_end_leases(owner))
		return -1;
	owner->unreleased = 0;
	err = n && owner->release ? owner->release(owner, n) : 0;
	if (err)
		raise_error(err);
	return err ? -1 : 0;
}

/* Close @owner, of which nothing is lent, in the library. */
static void shut_now(struct owner *owner)
{
	void (*close)(struct owner *owner) = owner->close;

	leave_list(owner);
	owner->close = NULL;
	close(owner);
}

/* Close @owner. Return 0, or -1 after an exception was raised. */
int owner_shut(struct owner *owner)
{
	if (!owner->close)
		return 0;
	if (!is_idle(owner) || owner_end_leases(owner))
		return -1;
	shut_now(owner);
	return 0;
}

void owner_free(PyObject *self)
{
	struct owner *owner = (struct owner *)self;
	PyTypeObject *type = Py_TYPE(self);

	/* a lease has a reference to its owner, so there is none */
	if (owner->close)
		shut_now(owner);
	if (owner->client && &owner->client->owner != owner)
		Py_DECREF(OBJECT(owner->client));
	PyObject_Free(self);
	Py_DECREF(type);
}

PyObject *close_of(PyObject *self)
{
	return PyObject_CallMethod(self, "close", NULL);
}

PyObject *owner_close(PyObject *self, PyObject *unused)
{
	(void)unused;
	return owner_shut((struct owner *)self) ? NULL : Py_NewRef(Py_None);
}

PyObject *owner_enter(PyObject *self, PyObject *unused)
{
	(void)unused;
	return owner_use((struct owner *)self) ? NULL : Py_NewRef(self);
}

PyObject *owner_exit(PyObject *self, PyObject *arguments)
{
	return exit_with(close_of(self), arguments);
}

PyObject *owner_is_closed(PyObject *self, void *closure)
{
	(void)closure;
	return PyBool_FromLong(!((struct owner *)self)->close);
}

PyObject *owner_number(PyObject *self, void *number)
{
	return owner_use((struct owner *)self) ? NULL :
	       PyLong_FromUnsignedLongLong((*(number_t *)number)(self));
}

PyObject *owner_get_client(PyObject *self, void *closure)
{
	(void)closure;
	return Py_NewRef((PyObject *)((struct owner *)self)->client);
}
