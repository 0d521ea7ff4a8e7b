// SPDX-License-Identifier: MPL-2.0
/*
 * Writer: writes a ring. Without a timeout, a ring of RRING_BLOCK waits for ever,
 * one of RRING_FAIL does not wait.
 */
#include "binding.h"

PyTypeObject *writer_type;

static struct rring_writer *ring_writer_of(PyObject *self)
{
	return ((struct writer *)self)->ring_writer;
}

/* ---- open ---- */

static void shut_writer(struct owner *owner)
{
	rring_writer_close(((struct writer *)owner)->ring_writer);
}

static void leave_ring(struct owner *owner)
{
	rring_writer_leave(((struct writer *)owner)->ring_writer);
}

static PyObject *wrap(struct client *client, struct rring_writer *ring_writer,
		      enum rring_policy policy)
{
	struct writer *writer = (struct writer *)new_object(writer_type);

	if (!writer) {
		rring_writer_close(ring_writer);
		return NULL;
	}
	writer->ring_writer = ring_writer;
	writer->waits = policy == RRING_BLOCK;
	owner_begin(&writer->owner, client, shut_writer);
	return (PyObject *)writer;
}

/* A type of events is None, or a pair of a name and a size. */
int parse_type(PyObject *object, struct rring_type *type)
{
	if (object == Py_None)
		return 0;
	if (PyTuple_Check(object))
		return PyArg_ParseTuple(object, "sI;a type is (name, size)",
					&type->name, &type->size) ? 0 : -1;
	PyErr_SetString(PyExc_TypeError, "a type is (name, size)");
	return -1;
}

/* A ring with a stride is inline, one without is of handles. */
int ring_config_of(PyObject *args, PyObject *kwargs,
		   struct rring_ring_config *config)
{
	static char *names[] = { "name", "stride", "capacity", "policy", "retain",
				 "stall", "strategy", "type", NULL };
	int policy = RRING_BLOCK, strategy = RRING_WAIT_BLOCK;
	PyObject *type = Py_None;
	double stall = 0;

	*config = (struct rring_ring_config) { .capacity = 256 };
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|z$IIiIdiO:writer",
					 names, &config->name, &config->stride,
					 &config->capacity, &policy,
					 &config->retain, &stall, &strategy,
					 &type))
		return -1;
	config->kind = config->stride ? RRING_INLINE : RRING_HANDLES;
	config->policy = (enum rring_policy)policy;
	config->strategy = (enum rring_strategy)strategy;
	if (stall < 0 || stall > 9e9) {
		PyErr_SetString(PyExc_ValueError, "stall is out of range");
		return -1;
	}
	config->stall_ns = (uint64_t)(stall * 1e9);
	return parse_type(type, &config->type);
}

PyObject *client_writer(PyObject *self, PyObject *args, PyObject *kwargs)
{
	struct client *client = (struct client *)self;
	struct rring_ring_config config;
	struct rring_writer *writer;
	int err;

	if (ring_config_of(args, kwargs, &config) || owner_use(&client->owner))
		return NULL;
	err = rring_writer_open(client->ring_client, &config, &writer);
	return err ? raise_error(err) : wrap(client, writer, config.policy);
}

PyObject *begin_writer(PyObject *module, PyObject *args, PyObject *kwargs)
{
	static char *names[] = { "ring", "arena", NULL };
	const char *arena = NULL, *ring;
	struct rring_writer *ring_writer;
	struct client *client;
	PyObject *writer;
	int err;

	(void)module;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "s|$z:begin_writer", names,
					 &ring, &arena))
		return NULL;
	err = rring_writer_begin(arena, ring, &ring_writer);
	if (err)
		return raise_error(err);
	client = client_wrap(rring_writer_client(ring_writer));
	writer = client ? wrap(client, ring_writer, RRING_BLOCK) : NULL;
	if (writer)
		((struct writer *)writer)->owns_client = 1;
	Py_XDECREF(OBJECT(client));
	return writer;
}

/* ---- wait for room ---- */

