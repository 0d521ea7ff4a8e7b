// SPDX-License-Identifier: MPL-2.0
/* Reader: reads a ring. */
#include "binding.h"

PyTypeObject *reader_type;

static struct rring_reader *ring_reader_of(PyObject *self)
{
	return ((struct reader *)self)->ring_reader;
}

static void shut_reader(struct owner *owner)
{
	rring_reader_close(((struct reader *)owner)->ring_reader, 0);
}

static int release_entries(struct owner *owner, uint32_t n)
{
	return rring_release(((struct reader *)owner)->ring_reader, n);
}

/* Return a Reader of @ring_reader, which it closes; also if there is no memory. */
PyObject *reader_wrap(struct client *client, struct rring_reader *ring_reader)
{
	struct reader *reader = (struct reader *)new_object(reader_type);

	if (!reader) {
		rring_reader_close(ring_reader, 0);
		return NULL;
	}
	reader->ring_reader = ring_reader;
	reader->owner.release = release_entries;
	owner_begin(&reader->owner, client, shut_reader);
	return (PyObject *)reader;
}

/* ---- read ---- */

/*
 * Describe the next entry in @event. Skip those that the kernel, as the writer, has
 * discarded. Return 0 or a negative errno. An entry that is not valid is released.
 */
long reader_next(struct reader *reader, struct rring_event *event)
{
	long err;

	while ((err = rring_peek(reader->ring_reader, 1)) == 1) {
		err = rring_entry(reader->ring_reader, 0, event);
		if (!err || err == -ENOMEM)
			return err;
		rring_release(reader->ring_reader, 1);
		if (err != -ENODATA)
			return err;
	}
	return err;
}

static long try_wait(void *context, uint64_t deadline)
{
	struct reader *reader = context;

	return rring_wait_readable(reader->ring_reader, deadline);
}

/* Return 0 if this thread may read, all that was read before is released, or -1. */
static int begin_read(struct reader *reader)
{
	if (owner_use(&reader->owner))
		return -1;
	if (!reader->in_set)
		return owner_release(&reader->owner);
	PyErr_SetString(PyExc_ValueError,
			"the reader is in a set: read by the set");
	return -1;
}

/*
 * Describe the next event in @event, for which the thread waits until @deadline.
 * Return 0 or a negative errno.
 */
static long next_until(struct reader *reader, struct rring_event *event,
		       uint64_t deadline)
{
	long err;

	while ((err = reader_next(reader, event)) == -EAGAIN && deadline) {
		err = attempt_until(&reader->owner, try_wait, reader, deadline);
		if (err)
			return err;
	}
	return err;
}

static PyObject *peeked(struct reader *reader, const struct rring_event *event)
{
	uint64_t at = rring_reader_position(reader->ring_reader);

	reader->owner.unreleased = 1;
	return (PyObject *)event_peeked(&reader->owner, reader, event, at);
}

/* Parse the arguments of a read, and begin it. Return 0 or -1. */
static int parse_read(PyObject *self, PyObject *args, PyObject *kwargs,
		      uint64_t *deadline)
{
	static char *names[] = { "timeout", NULL };
	PyObject *timeout = Py_None;

	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O", names, &timeout) ||
	    deadline_of(timeout, deadline))
		return -1;
	return begin_read((struct reader *)self);
}

static PyObject *read_event(PyObject *self, PyObject *args, PyObject *kwargs)
{
	struct reader *reader = (struct reader *)self;
	struct rring_event event;
	uint64_t deadline;
	long err;

	if (parse_read(self, args, kwargs, &deadline))
		return NULL;
	err = next_until(reader, &event, deadline);
	return err ? raise_error(err) : peeked(reader, &event);
}

static PyObject *try_read(PyObject *self, PyObject *unused)
{
	struct reader *reader = (struct reader *)self;
	struct rring_event event;
	long err;

	(void)unused;
	if (begin_read(reader))
		return NULL;
	err = reader_next(reader, &event);
	if (err == -EAGAIN)
		Py_RETURN_NONE;
	return err ? raise_error(err) : peeked(reader, &event);
}

/* The iteration ends with the stream. */
static PyObject *iterate(PyObject *self)
{
	struct reader *reader = (struct reader *)self;
	struct rring_event event;
	long err;

	if (begin_read(reader))
		return NULL;
	err = next_until(reader, &event, RRING_FOREVER);
	if (err == -EPIPE)
		return NULL;
	return err ? raise_error(err) : peeked(reader, &event);
}

static PyObject *read_batch(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = { "max", "timeout", NULL };
	struct reader *reader = (struct reader *)self;
	PyObject *timeout = Py_None;
	struct rring_event event;
	unsigned int max = 1024;
	uint64_t deadline;
	long err;

	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|IO:read_batch", names,
					 &max, &timeout) ||
	    deadline_of(timeout, &deadline) || begin_read(reader))
		return NULL;
	err = next_until(reader, &event, deadline);
	return err ? raise_error(err) : batch_of_reader(reader, max ? max : 1);
}

/* ---- copy and keep ---- */

/*
 * Raise @err, with which the library could not copy or keep the next event. It
 * releases the entry of an event that is not valid in its next call, which is this.
 */
