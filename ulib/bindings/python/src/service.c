// SPDX-License-Identifier: MPL-2.0
/* Services: Listener and Session are the server's, Caller is a client's. */
#include "binding.h"

PyTypeObject *listener_type, *session_type, *caller_type;
static PyTypeObject *call_type;

struct listener {
	struct owner owner;
	struct rring_listener *ring_listener;
	PyObject *sessions;	/* a dictionary: of its address, each Session */
	struct session *ended;	/* whose end the last call has reported */
};

struct session {
	PyObject_HEAD
	struct listener *listener;	/* which has a reference to this */
	struct rring_session *ring_session;	/* NULL: both have ended */
	unsigned int client, client_serial;
};

struct caller {
	struct owner owner;
	struct rring_caller *ring_caller;
};

/* ---- the server ---- */

static void end_session(struct session *session)
{
	session->ring_session = NULL;
	session->listener = NULL;
}

/* The library frees a session with the call after the one that reports its end. */
static void forget_ended(struct listener *listener)
{
	if (listener->ended)
		end_session(listener->ended);
	Py_CLEAR(listener->ended);
}

static void shut_listener(struct owner *owner)
{
	struct listener *listener = (struct listener *)owner;
	PyObject *key, *session;
	Py_ssize_t i = 0;

	forget_ended(listener);
	while (PyDict_Next(listener->sessions, &i, &key, &session))
		end_session((struct session *)session);
	Py_CLEAR(listener->sessions);
	rring_listener_close(listener->ring_listener);
}

static PyObject *wrap_listener(struct client *client,
			       struct rring_listener *ring_listener)
{
	struct listener *listener =
		(struct listener *)new_object(listener_type);
	PyObject *sessions = listener ? PyDict_New() : NULL;

	if (!sessions) {
		rring_listener_close(ring_listener);
		Py_XDECREF(OBJECT(listener));
		return NULL;
	}
	listener->ring_listener = ring_listener;
	listener->sessions = sessions;
	owner_begin(&listener->owner, client, shut_listener);
	return (PyObject *)listener;
}

PyObject *client_listener(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = { "name", "stride", "capacity", "strategy", NULL };
	struct rring_listener_config config = { .capacity = 64 };
	struct client *client = (struct client *)self;
	struct rring_listener *listener;
	int strategy = RRING_WAIT_BLOCK, err;

	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "s|$IIi:listener", names,
					 &config.name, &config.stride,
					 &config.capacity, &strategy) ||
	    owner_use(&client->owner))
		return NULL;
	config.kind = config.stride ? RRING_INLINE : RRING_HANDLES;
	config.strategy = (enum rring_strategy)strategy;
	err = rring_listener_open(client->ring_client, &config, &listener);
	return err ? raise_error(err) : wrap_listener(client, listener);
}

/* ---- sessions ---- */

static struct session *new_session(struct listener *listener,
				   struct rring_session *from)
{
	struct session *session = (struct session *)new_object(session_type);

	if (!session)
		return NULL;
	session->listener = listener;
	session->ring_session = from;
	session->client = from->client;
	session->client_serial = from->client_serial;
	return session;
}

static void free_session(PyObject *self)
{
	PyTypeObject *type = Py_TYPE(self);

	PyObject_Free(self);
	Py_DECREF(type);
}

/* Return the Session of @call, which is new at its beginning, or NULL. */
static PyObject *session_of(struct listener *listener,
			    const struct rring_call *call)
{
	PyObject *key = PyLong_FromVoidPtr(call->session);
	PyObject *session = NULL;

	if (!key)
		return NULL;
	if (call->kind != RRING_CALL_BEGIN) {
		session = Py_XNewRef(PyDict_GetItemWithError(listener->sessions,
							     key));
		if (session && call->kind == RRING_CALL_END) {
			listener->ended = (struct session *)Py_NewRef(session);
			PyDict_DelItem(listener->sessions, key);
		}
	} else {
		session = (PyObject *)new_session(listener, call->session);
		if (session &&
		    PyDict_SetItem(listener->sessions, key, session))
			Py_CLEAR(session);
	}
	Py_DECREF(key);
	return session;
}

