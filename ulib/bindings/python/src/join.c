// SPDX-License-Identifier: MPL-2.0
/* How a client becomes a reader of a ring. */
#include "binding.h"

/* The ring is a name or a number. */
static int parse_ring(PyObject *ring, struct rring_reader_config *config)
{
	if (PyUnicode_Check(ring)) {
		config->ring_name = PyUnicode_AsUTF8AndSize(ring, NULL);
		return config->ring_name ? 0 : -1;
	}
	config->ring = (uint32_t)PyLong_AsUnsignedLong(ring);
	return PyErr_Occurred() ? -1 : 0;
}

/* A start is RRING_START_OLDEST, or _NEWEST, or there is a position. */
static int parse_start(PyObject *position, struct rring_reader_config *config)
{
	if (position == Py_None)
		return 0;
	config->start = RRING_START_AT;
	config->position = PyLong_AsUnsignedLongLong(position);
	return PyErr_Occurred() ? -1 : 0;
}

PyObject *client_reader(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = { "ring", "name", "start", "position", "observer",
				 "resume", "strategy", "type", NULL };
	struct rring_reader_config config = { .start = RRING_START_OLDEST };
	struct client *client = (struct client *)self;
	PyObject *ring, *position = Py_None, *type = Py_None;
	int start = RRING_START_OLDEST, observer = 0, resume = 0, strategy = 0;
	struct rring_reader *reader;
	int err;

	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|z$iOppiO:reader",
					 names, &ring, &config.name, &start,
					 &position, &observer, &resume,
					 &strategy, &type))
		return NULL;
	config.start = (enum rring_start)start;
	config.strategy = (enum rring_strategy)strategy;
	config.flags = (observer ? RRING_JOIN_OBSERVER : 0) |
		       (resume ? RRING_JOIN_RESUME : 0);
	if (parse_ring(ring, &config) || parse_start(position, &config) ||
	    parse_type(type, &config.type) || owner_use(&client->owner))
		return NULL;
	err = rring_reader_open(client->ring_client, &config, &reader);
	return err ? raise_error(err) : reader_wrap(client, reader);
}

/* client.ensure_reader(ring, reader_name, **geometry): as a factory does it. */
PyObject *client_ensure_reader(PyObject *self, PyObject *args, PyObject *kwargs)
{
	struct client *client = (struct client *)self;
	struct rring_factory factory = { .client = client->ring_client };
	struct rring_reader *reader;
	const char *ring, *name;
	PyObject *none;
	int err;

	if (!PyArg_ParseTuple(args, "sz:ensure_reader", &ring, &name))
		return NULL;
	none = PyTuple_New(0);
	err = none ? ring_config_of(none, kwargs, &factory.defaults) : -1;
	Py_XDECREF(none);
	if (err || owner_use(&client->owner))
		return NULL;
	err = rring_factory_reader(&factory, ring, name, &reader);
	return err ? raise_error(err) : reader_wrap(client, reader);
}

PyObject *begin_reader(PyObject *module, PyObject *args, PyObject *kwargs)
{
	static char *names[] = { "ring", "name", "arena", NULL };
	const char *arena = NULL, *ring, *name = NULL;
	struct rring_reader *ring_reader;
	struct client *client;
	PyObject *reader;
	int err;

	(void)module;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "s|z$z:begin_reader",
					 names, &ring, &name, &arena))
		return NULL;
	err = rring_reader_begin(arena, ring, name, &ring_reader);
	if (err)
		return raise_error(err);
	client = client_wrap(rring_reader_client(ring_reader));
	reader = client ? reader_wrap(client, ring_reader) : NULL;
	if (reader)
		((struct reader *)reader)->owns_client = 1;
	Py_XDECREF(OBJECT(client));
	return reader;
}
