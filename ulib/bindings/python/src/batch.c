// SPDX-License-Identifier: MPL-2.0
/*
 * Batch: entries at which a reader or a set has peeked. Those of an inline ring
 * lie one after the other, so they are one table for numpy, up to the end of the
 * ring. The lengths are copies that were checked: the writer can change its own.
 */
#include "binding.h"

PyTypeObject *batch_type;

struct batch {
	struct lease lease;
	Py_ssize_t count;
	uint64_t position;	/* of the first one */
	int is_table;
	uint32_t *lengths, *types;	/* .count of each, in one allocation */
};

/* ---- make one ---- */

static struct batch *new_batch(long n)
{
	struct batch *batch = (struct batch *)new_object(batch_type);

	if (!batch)
		return NULL;
	batch->lengths = PyMem_Malloc(sizeof(uint32_t) * 2 * (size_t)n);
	if (!batch->lengths) {
		Py_DECREF(OBJECT(batch));
		PyErr_NoMemory();
		return NULL;
	}
	batch->types = batch->lengths + n;
	return batch;
}

static void note_entry(struct batch *batch, const struct rring_event *event)
{
	batch->lengths[batch->count] = event->len;
	batch->types[batch->count] = event->event_type;
	batch->count++;
}

/*
 * Note up to @n entries of @reader, from @first on, which is its first one. End
 * before one that is not valid, or lies elsewhere.
 */
static void note_entries(struct batch *batch, struct reader *reader,
			 const struct rring_event *first, long n)
{
	size_t stride = rring_reader_stride(reader->ring_reader);
	struct rring_event event = *first;
	const char *next = first->data;
	uint32_t i = 0;

	do {
		note_entry(batch, &event);
		next += stride;
	} while (++i < n && !rring_entry(reader->ring_reader, i, &event) &&
		 (!stride || event.data == next));
	batch->is_table = !!stride;
	lease_begin(&batch->lease, &reader->owner, first->data, 0);
	if (stride)
		lease_is_table(&batch->lease, (size_t)batch->count, stride);
}

/* Return a batch of the next @n entries or fewer, or NULL after an exception. */
PyObject *batch_of_reader(struct reader *reader, uint32_t n)
{
	struct rring_event first;
	struct batch *batch;
	long peeked = reader_next(reader, &first);

	if (peeked >= 0)
		peeked = rring_peek(reader->ring_reader, n);
	if (peeked < 0)
		return raise_error(peeked);
	batch = new_batch(peeked);
	if (!batch)
		return NULL;
	note_entries(batch, reader, &first, peeked);
	batch->position = rring_reader_position(reader->ring_reader);
	reader->owner.unreleased = (uint32_t)batch->count;
	return (PyObject *)batch;
}

/* Return a batch of the first @n events at which @set has peeked, or NULL. */
PyObject *batch_of_set(struct set *set, uint32_t n)
{
	struct batch *batch = new_batch(n);
	struct rring_reader *from;
	struct rring_event event;
	uint64_t position;
	int err = 0;
	uint32_t i;

	if (!batch)
		return NULL;
	for (i = 0; i < n; i++) {
		err = rring_set_entry(set->ring_set, i, &event, &from,
				      &position);
		if (err)
			break;
		note_entry(batch, &event);
	}
	if (!batch->count) {
		Py_DECREF(OBJECT(batch));
		return raise_error(err);
	}
	lease_begin(&batch->lease, &set->owner, batch->lengths, 0);
	set->owner.unreleased = (uint32_t)batch->count;
	return (PyObject *)batch;
}

static void free_batch(PyObject *self)
{
	PyMem_Free(((struct batch *)self)->lengths);
	lease_free((struct lease *)self);
}

/* ---- a sequence of events ---- */

static Py_ssize_t length(PyObject *self)
{
	return ((struct batch *)self)->count;
}

static PyObject *set_event(struct set *set, uint32_t i)
{
	struct rring_reader *from;
	struct rring_event event;
	uint64_t position;
	int err = rring_set_entry(set->ring_set, i, &event, &from, &position);

	return err ? raise_error(err) :
	       (PyObject *)event_peeked(&set->owner, set_member(set, from),
					&event, position);
}

static PyObject *reader_event(struct reader *reader, uint32_t i)
{
	struct rring_event event;
	uint64_t at = rring_reader_position(reader->ring_reader) + i;
	int err = rring_entry(reader->ring_reader, i, &event);

	return err ? raise_error(err) :
	       (PyObject *)event_peeked(&reader->owner, reader, &event, at);
}

