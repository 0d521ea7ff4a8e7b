// SPDX-License-Identifier: MPL-2.0
/* Watch: learns of rings that come and go. */
#include "binding.h"

PyTypeObject *watch_type;
static PyTypeObject *change_type;

struct watch {
	struct owner owner;
	struct rring_watch *ring_watch;
};

static void shut_watch(struct owner *owner)
{
	rring_watch_close(((struct watch *)owner)->ring_watch);
}

PyObject *client_watch(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = { "prefix", NULL };
	struct client *client = (struct client *)self;
	struct rring_watch *ring_watch;
	const char *prefix = NULL;
	struct watch *watch;
	int err;

	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|z:watch", names,
					 &prefix) ||
	    owner_use(&client->owner))
		return NULL;
	err = rring_watch_open(client->ring_client, prefix, &ring_watch);
	if (err)
		return raise_error(err);
	watch = (struct watch *)new_object(watch_type);
	if (!watch) {
		rring_watch_close(ring_watch);
		return NULL;
	}
	watch->ring_watch = ring_watch;
	owner_begin(&watch->owner, client, shut_watch);
	return (PyObject *)watch;
}

/* ---- changes ---- */

static PyStructSequence_Field fields[] = {
	{ "kind", "What has happened, a ChangeKind" },
	{ "ring", "Number of the ring" },
	{ "ring_name", "Its name, or None" },
	{ "client", "Number of the writer, or of the reader's client" },
	{ "readers", "How many readers the ring has then" },
	{ "reader_name", "JOINED, LEFT: the reader's name, or None" },
	{ "incarnation", "How often the ring was opened" },
	{ "ring_serial", "No other ring has it" },
	{ "client_serial", "No other client has it" },
	{ "reader", "JOINED, LEFT: the reader's index" },
	{ NULL, NULL },
};

static PyStructSequence_Desc description = {
	.name = "rusted_ring.Change",
	.doc = "What has happened to a ring.",
	.fields = fields,
	.n_in_sequence = 10,
};

static PyObject *name_of(const char *name)
{
	return *name ? PyUnicode_FromString(name) : Py_NewRef(Py_None);
}

static PyObject *change_of(const struct rring_change *from)
{
	PyObject *values[] = {
		PyLong_FromUnsignedLong(from->kind),
		PyLong_FromUnsignedLong(from->ring),
		name_of(from->ring_name),
		PyLong_FromUnsignedLong(from->client),
		PyLong_FromUnsignedLong(from->readers),
		name_of(from->reader_name),
		PyLong_FromUnsignedLong(from->incarnation),
		PyLong_FromUnsignedLong(from->ring_serial),
		PyLong_FromUnsignedLong(from->client_serial),
		PyLong_FromUnsignedLong(from->reader),
	};

	return new_record(change_type, values, description.n_in_sequence);
}

struct look {
	struct rring_watch *watch;
	struct rring_change change;
};

static long try_next(void *context, uint64_t deadline)
{
	struct look *look = context;

	return rring_watch_next(look->watch, &look->change, deadline);
}

static PyObject *next_until(PyObject *self, uint64_t deadline)
{
	struct watch *watch = (struct watch *)self;
	struct look look = { .watch = watch->ring_watch };
	long err;

	if (owner_use(&watch->owner))
		return NULL;
	err = attempt_until(&watch->owner, try_next, &look, deadline);
	return err ? raise_error(err) : change_of(&look.change);
}

static PyObject *next_change(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = { "timeout", NULL };
	PyObject *timeout = Py_None;
	uint64_t deadline;

	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O:next", names,
					 &timeout) ||
	    deadline_of(timeout, &deadline))
		return NULL;
	return next_until(self, deadline);
}

static PyObject *iterate(PyObject *self)
{
	return next_until(self, RRING_FOREVER);
}

static PyObject *type_of(PyObject *self, PyObject *about)
{
	struct rring_change change = {};
	char name[RRING_NAME_MAX];
	uint32_t size;

	if (!PyObject_TypeCheck(about, change_type))
		return PyErr_Format(PyExc_TypeError, "this is no Change");
	if (owner_use((struct owner *)self))
		return NULL;
	change.ring = (uint32_t)PyLong_AsUnsignedLong(
		PyStructSequence_GetItem(about, 1));
	change.ring_serial = (uint32_t)PyLong_AsUnsignedLong(
		PyStructSequence_GetItem(about, 7));
	if (PyErr_Occurred())
		return NULL;
	size = rring_watch_type(((struct watch *)self)->ring_watch, &change,
				name);
	if (!size)
		Py_RETURN_NONE;
	return Py_BuildValue("(sI)", name, size);
}

static PyObject *get_missed(PyObject *self, void *closure)
{
	(void)closure;
	return owner_use((struct owner *)self) ? NULL :
	       PyLong_FromUnsignedLongLong(rring_watch_missed(
			((struct watch *)self)->ring_watch));
}

/* ---- wait for one ring ---- */

struct awaited {
	struct rring_client *client;
	const char *name;
};

static long try_await(void *context, uint64_t deadline)
{
	struct awaited *ring = context;

	return rring_await_ring(ring->client, ring->name, deadline);
}

PyObject *client_await_ring(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = { "name", "timeout", NULL };
	struct client *client = (struct client *)self;
	struct awaited ring = { .client = client->ring_client };
	PyObject *timeout = Py_None;
	uint64_t deadline;

	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "s|O:await_ring", names,
					 &ring.name, &timeout) ||
	    deadline_of(timeout, &deadline) || owner_use(&client->owner))
		return NULL;
	return none_or_error(attempt_until(&client->owner, try_await, &ring,
					   deadline));
}

/* ---- the type ---- */

static PyMethodDef methods[] = {
	OWNER_METHODS,
	{ "next", KEYWORDS(next_change), "Return the next Change." },
	{ "type_of", type_of, METH_O,
	  "Return the name and the bytes of the type of the ring of a Change." },
	{ NULL, NULL, 0, NULL },
};

static PyGetSetDef properties[] = {
	OWNER_PROPERTIES,
	{ "missed", get_missed, NULL, "How many changes it has not seen.",
	  NULL },
	{ NULL, NULL, NULL, NULL, NULL },
};

static PyType_Slot slots[] = {
	SLOT(Py_tp_doc, "Watches the rings of an arena: an iterator of changes."),
	SLOT(Py_tp_dealloc, owner_free),
	SLOT(Py_tp_methods, methods),
	SLOT(Py_tp_getset, properties),
	SLOT(Py_tp_iter, PyObject_SelfIter),
	SLOT(Py_tp_iternext, iterate),
	{ 0, NULL },
};

static PyType_Spec spec = {
	.name = "rusted_ring.Watch",
	.basicsize = sizeof(struct watch),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
	.slots = slots,
};

int watch_init(PyObject *module)
{
	watch_type = add_type(module, &spec);
	change_type = PyStructSequence_NewType(&description);
	if (!watch_type || !change_type)
		return -1;
	return PyModule_AddObjectRef(module, "Change", (PyObject *)change_type);
}