/* ---- calls ---- */

static PyStructSequence_Field fields[] = {
	{ "kind", "What has happened, a CallKind" },
	{ "session", "The Session of the caller" },
	{ "number", "REQUEST: the number of the request" },
	{ "event", "REQUEST: the request, an Event; otherwise None" },
	{ NULL, NULL },
};

static PyStructSequence_Desc description = {
	.name = "rusted_ring.Call",
	.doc = "What has happened in a session.",
	.fields = fields,
	.n_in_sequence = 4,
};

static PyObject *request_of(struct listener *listener,
			    const struct rring_call *from)
{
	if (from->kind != RRING_CALL_REQUEST)
		return Py_NewRef(Py_None);
	return (PyObject *)event_peeked(&listener->owner, NULL, &from->event,
					NO_POSITION);
}

static PyObject *call_of(struct listener *listener,
			 const struct rring_call *from)
{
	PyObject *values[] = {
		PyLong_FromLong(from->kind),
		session_of(listener, from),
		PyLong_FromUnsignedLongLong(
			from->kind == RRING_CALL_REQUEST ? from->number : 0),
		request_of(listener, from),
	};

	return new_record(call_type, values, description.n_in_sequence);
}

struct listening {
	struct rring_listener *listener;
	struct rring_call call;
};

static long try_listen(void *context, uint64_t deadline)
{
	struct listening *what = context;

	return rring_listener_next(what->listener, &what->call, deadline);
}

static PyObject *next_until(PyObject *self, uint64_t deadline)
{
	struct listener *listener = (struct listener *)self;
	struct listening what = { .listener = listener->ring_listener };
	long err;

	if (owner_use(&listener->owner) || owner_release(&listener->owner))
		return NULL;
	forget_ended(listener);
	err = attempt_until(&listener->owner, try_listen, &what, deadline);
	return err ? raise_error(err) : call_of(listener, &what.call);
}

static PyObject *next_call(PyObject *self, PyObject *args, PyObject *kwargs)
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

static Py_ssize_t count_sessions(PyObject *self)
{
	struct listener *listener = (struct listener *)self;

	return listener->owner.close ? (Py_ssize_t)rring_listener_sessions(
					       listener->ring_listener) : 0;
}

struct reply {
	struct session *session;
	unsigned long long number;
	Py_buffer data;
	unsigned int event_type;
};

static long try_reply(void *context, uint64_t deadline)
{
	struct reply *reply = context;

	return rring_listener_reply(reply->session->listener->ring_listener,
				    reply->session->ring_session, reply->number,
				    reply->data.buf, (size_t)reply->data.len,
				    reply->event_type, deadline);
}

static int use_session(struct session *session)
{
	if (session->ring_session)
		return owner_use(&session->listener->owner);
	PyErr_SetString(PyExc_ValueError, "the session has ended");
	return -1;
}

static PyObject *send_reply(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = { "number", "data", "type", "timeout", NULL };
	struct reply reply = { .session = (struct session *)self };
	struct listener *listener = reply.session->listener;
	PyObject *timeout = Py_None, *result;
	uint64_t deadline;
	long err = WAS_INTERRUPTED;

	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "Ky*|IO:reply", names,
					 &reply.number, &reply.data,
					 &reply.event_type, &timeout))
		return NULL;
	Py_XINCREF(OBJECT(listener));
	if (!deadline_of(timeout, &deadline) && !use_session(reply.session))
		err = attempt_until(&listener->owner, try_reply, &reply,
				    deadline);
	result = none_or_error(err);
	Py_XDECREF(OBJECT(listener));
	PyBuffer_Release(&reply.data);
	return result;
}

/* ---- a caller ---- */

