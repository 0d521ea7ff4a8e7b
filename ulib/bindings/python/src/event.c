// SPDX-License-Identifier: MPL-2.0
/* Event: one that the client holds, that a reader has peeked at, or a copy. */
#include "binding.h"

#include <string.h>

PyTypeObject *event_type;

static struct client *client_of(const struct event *event)
{
	return event->lease.owner->client;
}

static struct event *new_event(const struct rring_event *from)
{
	struct event *event = (struct event *)new_object(event_type);

	if (!event)
		return NULL;
	event->event = *from;
	event->position = NO_POSITION;
	return event;
}

/* An event that @owner has peeked at, by @reader if that is an object of Python. */
struct event *event_peeked(struct owner *owner, struct reader *reader,
			   const struct rring_event *from, uint64_t position)
{
	struct event *event = new_event(from);

	if (!event)
		return NULL;
	event->position = position;
	event->reader = Py_XNewRef((PyObject *)reader);
	lease_begin(&event->lease, owner, from->data, from->len);
	return event;
}

/* An event for which @client has a hold: it is dropped if there is no memory. */
struct event *event_held(struct client *client, const struct rring_event *from,
			 int writable)
{
	struct event *event = new_event(from);

	if (!event) {
		rring_drop(client->ring_client, from);
		return NULL;
	}
	event->held = 1;
	event->lease.writable = writable;
	lease_begin(&event->lease, &client->owner, from->data, from->len);
	return event;
}

/* A copy of an event at @data, which it frees; also if there is no memory. */
struct event *event_copied(struct rring_event *from, void *data)
{
	struct event *event = new_event(from);

	if (event)
		lease_begin_copy(&event->lease, data, from->len);
	else
		PyMem_Free(data);
	return event;
}

/* The client has given its hold of @event away. */
void event_gone(struct event *event)
{
	event->held = 0;
	lease_end(&event->lease);
}

/*
 * Return @object as an event that @client can publish, of which nobody has a view.
 * Otherwise raise an exception, and return NULL.
 */
struct event *event_to_publish(struct client *client, PyObject *object)
{
	struct event *event = (struct event *)object;

	if (!PyObject_TypeCheck(object, event_type)) {
		PyErr_SetString(PyExc_TypeError, "an Event is needed");
		return NULL;
	}
	if (lease_use(&event->lease))
		return NULL;
	if (!event->held || client_of(event) != client) {
		PyErr_SetString(PyExc_ValueError,
				"the client of the writer does not hold the event");
		return NULL;
	}
	if (event->pinned) {
		PyErr_SetString(PyExc_ValueError,
				"a call publishes the event already");
		return NULL;
	}
	return lease_may_end(&event->lease) ? NULL : event;
}

/* ---- release ---- */

static void drop(struct event *event)
{
	struct client *client = client_of(event);

	if (event->held && client->owner.close && !client_is_foreign(client))
		rring_drop(client->ring_client, &event->event);
	event->held = 0;
}

static void free_event(PyObject *self)
{
	struct event *event = (struct event *)self;

	if (event->lease.owner)
		drop(event);
	Py_CLEAR(event->reader);
	lease_free(&event->lease);
}

/* Is @event all that its owner has peeked at? */
static int is_all_of_owner(const struct event *event)
{
	return event->lease.owner && event->lease.owner->unreleased == 1;
}

static int release_this(struct event *event)
{
	if (is_all_of_owner(event))
		return owner_release(event->lease.owner);
	if (lease_may_end(&event->lease))
		return -1;
	if (event->lease.owner)
		drop(event);
	lease_end(&event->lease);
	return 0;
}

static PyObject *release(PyObject *self, PyObject *unused)
{
	struct event *event = (struct event *)self;

	(void)unused;
	if (event->lease.data && release_this(event))
		return NULL;
	Py_RETURN_NONE;
}

static PyObject *exit_event(PyObject *self, PyObject *arguments)
{
	return exit_with(release(self, NULL), arguments);
}

/* ---- hold ---- */

static int take_hold(struct event *event)
{
	struct reader *reader = (struct reader *)event->reader;

	if (reader && !event->held)
		return rring_keep(reader->ring_reader, &event->event);
	return rring_hold(client_of(event)->ring_client, &event->event);
}

static PyObject *hold(PyObject *self, PyObject *unused)
{
	struct event *event = (struct event *)self;
	int err;

	(void)unused;
	if (lease_use(&event->lease))
		return NULL;
	if (event->lease.memory == LEASE_COPY || !event->event.handle)
		return PyErr_Format(PyExc_ValueError, "a copy, or an entry of an inline ring, cannot be held");
	err = take_hold(event);
	if (err)
		return raise_error(err);
	return (PyObject *)event_held(client_of(event), &event->event, 0);
}

PyObject *client_upgrade(PyObject *self, PyObject *handle)
{
	struct client *client = (struct client *)self;
	struct rring_event event;
	unsigned long long number = PyLong_AsUnsignedLongLong(handle);
	int err;

	if (PyErr_Occurred() || owner_use(&client->owner))
		return NULL;
	err = rring_upgrade(client->ring_client, number, &event);
	return err ? raise_error(err) :
	       (PyObject *)event_held(client, &event, 0);
}

