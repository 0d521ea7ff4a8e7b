// SPDX-License-Identifier: MPL-2.0
/* The module rusted_ring._rusted_ring. */
#include "binding.h"

/* Return a new object of @type, all of whose fields are zero. */
PyObject *new_object(PyTypeObject *type)
{
	allocfunc alloc = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);

	return alloc(type, 0);
}

/* Add the type of @spec to @module. Return it, or NULL after an exception. */
PyTypeObject *add_type(PyObject *module, PyType_Spec *spec)
{
	PyObject *type = PyType_FromSpec(spec);

	if (!type)
		return NULL;
	if (PyModule_AddType(module, (PyTypeObject *)type))
		Py_CLEAR(type);
	return (PyTypeObject *)type;
}

/*
 * Return a new struct sequence of @type with the @n @values, of which it takes the
 * references; or NULL after an exception, also if one of them is NULL.
 */
PyObject *new_record(PyTypeObject *type, PyObject *const *values, Py_ssize_t n)
{
	PyObject *record = PyStructSequence_New(type);
	Py_ssize_t i;

	for (i = 0; i < n; i++) {
		if (record && values[i]) {
			PyStructSequence_SetItem(record, i, values[i]);
			continue;
		}
		Py_XDECREF(values[i]);
		Py_CLEAR(record);
	}
	return record;
}

/* The values of the enumerations in rusted_ring/_constants.py. */
static const struct {
	const char *name;
	long number;
} constants[] = {
	{ "OBSERVER", RRING_OBSERVER },
	{ "CONSUMER", RRING_CONSUMER },
	{ "PRODUCER", RRING_PRODUCER },
	{ "BLOCK", RRING_BLOCK },
	{ "FAIL", RRING_FAIL },
	{ "OVERWRITE", RRING_OVERWRITE },
	{ "NEWEST", RRING_START_NEWEST },
	{ "OLDEST", RRING_START_OLDEST },
	{ "WAIT_BLOCK", RRING_WAIT_BLOCK },
	{ "WAIT_SPIN", RRING_WAIT_SPIN },
	{ "WAIT_YIELD", RRING_WAIT_YIELD },
	{ "FAIR", RRING_FAIR },
	{ "BY_PRIORITY", RRING_BY_PRIORITY },
	{ "BY_TIMESTAMP", RRING_BY_TIMESTAMP },
	{ "XS", RRING_XS },
	{ "S", RRING_S },
	{ "M", RRING_M },
	{ "L", RRING_L },
	{ "XL", RRING_XL },
	{ "XXL", RRING_XXL },
	{ "OPENED", RRING_CHANGE_OPENED },
	{ "ENDED", RRING_CHANGE_ENDED },
	{ "AWAITED", RRING_CHANGE_AWAITED },
	{ "GONE", RRING_CHANGE_GONE },
	{ "JOINED", RRING_CHANGE_JOINED },
	{ "LEFT", RRING_CHANGE_LEFT },
	{ "BEGIN", RRING_CALL_BEGIN },
	{ "REQUEST", RRING_CALL_REQUEST },
	{ "END", RRING_CALL_END },
	{ "MOBILE", RRING_PROFILE_MOBILE },
	{ "DESKTOP", RRING_PROFILE_DESKTOP },
	{ "SERVER", RRING_PROFILE_SERVER },
	{ "DROP_FULL", RRING_DROP_FULL },
	{ "DROP_BUSY", RRING_DROP_BUSY },
	{ "DROP_NO_SLOT", RRING_DROP_NO_SLOT },
	{ "DROP_TOO_LARGE", RRING_DROP_TOO_LARGE },
	{ "ON_DEVICE", RRING_ON_DEVICE },
	{ "IN_PROCESS", RRING_IN_PROCESS },
	{ "CHECKED", RRING_CHECKED },
	{ "SPILL", RRING_SPILL },
	{ "INTERRUPTIBLE", RRING_INTERRUPTIBLE },
	{ "PERSIST", RRING_CREATE_PERSIST },
	{ "OWNED", RRING_CREATE_OWNED },
	{ "BACKEND_AUTO", RRING_BACKEND_AUTO },
	{ "BACKEND_DEVICE", RRING_BACKEND_DEVICE },
	{ "BACKEND_PROCESS", RRING_BACKEND_PROCESS },
};

static int add_constants(PyObject *module)
{
	size_t i;

	for (i = 0; i < sizeof(constants) / sizeof(constants[0]); i++)
		if (PyModule_AddIntConstant(module, constants[i].name,
					    constants[i].number))
			return -1;
	return PyModule_AddStringConstant(module, "SERVICE_TYPE",
					  RRING_SERVICE_TYPE);
}

static int (*const parts[])(PyObject *module) = {
	error_init, client_init, event_init, batch_init, writer_init,
	reservation_init, reader_init, set_init, watch_init, pipe_init,
	service_init, arena_init, add_constants,
};

static struct PyModuleDef definition = {
	PyModuleDef_HEAD_INIT,
	.m_name = "rusted_ring._rusted_ring",
	.m_size = -1,
};

PyMODINIT_FUNC PyInit__rusted_ring(void)
{
	PyObject *module = PyModule_Create(&definition);
	int err = module ? owner_init_module() : -1;
	size_t i;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]) && !err; i++)
		err = parts[i](module);
	if (err)
		Py_CLEAR(module);
	return module;
}