static void shut_caller(struct owner *owner)
{
	rring_caller_close(((struct caller *)owner)->ring_caller);
}

struct opening {
	struct rring_client *client;
	const char *name;
	int strategy;
	struct rring_caller *caller;
};

static long try_open(void *context, uint64_t deadline)
{
	struct opening *what = context;

	return rring_caller_open(what->client, what->name,
				 (enum rring_strategy)what->strategy, deadline,
				 &what->caller);
}

PyObject *client_caller(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = { "name", "timeout", "strategy", NULL };
	struct client *client = (struct client *)self;
	struct opening what = { .client = client->ring_client };
	PyObject *timeout = Py_None;
	struct caller *caller;
	uint64_t deadline;
	long err;

	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "s|O$i:caller", names,
					 &what.name, &timeout, &what.strategy) ||
	    deadline_of(timeout, &deadline) || owner_use(&client->owner))
		return NULL;
	/* each attempt begins a session, which the server is told of */
	err = attempt_whole(&client->owner, try_open, &what, deadline);
	if (err)
		return raise_error(err);
	caller = (struct caller *)new_object(caller_type);
	if (!caller) {
		rring_caller_close(what.caller);
		return NULL;
	}
	caller->ring_caller = what.caller;
	owner_begin(&caller->owner, client, shut_caller);
	return (PyObject *)caller;
}

struct request {
	struct rring_caller *caller;
	Py_buffer data;
	unsigned int event_type;
	uint64_t number;
};

static long try_send(void *context, uint64_t deadline)
{
	struct request *request = context;

	return rring_caller_send(request->caller, request->data.buf,
				 (size_t)request->data.len, request->event_type,
				 deadline, &request->number);
}

struct answer {
	struct rring_caller *caller;
	struct rring_event event;
	uint64_t number;
};

static long try_receive(void *context, uint64_t deadline)
{
	struct answer *answer = context;

	return rring_caller_receive(answer->caller, &answer->event,
				    &answer->number, deadline);
}

/* Parse data, a type and a timeout, and send it. Return 0 or -1. */
static int send_request(struct caller *caller, PyObject *args, PyObject *kwargs,
			uint64_t *number, uint64_t *deadline)
{
	static char *names[] = { "data", "type", "timeout", NULL };
	struct request request = { .caller = caller->ring_caller };
	PyObject *timeout = Py_None;
	long err = WAS_INTERRUPTED;

	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "y*|IO:send", names,
					 &request.data, &request.event_type,
					 &timeout))
		return -1;
	if (!deadline_of(timeout, deadline) && !owner_use(&caller->owner))
		err = attempt_until(&caller->owner, try_send, &request,
				    *deadline);
	PyBuffer_Release(&request.data);
	*number = request.number;
	if (err)
		raise_error(err);
	return err ? -1 : 0;
}

static PyObject *send_only(PyObject *self, PyObject *args, PyObject *kwargs)
{
	uint64_t number, deadline;

	return send_request((struct caller *)self, args, kwargs, &number,
			    &deadline) ? NULL :
	       PyLong_FromUnsignedLongLong(number);
}

/* Return the next reply, or NULL after an exception. */
static PyObject *receive_until(struct caller *caller, uint64_t deadline,
			       uint64_t *number)
{
	struct answer answer = { .caller = caller->ring_caller };
	long err;

	if (owner_use(&caller->owner) || owner_release(&caller->owner))
		return NULL;
	err = attempt_until(&caller->owner, try_receive, &answer, deadline);
	*number = answer.number;
	return err ? raise_error(err) :
	       (PyObject *)event_peeked(&caller->owner, NULL, &answer.event,
					NO_POSITION);
}

static PyObject *receive(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = { "timeout", NULL };
	PyObject *timeout = Py_None, *event;
	uint64_t deadline, number;

	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O:receive", names,
					 &timeout) ||
	    deadline_of(timeout, &deadline))
		return NULL;
	event = receive_until((struct caller *)self, deadline, &number);
	return event ? Py_BuildValue("(KN)", (unsigned long long)number, event) :
	       NULL;
}