/* ---- what its producer may do ---- */

/* Return 0 if @self is an event that its producer may change now, or -1. */
static int use_own(PyObject *self)
{
	struct event *event = (struct event *)self;

	if (lease_use(&event->lease))
		return -1;
	if (event->lease.writable)
		return lease_may_end(&event->lease);
	PyErr_SetString(PyExc_ValueError,
			"only its producer may do this, before it publishes or shares the event");
	return -1;
}

static void moved(struct event *event)
{
	event->lease.data = event->event.data;
	event->lease.shape[0] = event->event.len;
}

static PyObject *resize(PyObject *self, PyObject *length)
{
	struct event *event = (struct event *)self;
	unsigned long len = PyLong_AsUnsignedLong(length);
	int err;

	if (PyErr_Occurred() || use_own(self))
		return NULL;
	err = len > UINT32_MAX ? -E2BIG :
	      rring_resize(client_of(event)->ring_client, &event->event,
			   (uint32_t)len);
	if (!err)
		moved(event);
	return none_or_error(err);
}

static PyObject *seal(PyObject *self, PyObject *unused)
{
	struct event *event = (struct event *)self;
	int err;

	(void)unused;
	if (use_own(self))
		return NULL;
	err = rring_seal(client_of(event)->ring_client, &event->event);
	if (err)
		return raise_error(err);
	event->lease.writable = 0;
	moved(event);
	Py_RETURN_NONE;
}

static PyObject *share(PyObject *self, PyObject *unused)
{
	struct event *event = (struct event *)self;
	uint64_t handle;

	(void)unused;
	if (lease_use(&event->lease))
		return NULL;
	if (!event->held) {
		PyErr_SetString(PyExc_ValueError,
				"hold the event before it is shared");
		return NULL;
	}
	if (event->lease.writable && use_own(self))
		return NULL;
	handle = rring_share(client_of(event)->ring_client, &event->event);
	event->lease.writable = 0;
	return PyLong_FromUnsignedLongLong(handle);
}

/* ---- what it is ---- */

static PyObject *get_type(PyObject *self, void *closure)
{
	(void)closure;
	return PyLong_FromUnsignedLong(((struct event *)self)->event.event_type);
}

static PyObject *get_handle(PyObject *self, void *closure)
{
	(void)closure;
	return PyLong_FromUnsignedLongLong(((struct event *)self)->event.handle);
}

static PyObject *get_position(PyObject *self, void *closure)
{
	uint64_t position = ((struct event *)self)->position;

	(void)closure;
	return position == NO_POSITION ? Py_NewRef(Py_None) :
	       PyLong_FromUnsignedLongLong(position);
}

static PyObject *get_reader(PyObject *self, void *closure)
{
	PyObject *reader = ((struct event *)self)->reader;

	(void)closure;
	return Py_NewRef(reader ? reader : Py_None);
}

static PyObject *is_held(PyObject *self, void *closure)
{
	(void)closure;
	return PyBool_FromLong(((struct event *)self)->held &&
			       ((struct event *)self)->lease.data);
}

static PyObject *is_sealed(PyObject *self, void *closure)
{
	struct event *event = (struct event *)self;

	(void)closure;
	if (lease_use(&event->lease))
		return NULL;
	return PyBool_FromLong(event->held &&
			       rring_is_sealed(client_of(event)->ring_client,
					       &event->event));
}

static Py_ssize_t length(PyObject *self)
{
	return ((struct event *)self)->event.len;
}

/* Also of no bytes, an event is not what try_read() returns if there is none. */
static int is_true(PyObject *self)
{
	(void)self;
	return 1;
}

/* ---- allocate ---- */

struct allocation {
	struct client *client;
	size_t len;
	unsigned int event_type;
	int size_class;		/* -1: the smallest with room */
	struct rring_event event;
};

static long try_alloc(void *context, uint64_t deadline)
{
	struct allocation *want = context;

	if (want->size_class < 0)
		return rring_alloc_until(want->client->ring_client, want->len,
					 want->event_type, deadline,
					 &want->event);
	return want->len > UINT32_MAX ? -E2BIG :
	       rring_alloc_class(want->client->ring_client,
				 (enum rring_class)want->size_class,
				 (uint32_t)want->len, want->event_type,
				 &want->event);
}

static int allocate(struct allocation *want, PyObject *timeout)
{
	uint64_t deadline = 0;
	long err;

	if (owner_use(&want->client->owner) ||
	    (timeout && deadline_of(timeout, &deadline)))
		return -1;
	if (deadline && want->size_class >= 0) {
		PyErr_SetString(PyExc_ValueError,
				"nobody can wait for a slot of a given class");
		return -1;
	}
	err = attempt_until(&want->client->owner, try_alloc, want, deadline);
	if (err)
		raise_error(err);
	return err ? -1 : 0;
}

