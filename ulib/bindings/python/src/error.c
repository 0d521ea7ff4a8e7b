// SPDX-License-Identifier: MPL-2.0
/* Errors of the library as exceptions: the classes are in rusted_ring/_errors.py. */
#include "binding.h"

static PyObject *error_type;
static PyObject *by_errno;	/* a dictionary of the subclasses */

int error_init(PyObject *module)
{
	PyObject *errors = PyImport_ImportModule("rusted_ring._errors");

	(void)module;
	if (!errors)
		return -1;
	error_type = PyObject_GetAttrString(errors, "Error");
	by_errno = PyObject_GetAttrString(errors, "BY_ERRNO");
	Py_DECREF(errors);
	return error_type && by_errno ? 0 : -1;
}

/* Raise the exception for @err, a negative errno, with @why. Return NULL. */
PyObject *raise_because(long err, const char *why)
{
	PyObject *arguments = Py_BuildValue("(ls)", -err, why);
	PyObject *number, *type;

	if (!arguments)
		return NULL;
	number = PyLong_FromLong(-err);
	type = number ? PyDict_GetItemWithError(by_errno, number) : NULL;
	Py_XDECREF(number);
	if (!PyErr_Occurred())
		PyErr_SetObject(type ? type : error_type, arguments);
	Py_DECREF(arguments);
	return NULL;
}

/*
 * Raise @err, the negative result of the last call of the library by this thread.
 * An exception that was raised already stays. Return NULL.
 */
PyObject *raise_error(long err)
{
	return PyErr_Occurred() ? NULL :
	       raise_because(err, rring_error_detail((int)err));
}

PyObject *none_or_error(long err)
{
	return err < 0 ? raise_error(err) : Py_NewRef(Py_None);
}

PyObject *number_or_error(long result)
{
	return result < 0 ? raise_error(result) : PyLong_FromLong(result);
}
