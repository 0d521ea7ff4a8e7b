// SPDX-License-Identifier: MPL-2.0
/* Client: one attachment to an arena. */
#include "binding.h"

PyTypeObject *client_type;

static struct rring_client *ring_client_of(PyObject *self)
{
	return ((struct client *)self)->ring_client;
}

static void shut_client(struct owner *owner)
{
	rring_close(((struct client *)owner)->ring_client);
}

/* Return a Client of @ring_client, which it closes; also if there is no memory. */
struct client *client_wrap(struct rring_client *ring_client)
{
	struct client *client = (struct client *)new_object(client_type);

	if (!client) {
		rring_close(ring_client);
		return NULL;
	}
	client->ring_client = ring_client;
	owner_begin(&client->owner, client, shut_client);
	return client;
}

/* The interpreter reads memory itself, and cannot leave a signal handler. */
static int open_client(struct rring_client **ring_client, const char *name,
		       int arena, int role, unsigned int flags)
{
	int err = rring_guard_evictions();

	if (err)
		return err;
	return arena < 0 ?
	       rring_open(ring_client, name, (enum rring_role)role, flags) :
	       rring_open_arena(ring_client, arena, (enum rring_role)role,
				flags);
}

static PyObject *new_client(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
	static char *names[] = { "name", "role", "arena", "flags", NULL };
	struct rring_client *ring_client;
	int role = RRING_PRODUCER, arena = -1, err;
	unsigned int flags = RRING_INTERRUPTIBLE;
	const char *name = NULL;

	(void)type;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|zi$iI:Client", names,
					 &name, &role, &arena, &flags))
		return NULL;
	if (flags & RRING_SINGLE_THREADED) {
		PyErr_SetString(PyExc_ValueError,
				"Python has no single-threaded clients");
		return NULL;
	}
	err = open_client(&ring_client, name, arena, role, flags);
	return err ? raise_error(err) : (PyObject *)client_wrap(ring_client);
}

/* ---- close ---- */

static int may_close(struct client *client)
{
	struct owner *owner;

	if (client->waiting && !client_is_foreign(client)) {
		PyErr_SetString(PyExc_RuntimeError,
				"another thread waits in a call with this client");
		return 0;
	}
	for (owner = client->owners; owner; owner = owner->next)
		if (owner_may_end_leases(owner))
			return 0;
	return !owner_may_end_leases(&client->owner);
}

/* Sets refer to readers, so they go first. */
static int close_owners(struct client *client, int sets)
{
	struct owner *owner, *next;
	int err = 0;

	for (owner = client->owners; owner && !err; owner = next) {
		next = owner->next;
		if (!sets || Py_TYPE(OBJECT(owner)) == set_type)
			err = owner_shut(owner);
	}
	return err;
}

static void tell_closed(struct client *client)
{
	PyObject *on_close = client->on_close;
	PyObject *result;

	client->on_close = NULL;
	if (!on_close)
		return;
	result = PyObject_CallNoArgs(on_close);
	if (!result)
		PyErr_WriteUnraisable(on_close);
	Py_XDECREF(result);
	Py_DECREF(on_close);
}

static PyObject *close_client(PyObject *self, PyObject *unused)
{
	struct client *client = (struct client *)self;

	(void)unused;
	if (!client->owner.close)
		Py_RETURN_NONE;
	if (!may_close(client) || close_owners(client, 1) ||
	    close_owners(client, 0) || owner_shut(&client->owner))
		return NULL;
	tell_closed(client);
	Py_RETURN_NONE;
}

static void free_client(PyObject *self)
{
	struct client *client = (struct client *)self;

	if (client->weakrefs)
		PyObject_ClearWeakRefs(self);
	tell_closed(client);
	owner_free(self);
}

/* ---- what it is ---- */

static PyObject *get_id(PyObject *self, void *closure)
{
	(void)closure;
	if (owner_use((struct owner *)self))
		return NULL;
	return PyLong_FromUnsignedLong(rring_client_id(ring_client_of(self)));
}

static PyObject *get_role(PyObject *self, void *closure)
{
	(void)closure;
	if (owner_use((struct owner *)self))
		return NULL;
	return PyLong_FromLong(rring_client_role(ring_client_of(self)));
}

static PyObject *is_evicted(PyObject *self, void *closure)
{
	(void)closure;
	if (owner_use((struct owner *)self))
		return NULL;
	return PyBool_FromLong(rring_client_evicted(ring_client_of(self)));
}

static PyObject *is_on_device(PyObject *self, void *closure)
{
	(void)closure;
	if (owner_use((struct owner *)self))
		return NULL;
	return PyBool_FromLong(rring_client_backend(ring_client_of(self)) ==
			       RRING_BACKEND_DEVICE);
}

static PyObject *fileno_of(PyObject *self, PyObject *unused)
{
	(void)unused;
	if (owner_use((struct owner *)self))
		return NULL;
	return number_or_error(rring_client_fd(ring_client_of(self)));
}