static PyObject *raise_unread(struct reader *reader, long err)
{
	raise_error(err);
	rring_wait_readable(reader->ring_reader, 0);
	return NULL;
}

/* Return memory for @size bytes; also for none. */
static void *resized(void *memory, size_t size)
{
	void *larger = PyMem_Realloc(memory, size + !size);

	if (!larger) {
		PyMem_Free(memory);
		PyErr_NoMemory();
	}
	return larger;
}

/*
 * Copy the next event to *@copy, which grows until it fits. Return 0 or a negative
 * errno. *@copy is NULL after an exception.
 */
static long copy_next(struct reader *reader, void **copy,
		      struct rring_event *event)
{
	size_t size = rring_reader_stride(reader->ring_reader);
	long err = -EMSGSIZE;

	event->len = (uint32_t)(size ? size : 256);
	for (*copy = NULL; err == -EMSGSIZE || err == -ENODATA; ) {
		size = event->len > size ? event->len : size;
		*copy = resized(*copy, size);
		if (!*copy)
			return WAS_INTERRUPTED;
		err = rring_read_copy(reader->ring_reader, *copy, size, event);
	}
	return err;
}

static long copy_until(struct reader *reader, void **copy,
		       struct rring_event *event, uint64_t deadline)
{
	long err;

	while ((err = copy_next(reader, copy, event)) == -EAGAIN && deadline) {
		PyMem_Free(*copy);
		*copy = NULL;
		err = attempt_until(&reader->owner, try_wait, reader, deadline);
		if (err)
			return err;
	}
	return err;
}

static PyObject *read_copy(PyObject *self, PyObject *args, PyObject *kwargs)
{
	struct reader *reader = (struct reader *)self;
	struct rring_event event;
	struct event *copied;
	uint64_t deadline;
	void *copy;
	long err;

	if (parse_read(self, args, kwargs, &deadline))
		return NULL;
	err = copy_until(reader, &copy, &event, deadline);
	if (err) {
		PyMem_Free(copy);
		return raise_unread(reader, err);
	}
	copied = event_copied(&event, copy);
	if (copied)
		copied->position =
			rring_reader_position(reader->ring_reader) - 1;
	return (PyObject *)copied;
}

static long keep_until(struct reader *reader, struct rring_event *event,
		       uint64_t deadline)
{
	long err;

	for (;;) {
		err = rring_read_keep(reader->ring_reader, event);
		if (err == -ENODATA)
			continue;
		if (err != -EAGAIN || !deadline)
			return err;
		err = attempt_until(&reader->owner, try_wait, reader, deadline);
		if (err)
			return err;
	}
}

static PyObject *read_keep(PyObject *self, PyObject *args, PyObject *kwargs)
{
	struct reader *reader = (struct reader *)self;
	struct rring_event event;
	struct event *kept;
	uint64_t deadline;
	long err;

	if (parse_read(self, args, kwargs, &deadline))
		return NULL;
	err = keep_until(reader, &event, deadline);
	if (err)
		return raise_unread(reader, err);
	kept = event_held(reader->owner.client, &event, 0);
	if (kept)
		kept->position = rring_reader_position(reader->ring_reader) - 1;
	return (PyObject *)kept;
}

/* ---- wait, skip, release, close ---- */

static PyObject *wait_readable(PyObject *self, PyObject *args, PyObject *kwargs)
{
	struct reader *reader = (struct reader *)self;
	uint64_t deadline;
	long err;

	if (parse_read(self, args, kwargs, &deadline))
		return NULL;
	err = attempt_until(&reader->owner, try_wait, reader, deadline);
	if (err == -ETIMEDOUT)
		Py_RETURN_FALSE;
	return err ? raise_error(err) : Py_NewRef(Py_True);
}

static PyObject *skip(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = { "keep", NULL };
	unsigned int keep = 0;

	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|I:skip", names, &keep) ||
	    begin_read((struct reader *)self))
		return NULL;
	return number_or_error(rring_reader_skip(ring_reader_of(self), keep));
}

static PyObject *release_to(PyObject *self, PyObject *position)
{
	struct reader *reader = (struct reader *)self;
	uint64_t to = PyLong_AsUnsignedLongLong(position);

	if (PyErr_Occurred() || begin_read(reader))
		return NULL;
	return none_or_error(rring_release_to(reader->ring_reader, to));
}

static PyObject *release(PyObject *self, PyObject *unused)
{
	(void)unused;
	return begin_read((struct reader *)self) ? NULL : Py_NewRef(Py_None);
}

static void forget_reader(struct owner *owner)
{
	rring_reader_close(((struct reader *)owner)->ring_reader, 1);
}

static PyObject *close_reader(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = { "forget", NULL };
	struct reader *reader = (struct reader *)self;
	int forget = 0;

	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|p:close", names,
					 &forget))
		return NULL;
	if (!reader->owner.close)
		Py_RETURN_NONE;
	if (reader->in_set) {
		PyErr_SetString(PyExc_ValueError,
				"the reader is in a set: remove it first");
		return NULL;
	}
	if (forget)
		reader->owner.close = forget_reader;
	if (owner_shut(&reader->owner)) {
		reader->owner.close = shut_reader;
		return NULL;
	}
	return reader->owns_client ?
	       close_of((PyObject *)reader->owner.client) : Py_NewRef(Py_None);
}

