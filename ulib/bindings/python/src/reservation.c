// SPDX-License-Identifier: MPL-2.0
/* Reservation: entries of an inline ring that its writer is about to publish. */
#include "binding.h"

PyTypeObject *reservation_type;

struct reservation {
	struct lease lease;
	uint32_t count;
};

/* ---- reserve ---- */

struct room {
	struct rring_writer *writer;
	unsigned int n;
};

static long try_reserve(void *context, uint64_t deadline)
{
	struct room *want = context;

	return rring_reserve_until(want->writer, want->n, deadline);
}

/*
 * Lend the first reserved entries up to @n, those that lie together. Each gets @len
 * and @event_type.
 */
static PyObject *lend(struct writer *writer, uint32_t n, uint32_t len,
		      uint32_t event_type)
{
	size_t stride = rring_writer_stride(writer->ring_writer);
	struct reservation *room;
	char *first, *next;
	uint32_t i = 1;

	room = (struct reservation *)new_object(reservation_type);
	if (!room)
		return NULL;
	first = rring_reserved(writer->ring_writer, 0, len, event_type);
	for (next = first + stride; i < n; i++, next += stride)
		if (rring_reserved(writer->ring_writer, i, len, event_type) !=
		    next)
			break;
	room->count = i;
	room->lease.writable = 1;
	lease_begin(&room->lease, &writer->owner, first, 0);
	lease_is_table(&room->lease, i, stride);
	return (PyObject *)room;
}

PyObject *writer_reserve(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = { "count", "size", "type", "timeout", NULL };
	struct writer *writer = (struct writer *)self;
	struct room want = { writer->ring_writer, 0 };
	unsigned int len, event_type = 0;
	PyObject *timeout = NULL;
	uint64_t deadline;
	long err;

	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "II|IO:reserve", names,
					 &want.n, &len, &event_type, &timeout) ||
	    begin_write(writer, timeout, &deadline))
		return NULL;
	if (!want.n || len > rring_writer_stride(want.writer))
		return PyErr_Format(PyExc_ValueError, "one entry or more, of at most the stride in an inline ring");
	err = write_until(writer, try_reserve, &want, deadline);
	return err ? raise_error(err) : lend(writer, want.n, len, event_type);
}

/* ---- commit or cancel ---- */

static PyObject *commit(PyObject *self, PyObject *args)
{
	struct reservation *room = (struct reservation *)self;
	struct writer *writer = (struct writer *)room->lease.owner;
	unsigned int n = room->count;

	if (!PyArg_ParseTuple(args, "|I:commit", &n) || lease_use(&room->lease))
		return NULL;
	if (n > room->count)
		return PyErr_Format(PyExc_ValueError, "fewer are reserved");
	if (owner_end_leases(&writer->owner))
		return NULL;
	rring_commit(writer->ring_writer, n);
	Py_RETURN_NONE;
}

static PyObject *cancel(PyObject *self, PyObject *unused)
{
	struct lease *lease = (struct lease *)self;

	(void)unused;
	if (lease->data && lease_may_end(lease))
		return NULL;
	lease_end(lease);
	Py_RETURN_NONE;
}

static PyObject *exit_reservation(PyObject *self, PyObject *arguments)
{
	PyObject *type = PyTuple_GetItem(arguments, 0);
	PyObject *none, *result;

	if (!type)
		return NULL;
	if (type != Py_None || !((struct lease *)self)->data)
		return exit_with(cancel(self, NULL), arguments);
	none = PyTuple_New(0);
	result = none ? commit(self, none) : NULL;
	Py_XDECREF(none);
	return result;
}

static Py_ssize_t length(PyObject *self)
{
	return ((struct reservation *)self)->count;
}

/* ---- the type ---- */

static PyMethodDef methods[] = {
	{ "commit", commit, METH_VARARGS, "Publish all, or the first n." },
	{ "cancel", cancel, METH_NOARGS, "Publish none." },
	{ "__enter__", lease_enter, METH_NOARGS, NULL },
	{ "__exit__", exit_reservation, METH_VARARGS, NULL },
	{ NULL, NULL, 0, NULL },
};

static PyGetSetDef properties[] = {
	LEASE_PROPERTIES,
	{ NULL, NULL, NULL, NULL, NULL },
};

static PyType_Slot slots[] = {
	SLOT(Py_tp_doc, "Reserved entries, as a bytes-like object of (entries, stride). A with\nstatement publishes all at its end, or none if it ends by an exception."),
	SLOT(Py_tp_dealloc, lease_free),
	SLOT(Py_tp_methods, methods),
	SLOT(Py_tp_getset, properties),
	SLOT(Py_sq_length, length),
	SLOT(Py_bf_getbuffer, lease_getbuffer),
	SLOT(Py_bf_releasebuffer, lease_releasebuffer),
	{ 0, NULL },
};

static PyType_Spec spec = {
	.name = "rusted_ring.Reservation",
	.basicsize = sizeof(struct reservation),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
	.slots = slots,
};

int reservation_init(PyObject *module)
{
	reservation_type = add_type(module, &spec);
	return reservation_type ? 0 : -1;
}
