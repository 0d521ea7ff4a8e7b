// SPDX-License-Identifier: MPL-2.0
/* Leases: memory of the arena, lent to Python by the buffer protocol. */
#include "binding.h"

static void set_data(struct lease *lease, void *data, size_t len)
{
	lease->data = data;
	lease->dimensions = 1;
	lease->shape[0] = (Py_ssize_t)len;
	lease->strides[0] = 1;
}

/* Lend the @len bytes at @data, until @owner ends the lease. */
void lease_begin(struct lease *lease, struct owner *owner, void *data,
		 size_t len)
{
	set_data(lease, data, len);
	lease->memory = LEASE_LENT;
	lease->owner = owner;
	Py_INCREF(OBJECT(owner));
	lease->next = owner->leases;
	lease->link = &owner->leases;
	if (lease->next)
		lease->next->link = &lease->next;
	owner->leases = lease;
}

/* Lend a copy, which is freed with the lease. */
void lease_begin_copy(struct lease *lease, void *data, size_t len)
{
	set_data(lease, data, len);
	lease->memory = LEASE_COPY;
}

/* The memory is a table of @rows, each of @stride bytes. */
void lease_is_table(struct lease *lease, size_t rows, size_t stride)
{
	lease->dimensions = 2;
	lease->shape[0] = (Py_ssize_t)rows;
	lease->shape[1] = (Py_ssize_t)stride;
	lease->strides[0] = (Py_ssize_t)stride;
	lease->strides[1] = 1;
}

/*
 * Return 0 if the memory of @lease may be accessed. Otherwise raise an exception,
 * and return -1.
 */
int lease_use(struct lease *lease)
{
	if (lease->memory == LEASE_COPY && lease->data)
		return 0;
	if (lease->data)
		return owner_use(lease->owner);
	PyErr_SetString(PyExc_ValueError, "the memory was released: its event was published, dropped, or another one was read");
	return -1;
}

/* Release the view that .data has returned, if it is still there. */
static int release_view(struct lease *lease)
{
	PyObject *view, *done;

	if (!lease->view)
		return 0;
	view = PyWeakref_GetObject(lease->view);
	if (view != Py_None) {
		Py_INCREF(view);
		done = PyObject_CallMethod(view, "release", NULL);
		Py_DECREF(view);
		if (!done)
			return -1;
		Py_DECREF(done);
	}
	Py_CLEAR(lease->view);
	return 0;
}

/*
 * Return 0 if @lease may end. Raise BufferError and return -1 if there are views of
 * its memory other than the one of .data, such as a slice of it, or a numpy array.
 */
int lease_may_end(struct lease *lease)
{
	if (release_view(lease))
		return -1;
	if (!lease->exports)
		return 0;
	PyErr_Format(PyExc_BufferError, "%zd views of the memory exist, such as slices or arrays: delete them first",
		     lease->exports);
	return -1;
}

/* End @lease, of whose memory nobody has a view. */
void lease_end(struct lease *lease)
{
	struct owner *owner = lease->owner;

	if (lease->memory == LEASE_COPY)
		PyMem_Free(lease->data);
	lease->data = NULL;
	lease->owner = NULL;
	if (!owner)
		return;
	*lease->link = lease->next;
	if (lease->next)
		lease->next->link = lease->link;
	Py_DECREF(OBJECT(owner));
}

/* Free @lease, to which there is no reference, so nobody has a view. */
void lease_free(struct lease *lease)
{
	PyTypeObject *type = Py_TYPE(OBJECT(lease));

	Py_CLEAR(lease->view);
	lease_end(lease);
	PyObject_Free(lease);
	Py_DECREF(type);
}

static Py_ssize_t bytes_of(const struct lease *lease)
{
	return lease->dimensions == 1 ? lease->shape[0] :
	       lease->shape[0] * lease->shape[1];
}

int lease_getbuffer(PyObject *self, Py_buffer *view, int flags)
{
	struct lease *lease = (struct lease *)self;

	view->obj = NULL;
	if (lease_use(lease))
		return -1;
	if (lease->dimensions == 2 &&
	    (flags & PyBUF_F_CONTIGUOUS) == PyBUF_F_CONTIGUOUS) {
		PyErr_SetString(PyExc_BufferError, "the rows lie together");
		return -1;
	}
	if ((flags & PyBUF_WRITABLE) && !lease->writable) {
		PyErr_SetString(PyExc_BufferError, "the memory is read-only");
		return -1;
	}
	view->buf = lease->data;
	view->len = bytes_of(lease);
	view->itemsize = 1;
	view->readonly = !lease->writable;
	view->format = flags & PyBUF_FORMAT ? "B" : NULL;
	view->ndim = flags & PyBUF_ND ? lease->dimensions : 1;
	view->shape = flags & PyBUF_ND ? lease->shape : NULL;
	view->strides = (flags & PyBUF_STRIDES) == PyBUF_STRIDES ?
			lease->strides : NULL;
	view->suboffsets = NULL;
	view->internal = NULL;
	view->obj = Py_NewRef(self);
	lease->exports++;
	return 0;
}

void lease_releasebuffer(PyObject *self, Py_buffer *view)
{
	(void)view;
	((struct lease *)self)->exports--;
}

/*
 * Return the same view each time, as long as somebody has it and has not released
 * it. The lease has only a weak reference, because the view refers to the lease.
 */
PyObject *lease_data(PyObject *self, void *closure)
{
	struct lease *lease = (struct lease *)self;
	PyObject *view;

	(void)closure;
	if (lease_use(lease))
		return NULL;
	view = lease->view ? PyWeakref_GetObject(lease->view) : Py_None;
	if (view != Py_None && lease->exports)
		return Py_NewRef(view);
	view = PyMemoryView_FromObject(self);
	if (!view)
		return NULL;
	Py_XDECREF(lease->view);
	lease->view = PyWeakref_NewRef(view, NULL);
	if (!lease->view)
		Py_CLEAR(view);
	return view;
}

PyObject *lease_is_over(PyObject *self, void *closure)
{
	(void)closure;
	return PyBool_FromLong(!((struct lease *)self)->data);
}

/*
 * End a with statement: @done is the result of a release, and @arguments say with
 * which exception the statement ends. That one matters more than the views that it
 * keeps: then the memory is released later. Return what __exit__() returns.
 */
PyObject *exit_with(PyObject *done, PyObject *arguments)
{
	PyObject *type;

	if (done || !PyErr_ExceptionMatches(PyExc_BufferError))
		return done;
	type = PyTuple_Size(arguments) ? PyTuple_GetItem(arguments, 0) : Py_None;
	if (type == Py_None)
		return NULL;
	PyErr_Clear();
	Py_RETURN_NONE;
}

PyObject *lease_enter(PyObject *self, PyObject *unused)
{
	(void)unused;
	return lease_use((struct lease *)self) ? NULL : Py_NewRef(self);
}