/*
 * Nobody may write while entries are reserved. Return 0 and the deadline of
 * @timeout, or -1 after an exception.
 */
int begin_write(struct writer *writer, PyObject *timeout, uint64_t *deadline)
{
	if (owner_use(&writer->owner))
		return -1;
	if (writer->owner.leases) {
		PyErr_SetString(PyExc_ValueError,
				"entries are reserved: commit or cancel them");
		return -1;
	}
	*deadline = writer->waits ? RRING_FOREVER : 0;
	return timeout ? deadline_of(timeout, deadline) : 0;
}

long write_until(struct writer *writer, attempt_t attempt, void *context,
		 uint64_t deadline)
{
	long result = attempt_until(&writer->owner, attempt, context, deadline);

	return result == -ETIMEDOUT && !deadline ? -EAGAIN : result;
}

/* ---- publish events ---- */

struct publication {
	struct rring_writer *writer;
	struct event **from;
	struct rring_event *events;
	uint32_t n;
};

static long try_publish(void *context, uint64_t deadline)
{
	struct publication *what = context;

	return rring_publish_batch_until(what->writer, what->events, what->n,
					 deadline);
}

/*
 * Add @object to the events of @what. It is pinned, so that no other thread changes
 * it while this one waits. Return 0, or -1 after an exception.
 */
static int add_event(struct publication *what, struct client *client,
		     PyObject *object)
{
	struct event *event = event_to_publish(client, object);

	if (!event)
		return -1;
	event->pinned = 1;
	event->lease.exports++;
	what->events[what->n] = event->event;
	what->from[what->n++] = event;
	return 0;
}

static void unpin(struct publication *what)
{
	uint32_t i;

	for (i = 0; i < what->n; i++) {
		what->from[i]->pinned = 0;
		what->from[i]->lease.exports--;
	}
}

/* Return how many events were published, or a negative errno. */
static long publish_until(struct writer *writer, struct publication *what,
			  uint64_t deadline)
{
	long published = write_until(writer, try_publish, what, deadline);
	long i;

	unpin(what);
	for (i = 0; i < published; i++)
		event_gone(what->from[i]);
	return published;
}

static PyObject *publish(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = { "event", "timeout", NULL };
	struct writer *writer = (struct writer *)self;
	PyObject *object, *timeout = NULL;
	struct rring_event described;
	struct event *event;
	struct publication what = { writer->ring_writer, &event, &described, 0 };
	uint64_t deadline;

	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|O:publish", names,
					 &object, &timeout) ||
	    begin_write(writer, timeout, &deadline) ||
	    add_event(&what, writer->owner.client, object))
		return NULL;
	return none_or_error(publish_until(writer, &what, deadline));
}

/* Fill @what with the events of the list @events. Return 0 or -1. */
static int collect(struct publication *what, struct client *client,
		   PyObject *events)
{
	Py_ssize_t n = PyList_Size(events);
	Py_ssize_t i;

	what->from = PyMem_Malloc(sizeof(*what->from) * (size_t)(n + !n));
	what->events = PyMem_Malloc(sizeof(*what->events) * (size_t)(n + !n));
	if (!what->from || !what->events) {
		PyErr_NoMemory();
		return -1;
	}
	for (i = 0; i < n; i++)
		if (add_event(what, client, PyList_GetItem(events, i))) {
			unpin(what);
			return -1;
		}
	return 0;
}

static PyObject *publish_batch(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = { "events", "timeout", NULL };
	struct writer *writer = (struct writer *)self;
	PyObject *given, *events, *timeout = NULL;
	struct publication what = { .writer = writer->ring_writer };
	uint64_t deadline;
	long published = WAS_INTERRUPTED;

	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|O:publish_batch",
					 names, &given, &timeout) ||
	    begin_write(writer, timeout, &deadline))
		return NULL;
	/* a copy, as another thread may change the list */
	events = PySequence_List(given);
	if (!events)
		return NULL;
	if (!collect(&what, writer->owner.client, events))
		published = publish_until(writer, &what, deadline);
	PyMem_Free(what.from);
	PyMem_Free(what.events);
	Py_DECREF(events);
	return number_or_error(published);
}

