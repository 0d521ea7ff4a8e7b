// SPDX-License-Identifier: MPL-2.0
/* Set: reads the rings of many writers like one ring. */
#include "binding.h"

PyTypeObject *set_type;

static void shut_set(struct owner *owner)
{
	struct set *set = (struct set *)owner;
	Py_ssize_t i;

	rring_set_close(set->ring_set);
	for (i = 0; i < PyList_Size(set->readers); i++)
		((struct reader *)PyList_GetItem(set->readers, i))->in_set = 0;
	Py_CLEAR(set->readers);
}

static int release_events(struct owner *owner, uint32_t n)
{
	return rring_set_release(((struct set *)owner)->ring_set, n);
}

static PyObject *wrap(struct client *client, struct rring_set *ring_set)
{
	struct set *set = (struct set *)new_object(set_type);
	PyObject *readers = set ? PyList_New(0) : NULL;

	if (!readers) {
		rring_set_close(ring_set);
		Py_XDECREF(OBJECT(set));
		return NULL;
	}
	set->ring_set = ring_set;
	set->readers = readers;
	set->owner.release = release_events;
	owner_begin(&set->owner, client, shut_set);
	return (PyObject *)set;
}

PyObject *client_set(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = { "order", "strategy", NULL };
	struct client *client = (struct client *)self;
	struct rring_set_config config = { 0 };
	int order = RRING_FAIR, strategy = RRING_WAIT_BLOCK, err;
	struct rring_set *set;

	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|i$i:set", names, &order,
					 &strategy) ||
	    owner_use(&client->owner))
		return NULL;
	config.order = (enum rring_order)order;
	config.strategy = (enum rring_strategy)strategy;
	err = rring_set_open(client->ring_client, &config, &set);
	return err ? raise_error(err) : wrap(client, set);
}

/* ---- members ---- */

/* Return the member that reads @ring_reader, or NULL. */
struct reader *set_member(const struct set *set,
			  const struct rring_reader *ring_reader)
{
	struct reader *reader;
	Py_ssize_t i;

	for (i = 0; i < PyList_Size(set->readers); i++) {
		reader = (struct reader *)PyList_GetItem(set->readers, i);
		if (reader->ring_reader == ring_reader)
			return reader;
	}
	return NULL;
}

/* Return 0 if the set can be changed, and nothing of it is lent any more, or -1. */
static int begin_read(PyObject *self)
{
	struct owner *owner = (struct owner *)self;

	return owner_use(owner) ? -1 : owner_release(owner);
}

static int parse_reader(PyObject *self, PyObject *object)
{
	if (!PyObject_TypeCheck(object, reader_type)) {
		PyErr_SetString(PyExc_TypeError, "a Reader is needed");
		return -1;
	}
	return begin_read(self) || owner_use((struct owner *)object) ? -1 : 0;
}

static PyObject *add(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = { "reader", "priority", NULL };
	struct set *set = (struct set *)self;
	unsigned int priority = 0;
	struct reader *reader;
	PyObject *object;
	int err;

	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|I:add", names, &object,
					 &priority) ||
	    parse_reader(self, object))
		return NULL;
	reader = (struct reader *)object;
	if (owner_release(&reader->owner) || PyList_Append(set->readers, object))
		return NULL;
	err = rring_set_add(set->ring_set, reader->ring_reader, priority);
	if (!err) {
		reader->in_set = 1;
		Py_RETURN_NONE;
	}
	PyList_SetSlice(set->readers, PyList_Size(set->readers) - 1,
			PyList_Size(set->readers), NULL);
	return raise_error(err);
}

static PyObject *remove_reader(PyObject *self, PyObject *object)
{
	struct set *set = (struct set *)self;
	Py_ssize_t i;
	int err;

	if (parse_reader(self, object))
		return NULL;
	err = rring_set_remove(set->ring_set,
			       ((struct reader *)object)->ring_reader);
	if (err)
		return raise_error(err);
	((struct reader *)object)->in_set = 0;
	i = PySequence_Index(set->readers, object);
	if (i < 0 || PyList_SetSlice(set->readers, i, i + 1, NULL))
		return NULL;
	Py_RETURN_NONE;
}

static Py_ssize_t length(PyObject *self)
{
	PyObject *readers = ((struct set *)self)->readers;

	return readers ? PyList_Size(readers) : 0;
}

/* ---- read ---- */

static long try_wait(void *context, uint64_t deadline)
{
	return rring_set_wait(((struct set *)context)->ring_set, deadline);
}

/* The members are in use as long as the set is. */
static void mark_members(const struct set *set, int busy)
{
	PyObject *reader;
	Py_ssize_t i;

	for (i = 0; i < PyList_Size(set->readers); i++) {
		reader = PyList_GetItem(set->readers, i);
		((struct owner *)reader)->busy = busy;
	}
}

static long wait_until(struct set *set, uint64_t deadline)
{
	long err;

	mark_members(set, 1);
	err = attempt_until(&set->owner, try_wait, set, deadline);
	mark_members(set, 0);
	return err;
}