/* ---- what it is ---- */

static uint64_t ring_of(PyObject *self)
{
	return rring_reader_ring_id(ring_reader_of(self));
}

static uint64_t position_of(PyObject *self)
{
	return rring_reader_position(ring_reader_of(self));
}

static uint64_t lost_of(PyObject *self)
{
	return rring_reader_lost(ring_reader_of(self));
}

static uint64_t lag_of(PyObject *self)
{
	return rring_reader_lag(ring_reader_of(self));
}

static uint64_t capacity_of(PyObject *self)
{
	return rring_reader_capacity(ring_reader_of(self));
}

static uint64_t stride_of(PyObject *self)
{
	return rring_reader_stride(ring_reader_of(self));
}

static number_t get_ring = ring_of, get_position = position_of,
	get_lost = lost_of, get_lag = lag_of,
	get_capacity = capacity_of, get_stride = stride_of;

static PyObject *is_resumed(PyObject *self, void *closure)
{
	(void)closure;
	return owner_use((struct owner *)self) ? NULL :
	       PyBool_FromLong(rring_reader_resumed(ring_reader_of(self)));
}

static PyObject *get_type(PyObject *self, void *closure)
{
	struct rring_type type;

	(void)closure;
	if (owner_use((struct owner *)self))
		return NULL;
	type = rring_reader_type(ring_reader_of(self));
	if (!type.size)
		Py_RETURN_NONE;
	return Py_BuildValue("(sI)", type.name, type.size);
}

static PyObject *dropped(PyObject *self, PyObject *reason)
{
	unsigned long number = PyLong_AsUnsignedLong(reason);

	if (PyErr_Occurred() || owner_use((struct owner *)self))
		return NULL;
	if (number >= RRING_DROPS)
		return PyErr_Format(PyExc_ValueError, "there is no such reason");
	return PyLong_FromUnsignedLongLong(rring_reader_dropped(
			ring_reader_of(self), (enum rring_drop_reason)number));
}

/* ---- the type ---- */

static PyMethodDef methods[] = {
	{ "close", KEYWORDS(close_reader),
	  "Leave the ring; forget=True: the ring forgets the name, too." },
	{ "__enter__", owner_enter, METH_NOARGS, NULL },
	{ "__exit__", owner_exit, METH_VARARGS, NULL },
	{ "read", KEYWORDS(read_event),
	  "Release what was read before, and return the next event." },
	{ "try_read", try_read, METH_NOARGS,
	  "As read(), but return None if there is no event yet." },
	{ "read_batch", KEYWORDS(read_batch),
	  "As read(), but return a Batch of events." },
	{ "read_copy", KEYWORDS(read_copy),
	  "Return a copy of the next event, and release its entry." },
	{ "read_keep", KEYWORDS(read_keep),
	  "Return the next event, held, and release its entry." },
	{ "wait", KEYWORDS(wait_readable),
	  "Wait until there is something to read; False: there was not." },
	{ "release", release, METH_NOARGS, "Release what was read." },
	{ "release_to", release_to, METH_O,
	  "Release all entries below a position, unread." },
	{ "skip", KEYWORDS(skip), "Go on at the newest entries." },
	{ "dropped", dropped, METH_O,
	  "How many events the kernel has dropped for a reason." },
	{ NULL, NULL, 0, NULL },
};

static PyGetSetDef properties[] = {
	OWNER_PROPERTIES,
	{ "ring", owner_number, NULL, "The number of the ring.", &get_ring },
	{ "position", owner_number, NULL,
	  "Of the first entry that was not released.", &get_position },
	{ "lost", owner_number, NULL, "How many entries it has lost.", &get_lost },
	{ "lag", owner_number, NULL, "How many entries it has not released.",
	  &get_lag },
	{ "capacity", owner_number, NULL, "Entries of the ring.", &get_capacity },
	{ "stride", owner_number, NULL, "Bytes of an entry; 0: handles.",
	  &get_stride },
	{ "resumed", is_resumed, NULL, "Did the ring know the name?", NULL },
	{ "type", get_type, NULL, "(name, size) of the events, or None.", NULL },
	{ NULL, NULL, NULL, NULL, NULL },
};

static PyType_Slot slots[] = {
	SLOT(Py_tp_doc, "A reader of a ring, and an iterator of its events."),
	SLOT(Py_tp_dealloc, owner_free),
	SLOT(Py_tp_methods, methods),
	SLOT(Py_tp_getset, properties),
	SLOT(Py_tp_iter, PyObject_SelfIter),
	SLOT(Py_tp_iternext, iterate),
	{ 0, NULL },
};

static PyType_Spec spec = {
	.name = "rusted_ring.Reader",
	.basicsize = sizeof(struct reader),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
	.slots = slots,
};

int reader_init(PyObject *module)
{
	reader_type = add_type(module, &spec);
	return reader_type ? 0 : -1;
}