/* Replies to other requests, to which nobody has waited, are released. */
static PyObject *call_and_wait(PyObject *self, PyObject *args, PyObject *kwargs)
{
	struct caller *caller = (struct caller *)self;
	uint64_t number, deadline, got = 0;
	PyObject *event = NULL;

	if (send_request(caller, args, kwargs, &number, &deadline))
		return NULL;
	do {
		Py_XDECREF(OBJECT(event));
		event = receive_until(caller, deadline, &got);
	} while (event && got != number);
	return event;
}

/* ---- the types ---- */

static PyMethodDef listener_methods[] = {
	OWNER_METHODS,
	{ "next", KEYWORDS(next_call),
	  "Release the last request, and return what happens next, a Call." },
	{ NULL, NULL, 0, NULL },
};

static PyMethodDef session_methods[] = {
	{ "reply", KEYWORDS(send_reply), "Send a reply to request number." },
	{ NULL, NULL, 0, NULL },
};

static PyMethodDef caller_methods[] = {
	OWNER_METHODS,
	{ "send", KEYWORDS(send_only), "Send a request; return its number." },
	{ "receive", KEYWORDS(receive),
	  "Release the last reply; return the next, as (number, event)." },
	{ "call", KEYWORDS(call_and_wait), "Send a request; return its reply." },
	{ NULL, NULL, 0, NULL },
};

static PyGetSetDef owner_properties[] = {
	OWNER_PROPERTIES,
	{ NULL, NULL, NULL, NULL, NULL },
};

static PyMemberDef session_members[] = {
	{ "client", T_UINT, offsetof(struct session, client), READONLY,
	  "The number of the caller's client." },
	{ "client_serial", T_UINT, offsetof(struct session, client_serial),
	  READONLY, "No other client has it." },
	{ NULL, 0, 0, 0, NULL },
};

static PyType_Slot listener_slots[] = {
	SLOT(Py_tp_doc, "Offers a service: an iterator of calls."),
	SLOT(Py_tp_dealloc, owner_free),
	SLOT(Py_tp_methods, listener_methods),
	SLOT(Py_tp_getset, owner_properties),
	SLOT(Py_sq_length, count_sessions),
	SLOT(Py_tp_iter, PyObject_SelfIter),
	SLOT(Py_tp_iternext, iterate),
	{ 0, NULL },
};

static PyType_Slot session_slots[] = {
	SLOT(Py_tp_doc, "The session of one caller."),
	SLOT(Py_tp_dealloc, free_session),
	SLOT(Py_tp_methods, session_methods),
	SLOT(Py_tp_members, session_members),
	{ 0, NULL },
};

static PyType_Slot caller_slots[] = {
	SLOT(Py_tp_doc, "A session with a service."),
	SLOT(Py_tp_dealloc, owner_free),
	SLOT(Py_tp_methods, caller_methods),
	SLOT(Py_tp_getset, owner_properties),
	{ 0, NULL },
};

#define SPEC(title, type, type_slots) {					\
	.name = "rusted_ring." title,					\
	.basicsize = sizeof(struct type),				\
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, \
	.slots = type_slots,						\
}

static PyType_Spec listener_spec = SPEC("Listener", listener, listener_slots);
static PyType_Spec session_spec = SPEC("Session", session, session_slots);
static PyType_Spec caller_spec = SPEC("Caller", caller, caller_slots);

int service_init(PyObject *module)
{
	listener_type = add_type(module, &listener_spec);
	session_type = add_type(module, &session_spec);
	caller_type = add_type(module, &caller_spec);
	call_type = PyStructSequence_NewType(&description);
	if (!listener_type || !session_type || !caller_type || !call_type)
		return -1;
	return PyModule_AddObjectRef(module, "Call", (PyObject *)call_type);
}
