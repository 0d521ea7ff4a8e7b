// SPDX-License-Identifier: MPL-2.0
/* Functions of the module: arenas, and what needs no client. */
#include "binding.h"

/* Store the numbers of the sequence @capacity by class. Return 0 or -1. */
static int parse_capacity(PyObject *capacity, uint32_t to[RRING_POOLS])
{
	Py_ssize_t n = PySequence_Size(capacity);
	PyObject *number;
	Py_ssize_t i;

	if (n > RRING_POOLS)
		PyErr_SetString(PyExc_ValueError, "there are six classes");
	for (i = 0; i < n && !PyErr_Occurred(); i++) {
		number = PySequence_GetItem(capacity, i);
		to[i] = number ? (uint32_t)PyLong_AsUnsignedLong(number) : 0;
		Py_XDECREF(number);
	}
	return PyErr_Occurred() ? -1 : 0;
}

static PyObject *create_arena(PyObject *module, PyObject *args, PyObject *kwargs)
{
	static char *names[] = { "name", "capacity", "max_clients", "max_rings",
				 "quota", "mode", "flags", "producers", "backend",
				 NULL };
	struct rring_arena_config config = {
		.mode = 0700, .uid = ~0u, .gid = ~0u,
	};
	PyObject *capacity;
	int backend = RRING_BACKEND_AUTO;

	(void)module;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "zO|IIIIIIi:create_arena",
					 names, &config.name, &capacity,
					 &config.max_clients, &config.max_rings,
					 &config.quota, &config.mode,
					 &config.flags, &config.producers,
					 &backend) ||
	    parse_capacity(capacity, config.capacity))
		return NULL;
	config.backend = (enum rring_backend)backend;
	return number_or_error(rring_arena_create(&config));
}

static PyObject *remove_arena(PyObject *module, PyObject *args)
{
	const char *name;

	(void)module;
	return PyArg_ParseTuple(args, "s:remove_arena", &name) ?
	       none_or_error(rring_arena_remove(name)) : NULL;
}

static PyObject *profile(PyObject *module, PyObject *args)
{
	int which = rring_detect_profile(), err;
	uint32_t of[RRING_POOLS];

	(void)module;
	if (!PyArg_ParseTuple(args, "|i:profile", &which))
		return NULL;
	err = rring_profile((enum rring_profile)which, of);
	return err ? raise_error(err) :
	       Py_BuildValue("(IIIIII)", of[0], of[1], of[2], of[3], of[4],
			     of[5]);
}

static PyObject *class_for(PyObject *module, PyObject *args)
{
	Py_ssize_t size;

	(void)module;
	return PyArg_ParseTuple(args, "n:class_for", &size) ?
	       PyLong_FromLong(rring_class_for((size_t)size)) : NULL;
}

static PyObject *backend(PyObject *module, PyObject *unused)
{
	(void)module;
	(void)unused;
	return PyUnicode_FromString(rring_backend() == RRING_BACKEND_DEVICE ?
				    "device" : "process");
}

static PyMethodDef functions[] = {
	{ "_create_arena", KEYWORDS(create_arena), NULL },
	{ "_after_fork", after_fork, METH_NOARGS, NULL },
	{ "remove_arena", remove_arena, METH_VARARGS,
	  "Remove the name of an arena." },
	{ "profile", profile, METH_VARARGS,
	  "The capacities of a Profile, or of the one for this machine." },
	{ "class_for", class_for, METH_VARARGS,
	  "The smallest size class with room for so many bytes." },
	{ "backend", backend, METH_NOARGS,
	  "Where arenas are unless a program chooses: device or process." },
	{ "begin_writer", KEYWORDS(begin_writer),
	  "Become the writer of a ring, with a client of its own." },
	{ "begin_reader", KEYWORDS(begin_reader),
	  "Become a reader of a ring, with a client of its own." },
	{ NULL, NULL, 0, NULL },
};

int arena_init(PyObject *module)
{
	return PyModule_AddFunctions(module, functions);
}
