// SPDX-License-Identifier: MPL-2.0
/* Pipe: one end of a connection of two clients. */
#include "binding.h"

PyTypeObject *pipe_type;

struct pipe {
	struct owner owner;
	struct rring_pipe *ring_pipe;
};

static void shut_pipe(struct owner *owner)
{
	rring_pipe_close(((struct pipe *)owner)->ring_pipe);
}

static PyObject *wrap(struct client *client, struct rring_pipe *ring_pipe)
{
	struct pipe *pipe = (struct pipe *)new_object(pipe_type);

	if (!pipe) {
		rring_pipe_close(ring_pipe);
		return NULL;
	}
	pipe->ring_pipe = ring_pipe;
	owner_begin(&pipe->owner, client, shut_pipe);
	return (PyObject *)pipe;
}

static int parse_config(PyObject *args, PyObject *kwargs,
			struct rring_pipe_config *config)
{
	static char *names[] = { "name", "stride", "capacity", "strategy", "type",
				 NULL };
	PyObject *type = Py_None;
	int strategy = RRING_WAIT_BLOCK;

	*config = (struct rring_pipe_config) { .capacity = 256 };
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "s|$IIiO:pipe", names,
					 &config->name, &config->stride,
					 &config->capacity, &strategy, &type))
		return -1;
	config->kind = config->stride ? RRING_INLINE : RRING_HANDLES;
	config->strategy = (enum rring_strategy)strategy;
	return parse_type(type, &config->type);
}

PyObject *client_create_pipe(PyObject *self, PyObject *args, PyObject *kwargs)
{
	struct client *client = (struct client *)self;
	struct rring_pipe_config config;
	struct rring_pipe *pipe;
	int err;

	if (parse_config(args, kwargs, &config) || owner_use(&client->owner))
		return NULL;
	err = rring_pipe_create(client->ring_client, &config, &pipe);
	return err ? raise_error(err) : wrap(client, pipe);
}

PyObject *client_connect_pipe(PyObject *self, PyObject *args, PyObject *kwargs)
{
	struct client *client = (struct client *)self;
	struct rring_pipe_config config;
	struct rring_pipe *pipe;
	int err;

	if (parse_config(args, kwargs, &config) || owner_use(&client->owner))
		return NULL;
	err = rring_pipe_connect(client->ring_client, &config, &pipe);
	return err ? raise_error(err) : wrap(client, pipe);
}

/* ---- send ---- */

struct message {
	struct rring_pipe *pipe;
	Py_buffer data;
	unsigned int event_type;
};

static long try_send(void *context, uint64_t deadline)
{
	struct message *message = context;

	return rring_pipe_send(message->pipe, message->data.buf,
			       (size_t)message->data.len, message->event_type,
			       deadline);
}

static PyObject *send_data(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = { "data", "type", "timeout", NULL };
	struct pipe *pipe = (struct pipe *)self;
	struct message message = { .pipe = pipe->ring_pipe };
	PyObject *timeout = Py_None;
	uint64_t deadline;
	long err = WAS_INTERRUPTED;

	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "y*|IO:send", names,
					 &message.data, &message.event_type,
					 &timeout))
		return NULL;
	if (!deadline_of(timeout, &deadline) && !owner_use(&pipe->owner))
		err = attempt_until(&pipe->owner, try_send, &message, deadline);
	PyBuffer_Release(&message.data);
	return none_or_error(err);
}

static long try_wait(void *context, uint64_t deadline)
{
	return rring_pipe_wait_writable(((struct pipe *)context)->ring_pipe, 1,
					deadline);
}

static PyObject *wait_writable(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = { "timeout", NULL };
	struct pipe *pipe = (struct pipe *)self;
	PyObject *timeout = Py_None;
	uint64_t deadline;
	long err;

	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O:wait", names,
					 &timeout) ||
	    deadline_of(timeout, &deadline) || owner_use(&pipe->owner))
		return NULL;
	err = attempt_until(&pipe->owner, try_wait, pipe, deadline);
	if (err == -ETIMEDOUT || err == -EAGAIN)
		Py_RETURN_FALSE;
	return err ? raise_error(err) : Py_NewRef(Py_True);
}

/* ---- receive ---- */

struct receipt {
	struct rring_pipe *pipe;
	struct rring_event event;
};

static long try_receive_one(void *context, uint64_t deadline)
{
	struct receipt *receipt = context;

	return rring_pipe_receive(receipt->pipe, &receipt->event, deadline);
}

/* Return the next event, or NULL and *@err, or after an exception. */
static PyObject *receive_until(struct pipe *pipe, uint64_t deadline, long *err)
{
	struct receipt receipt = { .pipe = pipe->ring_pipe };

	*err = 0;
	if (owner_use(&pipe->owner) || owner_release(&pipe->owner))
		return NULL;
	*err = attempt_until(&pipe->owner, try_receive_one, &receipt, deadline);
	return *err ? NULL : (PyObject *)event_peeked(&pipe->owner, NULL,
						      &receipt.event,
						      NO_POSITION);
}

static PyObject *receive(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = { "timeout", NULL };
	PyObject *timeout = Py_None, *event;
	uint64_t deadline;
	long err;

	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O:receive", names,
					 &timeout) ||
	    deadline_of(timeout, &deadline))
		return NULL;
	event = receive_until((struct pipe *)self, deadline, &err);
	return err ? raise_error(err) : event;
}

static PyObject *try_receive(PyObject *self, PyObject *unused)
{
	long err;
	PyObject *event = receive_until((struct pipe *)self, 0, &err);

	(void)unused;
	if (err == -EAGAIN)
		Py_RETURN_NONE;
	return err ? raise_error(err) : event;
}

static PyObject *iterate(PyObject *self)
{
	long err;
	PyObject *event = receive_until((struct pipe *)self, RRING_FOREVER, &err);

	return err && err != -EPIPE ? raise_error(err) : event;
}

/* ---- the type ---- */

static PyMethodDef methods[] = {
	OWNER_METHODS,
	{ "send", KEYWORDS(send_data), "Send a copy of the data." },
	{ "receive", KEYWORDS(receive),
	  "Release what was received before, and return the next event." },
	{ "try_receive", try_receive, METH_NOARGS,
	  "As receive(), but return None if there is no event yet." },
	{ "wait_writable", KEYWORDS(wait_writable),
	  "Wait until there is room; False: there was not." },
	{ NULL, NULL, 0, NULL },
};

static PyGetSetDef properties[] = {
	OWNER_PROPERTIES,
	{ NULL, NULL, NULL, NULL, NULL },
};

static PyType_Slot slots[] = {
	SLOT(Py_tp_doc, "One end of a pipe, and an iterator of what it receives."),
	SLOT(Py_tp_dealloc, owner_free),
	SLOT(Py_tp_methods, methods),
	SLOT(Py_tp_getset, properties),
	SLOT(Py_tp_iter, PyObject_SelfIter),
	SLOT(Py_tp_iternext, iterate),
	{ 0, NULL },
};

static PyType_Spec spec = {
	.name = "rusted_ring.Pipe",
	.basicsize = sizeof(struct pipe),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
	.slots = slots,
};

int pipe_init(PyObject *module)
{
	pipe_type = add_type(module, &spec);
	return pipe_type ? 0 : -1;
}