static PyObject *item(PyObject *self, Py_ssize_t i)
{
	struct batch *batch = (struct batch *)self;
	struct owner *owner = batch->lease.owner;

	if (lease_use(&batch->lease))
		return NULL;
	if (i < 0 || i >= batch->count) {
		PyErr_SetString(PyExc_IndexError, "the batch has fewer events");
		return NULL;
	}
	return Py_TYPE(OBJECT(owner)) == set_type ?
	       set_event((struct set *)owner, (uint32_t)i) :
	       reader_event((struct reader *)owner, (uint32_t)i);
}

/* ---- a table ---- */

static int use_table(struct batch *batch)
{
	if (lease_use(&batch->lease))
		return -1;
	if (batch->is_table)
		return 0;
	PyErr_SetString(PyExc_BufferError, "only entries of an inline ring lie together: use the events");
	return -1;
}

static int getbuffer(PyObject *self, Py_buffer *view, int flags)
{
	view->obj = NULL;
	return use_table((struct batch *)self) ? -1 :
	       lease_getbuffer(self, view, flags);
}

static PyObject *data(PyObject *self, void *closure)
{
	return use_table((struct batch *)self) ? NULL :
	       lease_data(self, closure);
}

/* Return a copy of @n numbers as a memoryview. */
static PyObject *numbers(const uint32_t *from, Py_ssize_t n)
{
	PyObject *bytes = PyBytes_FromStringAndSize((const char *)from,
						    n * (Py_ssize_t)sizeof(*from));
	PyObject *view = bytes ? PyMemoryView_FromObject(bytes) : NULL;
	PyObject *cast = view ? PyObject_CallMethod(view, "cast", "s", "I") :
			 NULL;

	Py_XDECREF(view);
	Py_XDECREF(bytes);
	return cast;
}

static PyObject *lengths(PyObject *self, void *closure)
{
	struct batch *batch = (struct batch *)self;

	(void)closure;
	return numbers(batch->lengths, batch->count);
}

static PyObject *types(PyObject *self, void *closure)
{
	struct batch *batch = (struct batch *)self;

	(void)closure;
	return numbers(batch->types, batch->count);
}

static PyObject *position(PyObject *self, void *closure)
{
	struct batch *batch = (struct batch *)self;

	(void)closure;
	return PyLong_FromUnsignedLongLong(batch->position);
}

/* ---- release ---- */

static PyObject *release(PyObject *self, PyObject *unused)
{
	struct lease *lease = (struct lease *)self;

	(void)unused;
	if (lease->data && owner_release(lease->owner))
		return NULL;
	Py_RETURN_NONE;
}

static PyObject *exit_batch(PyObject *self, PyObject *arguments)
{
	return exit_with(release(self, NULL), arguments);
}

/* ---- the type ---- */

static PyMethodDef methods[] = {
	{ "release", release, METH_NOARGS,
	  "Release the entries: the writer may overwrite them." },
	{ "__enter__", lease_enter, METH_NOARGS, NULL },
	{ "__exit__", exit_batch, METH_VARARGS, NULL },
	{ NULL, NULL, 0, NULL },
};

static PyGetSetDef properties[] = {
	{ "data", data, NULL,
	  "A memoryview of (entries, stride), released with the batch.", NULL },
	{ "released", lease_is_over, NULL, "Is the memory gone?", NULL },
	{ "lengths", lengths, NULL, "Of the payloads, as a memoryview.", NULL },
	{ "types", types, NULL, "Of the events, as a memoryview.", NULL },
	{ "position", position, NULL, "Of the first event.", NULL },
	{ NULL, NULL, NULL, NULL, NULL },
};

static PyType_Slot slots[] = {
	SLOT(Py_tp_doc, "Events that were read together, as a sequence. Those of an inline ring are\none table, too, as a bytes-like object of two dimensions."),
	SLOT(Py_tp_dealloc, free_batch),
	SLOT(Py_tp_methods, methods),
	SLOT(Py_tp_getset, properties),
	SLOT(Py_sq_length, length),
	SLOT(Py_sq_item, item),
	SLOT(Py_bf_getbuffer, getbuffer),
	SLOT(Py_bf_releasebuffer, lease_releasebuffer),
	{ 0, NULL },
};

static PyType_Spec spec = {
	.name = "rusted_ring.Batch",
	.basicsize = sizeof(struct batch),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
	.slots = slots,
};

int batch_init(PyObject *module)
{
	batch_type = add_type(module, &spec);
	return batch_type ? 0 : -1;
}