/* Return how many events can be read, at most @n, or a negative errno. */
static long peek_until(struct set *set, uint32_t n, uint64_t deadline)
{
	long peeked;

	while ((peeked = rring_set_peek(set->ring_set, n)) == -EAGAIN &&
	       deadline) {
		peeked = wait_until(set, deadline);
		if (peeked)
			return peeked;
	}
	return peeked;
}

/* Return the first peeked event, or NULL and *@err. */
static PyObject *first_event(struct set *set, int *err)
{
	struct rring_reader *from;
	struct rring_event event;
	uint64_t position;

	*err = rring_set_entry(set->ring_set, 0, &event, &from, &position);
	if (*err) {
		rring_set_release(set->ring_set, 1);
		return NULL;
	}
	set->owner.unreleased = 1;
	return (PyObject *)event_peeked(&set->owner, set_member(set, from),
					&event, position);
}

/* Return the next event, but none that the kernel, as the writer, discarded. */
static PyObject *next_event(struct set *set, uint64_t deadline, long *err)
{
	PyObject *event;
	int entry_err = 0;

	do {
		*err = peek_until(set, 1, deadline);
		if (*err < 0)
			return NULL;
		event = first_event(set, &entry_err);
	} while (!event && entry_err == -ENODATA);
	*err = entry_err;
	return event;
}

static PyObject *read_event(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = { "timeout", NULL };
	PyObject *timeout = Py_None, *event;
	uint64_t deadline;
	long err;

	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O:read", names,
					 &timeout) ||
	    deadline_of(timeout, &deadline) || begin_read(self))
		return NULL;
	event = next_event((struct set *)self, deadline, &err);
	return event || !err ? event : raise_error(err);
}

static PyObject *try_read(PyObject *self, PyObject *unused)
{
	PyObject *event;
	long err;

	(void)unused;
	if (begin_read(self))
		return NULL;
	event = next_event((struct set *)self, 0, &err);
	if (err == -EAGAIN)
		Py_RETURN_NONE;
	return event || !err ? event : raise_error(err);
}

static PyObject *iterate(PyObject *self)
{
	PyObject *event;
	long err;

	if (begin_read(self))
		return NULL;
	event = next_event((struct set *)self, RRING_FOREVER, &err);
	if (event || !err || err == -EPIPE)
		return event;
	return raise_error(err);
}

static PyObject *read_batch(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = { "max", "timeout", NULL };
	struct set *set = (struct set *)self;
	PyObject *timeout = Py_None;
	unsigned int max = 1024;
	uint64_t deadline;
	long n;

	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|IO:read_batch", names,
					 &max, &timeout) ||
	    deadline_of(timeout, &deadline) || begin_read(self))
		return NULL;
	n = peek_until(set, max ? max : 1, deadline);
	return n < 0 ? raise_error(n) : batch_of_set(set, (uint32_t)n);
}

static PyObject *wait_readable(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = { "timeout", NULL };
	struct set *set = (struct set *)self;
	PyObject *timeout = Py_None;
	uint64_t deadline;
	long err;

	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O:wait", names,
					 &timeout) ||
	    deadline_of(timeout, &deadline) || begin_read(self))
		return NULL;
	err = wait_until(set, deadline);
	if (err == -ETIMEDOUT)
		Py_RETURN_FALSE;
	return err ? raise_error(err) : Py_NewRef(Py_True);
}

static PyObject *release(PyObject *self, PyObject *unused)
{
	(void)unused;
	return begin_read(self) ? NULL : Py_NewRef(Py_None);
}

/* ---- the type ---- */

static PyMethodDef methods[] = {
	OWNER_METHODS,
	{ "add", KEYWORDS(add), "Add a reader, which is read by the set only." },
	{ "remove", remove_reader, METH_O, "Remove a reader." },
	{ "read", KEYWORDS(read_event),
	  "Release what was read before, and return the next event." },
	{ "try_read", try_read, METH_NOARGS,
	  "As read(), but return None if there is no event yet." },
	{ "read_batch", KEYWORDS(read_batch),
	  "As read(), but return a Batch of events." },
	{ "wait", KEYWORDS(wait_readable),
	  "Wait until there is something to read; False: there was not." },
	{ "release", release, METH_NOARGS, "Release what was read." },
	{ NULL, NULL, 0, NULL },
};

static PyGetSetDef properties[] = {
	OWNER_PROPERTIES,
	{ NULL, NULL, NULL, NULL, NULL },
};

static PyType_Slot slots[] = {
	SLOT(Py_tp_doc, "A set of readers, and an iterator of their events."),
	SLOT(Py_tp_dealloc, owner_free),
	SLOT(Py_tp_methods, methods),
	SLOT(Py_tp_getset, properties),
	SLOT(Py_sq_length, length),
	SLOT(Py_tp_iter, PyObject_SelfIter),
	SLOT(Py_tp_iternext, iterate),
	{ 0, NULL },
};

static PyType_Spec spec = {
	.name = "rusted_ring.Set",
	.basicsize = sizeof(struct set),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
	.slots = slots,
};

int set_init(PyObject *module)
{
	set_type = add_type(module, &spec);
	return set_type ? 0 : -1;
}