/* ---- add payloads ---- */

struct addition {
	struct rring_writer *writer;
	Py_buffer data;
	size_t len;		/* of each entry */
	unsigned int event_type;
	uint32_t n;
};

static long try_send(void *context, uint64_t deadline)
{
	struct addition *what = context;

	return rring_send(what->writer, what->data.buf, what->len,
			  what->event_type, deadline);
}

static long try_add_batch(void *context, uint64_t deadline)
{
	struct addition *what = context;

	return rring_add_batch_until(what->writer, what->data.buf,
				     (uint32_t)what->len, what->event_type,
				     what->n, deadline);
}

static PyObject *send_data(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = { "data", "type", "timeout", NULL };
	struct writer *writer = (struct writer *)self;
	struct addition what = { .writer = writer->ring_writer };
	PyObject *timeout = NULL;
	uint64_t deadline;
	long err = WAS_INTERRUPTED;

	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "y*|IO:send", names,
					 &what.data, &what.event_type, &timeout))
		return NULL;
	what.len = (size_t)what.data.len;
	if (!begin_write(writer, timeout, &deadline))
		err = write_until(writer, try_send, &what, deadline);
	PyBuffer_Release(&what.data);
	return none_or_error(err);
}

/* Divide the data into entries of .len bytes. Return 0 or -1. */
static int divide(struct addition *what, Py_ssize_t size)
{
	if (size <= 0 || size > what->data.len || what->data.len % size) {
		PyErr_SetString(PyExc_ValueError,
				"the data are no whole number of entries");
		return -1;
	}
	if (size > RRING_STRIDE_MAX ||
	    what->data.len / size > RRING_RING_CAPACITY_MAX) {
		PyErr_SetString(PyExc_ValueError,
				"no ring has entries so large, or so many");
		return -1;
	}
	what->len = (size_t)size;
	what->n = (uint32_t)(what->data.len / size);
	return 0;
}

static PyObject *add_batch(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = { "data", "size", "type", "timeout", NULL };
	struct writer *writer = (struct writer *)self;
	struct addition what = { .writer = writer->ring_writer };
	PyObject *timeout = NULL;
	Py_ssize_t size;
	uint64_t deadline;
	long err = WAS_INTERRUPTED;

	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "y*n|IO:add_batch", names,
					 &what.data, &size, &what.event_type,
					 &timeout))
		return NULL;
	if (!divide(&what, size) && !begin_write(writer, timeout, &deadline))
		err = write_until(writer, try_add_batch, &what, deadline);
	PyBuffer_Release(&what.data);
	return none_or_error(err);
}

/* ---- wait, close ---- */

struct room {
	struct rring_writer *writer;
	unsigned int n;
};

static long try_wait(void *context, uint64_t deadline)
{
	struct room *want = context;

	return rring_wait_writable(want->writer, want->n, deadline);
}

static PyObject *wait_writable(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = { "count", "timeout", NULL };
	struct writer *writer = (struct writer *)self;
	struct room want = { writer->ring_writer, 1 };
	PyObject *timeout = Py_None;
	uint64_t deadline;
	long err;

	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|IO:wait", names, &want.n,
					 &timeout) ||
	    begin_write(writer, timeout, &deadline))
		return NULL;
	err = attempt_until(&writer->owner, try_wait, &want, deadline);
	if (err == -ETIMEDOUT)
		Py_RETURN_FALSE;
	return err ? raise_error(err) : Py_NewRef(Py_True);
}

static PyObject *shut_by(struct writer *writer,
			 void (*close)(struct owner *owner))
{
	if (!writer->owner.close)
		Py_RETURN_NONE;
	writer->owner.close = close;
	if (owner_shut(&writer->owner)) {
		writer->owner.close = shut_writer;
		return NULL;
	}
	return writer->owns_client ?
	       close_of((PyObject *)writer->owner.client) : Py_NewRef(Py_None);
}

static PyObject *close_writer(PyObject *self, PyObject *unused)
{
	(void)unused;
	return shut_by((struct writer *)self, shut_writer);
}