PyObject *client_alloc(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = { "size", "type", "timeout", "size_class", NULL };
	struct allocation want = {
		.client = (struct client *)self, .size_class = -1,
	};
	PyObject *timeout = NULL;
	Py_ssize_t size;

	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "n|I$Oi:alloc", names,
					 &size, &want.event_type, &timeout,
					 &want.size_class))
		return NULL;
	if (size < 0)
		return PyErr_Format(PyExc_ValueError, "a size is not negative");
	want.len = (size_t)size;
	return allocate(&want, timeout) ? NULL :
	       (PyObject *)event_held(want.client, &want.event, 1);
}

PyObject *client_alloc_copy(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = { "data", "type", "timeout", NULL };
	struct allocation want = {
		.client = (struct client *)self, .size_class = -1,
	};
	PyObject *timeout = NULL, *event = NULL;
	Py_buffer data;

	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "y*|I$O:alloc_copy",
					 names, &data, &want.event_type,
					 &timeout))
		return NULL;
	want.len = (size_t)data.len;
	if (!allocate(&want, timeout)) {
		memcpy(want.event.data, data.buf, want.len);
		event = (PyObject *)event_held(want.client, &want.event, 1);
	}
	PyBuffer_Release(&data);
	return event;
}

/* Return the @n events as a list. All are dropped if there is no memory. */
static PyObject *list_of(struct client *client, const struct rring_event *from,
			 Py_ssize_t n)
{
	PyObject *list = PyList_New(0);
	struct event *event;
	Py_ssize_t i;

	for (i = 0; i < n; i++) {
		event = event_held(client, &from[i], 1);
		if (list && (!event || PyList_Append(list, (PyObject *)event)))
			Py_CLEAR(list);
		Py_XDECREF(OBJECT(event));
	}
	return list;
}

PyObject *client_alloc_batch(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = { "size", "count", "type", "size_class", NULL };
	struct client *client = (struct client *)self;
	unsigned int size, count, type = 0;
	struct rring_event *events;
	int size_class = -1;
	PyObject *list = NULL;
	long n;

	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "II|I$i:alloc_batch",
					 names, &size, &count, &type,
					 &size_class) ||
	    owner_use(&client->owner))
		return NULL;
	events = PyMem_Malloc(sizeof(*events) * ((size_t)count + !count));
	if (!events)
		return PyErr_NoMemory();
	n = rring_alloc_batch(client->ring_client, size_class < 0 ?
			      rring_class_for(size) :
			      (enum rring_class)size_class,
			      size, type, events, count);
	list = n < 0 ? raise_error(n) : list_of(client, events, n);
	PyMem_Free(events);
	return list;
}

/* ---- the type ---- */

static PyMethodDef methods[] = {
	{ "release", release, METH_NOARGS,
	  "Drop the hold, or release the entry: its memory is gone." },
	{ "drop", release, METH_NOARGS, "Another name of release()." },
	{ "hold", hold, METH_NOARGS,
	  "Return another Event, which stays until it is released." },
	{ "keep", hold, METH_NOARGS, "Another name of hold()." },
	{ "resize", resize, METH_O, "Change the length." },
	{ "seal", seal, METH_NOARGS, "Make it read-only for all processes." },
	{ "share", share, METH_NOARGS, "Return the handle for another client." },
	{ "__enter__", lease_enter, METH_NOARGS, NULL },
	{ "__exit__", exit_event, METH_VARARGS, NULL },
	{ NULL, NULL, 0, NULL },
};

static PyGetSetDef properties[] = {
	LEASE_PROPERTIES,
	{ "type", get_type, NULL, "A number that its producer has chosen.",
	  NULL },
	{ "handle", get_handle, NULL, "0 in an inline ring.", NULL },
	{ "position", get_position, NULL,
	  "In its ring; None if it was not read from a reader.", NULL },
	{ "reader", get_reader, NULL, "Who has read it, or None.", NULL },
	{ "held", is_held, NULL, "Does it stay until it is released?", NULL },
	{ "sealed", is_sealed, NULL, "Can no process write it?", NULL },
	{ NULL, NULL, NULL, NULL, NULL },
};

static PyType_Slot slots[] = {
	SLOT(Py_tp_doc, "An event. It is a bytes-like object."),
	SLOT(Py_tp_dealloc, free_event),
	SLOT(Py_tp_methods, methods),
	SLOT(Py_tp_getset, properties),
	SLOT(Py_sq_length, length),
	SLOT(Py_nb_bool, is_true),
	SLOT(Py_bf_getbuffer, lease_getbuffer),
	SLOT(Py_bf_releasebuffer, lease_releasebuffer),
	{ 0, NULL },
};

static PyType_Spec spec = {
	.name = "rusted_ring.Event",
	.basicsize = sizeof(struct event),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
	.slots = slots,
};

int event_init(PyObject *module)
{
	event_type = add_type(module, &spec);
	return event_type ? 0 : -1;
}