/* ---- the pools ---- */

static PyObject *pool_stat(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = { "size_class", "sweep", NULL };
	struct rring_pool_stat stat;
	int size_class, sweep = 0, err;

	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "i|p:pool_stat", names,
					 &size_class, &sweep) ||
	    owner_use((struct owner *)self))
		return NULL;
	err = rring_pool_stat(ring_client_of(self),
			      (enum rring_class)size_class,
			      sweep ? RRING_STAT_SWEEP : 0, &stat);
	if (err)
		return raise_error(err);
	return Py_BuildValue("{sI sI sI sI sI sI sI sK}",
			     "capacity", stat.capacity, "free", stat.free,
			     "lent", stat.lent, "held", stat.held,
			     "charged", stat.charged,
			     "in_flight", stat.in_flight,
			     "high_water", stat.high_water,
			     "failures", (unsigned long long)stat.failures);
}

static PyObject *trim(PyObject *self, PyObject *unused)
{
	(void)unused;
	if (owner_use((struct owner *)self))
		return NULL;
	rring_trim(ring_client_of(self));
	Py_RETURN_NONE;
}

/* ---- the type ---- */

static PyMethodDef methods[] = {
	{ "close", close_client, METH_NOARGS,
	  "Close it, and all that belongs to it. Its events are dropped." },
	{ "__enter__", owner_enter, METH_NOARGS, NULL },
	{ "__exit__", owner_exit, METH_VARARGS, NULL },
	{ "fileno", fileno_of, METH_NOARGS,
	  "The descriptor to poll for all readers and writers." },
	{ "alloc", KEYWORDS(client_alloc), "Allocate an event." },
	{ "alloc_copy", KEYWORDS(client_alloc_copy),
	  "Allocate an event with a copy of the data." },
	{ "alloc_batch", KEYWORDS(client_alloc_batch),
	  "Allocate up to so many events." },
	{ "upgrade", client_upgrade, METH_O, "Hold the event of a handle." },
	{ "pool_stat", KEYWORDS(pool_stat), "Count the slots of a class." },
	{ "trim", trim, METH_NOARGS, "Give free slots back to the arena." },
	{ "writer", KEYWORDS(client_writer), "Become the writer of a ring." },
	{ "reader", KEYWORDS(client_reader), "Become a reader of a ring." },
	{ "ensure_reader", KEYWORDS(client_ensure_reader),
	  "Become a reader of a ring, which is created if there is none." },
	{ "set", KEYWORDS(client_set), "Make a set of readers." },
	{ "watch", KEYWORDS(client_watch), "Watch rings come and go." },
	{ "await_ring", KEYWORDS(client_await_ring), "Wait for a ring." },
	{ "create_pipe", KEYWORDS(client_create_pipe),
	  "Open the first end of a pipe." },
	{ "connect_pipe", KEYWORDS(client_connect_pipe),
	  "Open the second end of a pipe." },
	{ "listener", KEYWORDS(client_listener), "Offer a service." },
	{ "caller", KEYWORDS(client_caller), "Begin a session with a service." },
	{ NULL, NULL, 0, NULL },
};

static PyGetSetDef properties[] = {
	{ "closed", owner_is_closed, NULL, "Was it closed?", NULL },
	{ "id", get_id, NULL, "Its number in the arena.", NULL },
	{ "_role", get_role, NULL, NULL, NULL },
	{ "evicted", is_evicted, NULL,
	  "Was it evicted? Then views of its memory show zeros.", NULL },
	{ "on_device", is_on_device, NULL,
	  "Is the arena on the device, not in this process?", NULL },
	{ NULL, NULL, NULL, NULL, NULL },
};

static PyMemberDef members[] = {
	{ "_on_close", T_OBJECT, offsetof(struct client, on_close), 0, NULL },
	{ "__weaklistoffset__", T_PYSSIZET, offsetof(struct client, weakrefs),
	  READONLY, NULL },
	{ NULL, 0, 0, 0, NULL },
};

static PyType_Slot slots[] = {
	SLOT(Py_tp_doc, "Client(name=None, role=PRODUCER, *, arena=-1, flags=INTERRUPTIBLE)\n\nA client of an arena."),
	SLOT(Py_tp_new, new_client),
	SLOT(Py_tp_dealloc, free_client),
	SLOT(Py_tp_methods, methods),
	SLOT(Py_tp_getset, properties),
	SLOT(Py_tp_members, members),
	{ 0, NULL },
};

static PyType_Spec spec = {
	.name = "rusted_ring.Client",
	.basicsize = sizeof(struct client),
	.flags = Py_TPFLAGS_DEFAULT,
	.slots = slots,
};

int client_init(PyObject *module)
{
	client_type = add_type(module, &spec);
	return client_type ? 0 : -1;
}