static PyObject *leave(PyObject *self, PyObject *unused)
{
	(void)unused;
	return shut_by((struct writer *)self, leave_ring);
}

/* ---- what it is ---- */

static uint64_t ring_of(PyObject *self)
{
	return rring_writer_ring_id(ring_writer_of(self));
}

static uint64_t position_of(PyObject *self)
{
	return rring_writer_position(ring_writer_of(self));
}

static uint64_t capacity_of(PyObject *self)
{
	return rring_writer_capacity(ring_writer_of(self));
}

static uint64_t stride_of(PyObject *self)
{
	return rring_writer_stride(ring_writer_of(self));
}

static uint64_t readers_of(PyObject *self)
{
	return rring_writer_readers(ring_writer_of(self));
}

static number_t get_ring = ring_of, get_position = position_of,
	get_capacity = capacity_of, get_stride = stride_of,
	get_readers = readers_of;

static PyObject *get_pressure(PyObject *self, void *closure)
{
	(void)closure;
	return owner_use((struct owner *)self) ? NULL :
	       PyFloat_FromDouble(rring_writer_pressure(ring_writer_of(self)));
}

static PyObject *observed(PyObject *self, PyObject *from)
{
	uint64_t at = PyLong_AsUnsignedLongLong(from);

	if (PyErr_Occurred() || owner_use((struct owner *)self))
		return NULL;
	return PyLong_FromUnsignedLongLong(rring_writer_observed(
			ring_writer_of(self), at));
}

/* ---- the type ---- */

static PyMethodDef methods[] = {
	{ "close", close_writer, METH_NOARGS, "End the stream." },
	{ "leave", leave, METH_NOARGS,
	  "Close it, but do not end the stream: another writer will go on." },
	{ "__enter__", owner_enter, METH_NOARGS, NULL },
	{ "__exit__", owner_exit, METH_VARARGS, NULL },
	{ "publish", KEYWORDS(publish), "Append an event, and give it away." },
	{ "publish_batch", KEYWORDS(publish_batch),
	  "Append events, as many as there is room for, and return how many." },
	{ "add", KEYWORDS(send_data), "Append a copy of the data." },
	{ "send", KEYWORDS(send_data), "Another name of add()." },
	{ "add_batch", KEYWORDS(add_batch),
	  "Append a copy of the data as entries of size bytes each." },
	{ "reserve", KEYWORDS(writer_reserve),
	  "Return up to so many entries, to be filled and committed." },
	{ "wait", KEYWORDS(wait_writable),
	  "Wait until so many entries have room; False: they had not." },
	{ "observed", observed, METH_O,
	  "The position of the slowest observer at this one or above." },
	{ NULL, NULL, 0, NULL },
};

static PyGetSetDef properties[] = {
	OWNER_PROPERTIES,
	{ "ring", owner_number, NULL, "The number of the ring.", &get_ring },
	{ "position", owner_number, NULL, "Of the next entry.", &get_position },
	{ "capacity", owner_number, NULL, "Entries of the ring.", &get_capacity },
	{ "stride", owner_number, NULL, "Bytes of an entry; 0: handles.",
	  &get_stride },
	{ "readers", owner_number, NULL, "How many readers the ring has.",
	  &get_readers },
	{ "pressure", get_pressure, NULL,
	  "How full the ring is, from 0.0 to 1.0.", NULL },
	{ NULL, NULL, NULL, NULL, NULL },
};

static PyType_Slot slots[] = {
	SLOT(Py_tp_doc, "The writer of a ring."),
	SLOT(Py_tp_dealloc, owner_free),
	SLOT(Py_tp_methods, methods),
	SLOT(Py_tp_getset, properties),
	{ 0, NULL },
};

static PyType_Spec spec = {
	.name = "rusted_ring.Writer",
	.basicsize = sizeof(struct writer),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
	.slots = slots,
};

int writer_init(PyObject *module)
{
	writer_type = add_type(module, &spec);
	return writer_type ? 0 : -1;
}
