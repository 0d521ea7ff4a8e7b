/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The Python objects of this module. Two kinds have rules of their own:
 *
 *   An owner lends memory of the arena: a client its held events, a reader the
 *   events that it has peeked at, a writer its reserved entries. An owner belongs
 *   to a client, and is closed with it.
 *
 *   A lease is lent memory, which exports the buffer protocol: an Event, a Batch,
 *   a Reservation. The owner ends all its leases before it changes that memory.
 *   It refuses to, with a BufferError, while anybody has a view of it.
 *
 * The GIL protects all of this. It is released only by the functions of wait.c, which
 * mark the owner, or its client, for that time.
 */
#ifndef BINDING_H
#define BINDING_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>

#include <rusted_ring.h>

struct lease;
struct client;

struct owner {
	PyObject_HEAD
	struct client *client;	/* a reference, but of the client to itself */
	struct lease *leases;
	struct owner *next, **link;	/* in client->owners; a client: in all */
	int busy;		/* a thread waits in a call with this object */
	uint32_t unreleased;	/* entries that it has peeked at */
	/* how these are released in the library; NULL: by its next read call */
	int (*release)(struct owner *owner, uint32_t n);
	/* how it is closed in the library; NULL: it is closed */
	void (*close)(struct owner *owner);
};

struct client {
	struct owner owner;
	struct rring_client *ring_client;
	struct owner *owners;	/* newest first */
	unsigned int process;	/* in which it was opened: see owner_use() */
	unsigned int waiting;	/* threads */
	PyObject *on_close;	/* for asyncio: called once; NULL: nothing */
	PyObject *weakrefs;
};

struct writer {
	struct owner owner;
	struct rring_writer *ring_writer;
	int waits;		/* RRING_BLOCK: without a timeout it waits */
	int owns_client;	/* rring_writer_begin() has opened the client */
};

struct reader {
	struct owner owner;
	struct rring_reader *ring_reader;
	int in_set;
	int owns_client;
};

struct set {
	struct owner owner;
	struct rring_set *ring_set;
	PyObject *readers;	/* a list of the members */
};

/* ---- lease.c ---- */

enum lease_memory {
	LEASE_LENT,		/* the owner's, until it ends the lease */
	LEASE_COPY,		/* allocated by PyMem_Malloc() */
};

struct lease {
	PyObject_HEAD
	struct owner *owner;	/* a reference; NULL: over, or a copy */
	struct lease *next, **link;	/* in owner->leases */
	enum lease_memory memory;
	char *data;		/* NULL: over */
	Py_ssize_t shape[2], strides[2];
	int dimensions;		/* 1, or 2 for entries of an inline ring */
	int writable;
	Py_ssize_t exports;	/* buffers that were got and not given back */
	PyObject *view;		/* a weak reference to what .data returned */
};

void lease_begin(struct lease *lease, struct owner *owner, void *data,
		 size_t len);
void lease_begin_copy(struct lease *lease, void *data, size_t len);
void lease_is_table(struct lease *lease, size_t rows, size_t stride);
int lease_use(struct lease *lease);
int lease_may_end(struct lease *lease);
void lease_end(struct lease *lease);
void lease_free(struct lease *lease);
int lease_getbuffer(PyObject *self, Py_buffer *view, int flags);
void lease_releasebuffer(PyObject *self, Py_buffer *view);
PyObject *lease_data(PyObject *self, void *closure);
PyObject *lease_is_over(PyObject *self, void *closure);
PyObject *lease_enter(PyObject *self, PyObject *unused);
PyObject *exit_with(PyObject *done, PyObject *arguments);

/* ---- owner.c ---- */

int owner_init_module(void);
void owner_begin(struct owner *owner, struct client *client,
		 void (*close)(struct owner *owner));
int owner_use(struct owner *owner);
int owner_may_end_leases(struct owner *owner);
int owner_end_leases(struct owner *owner);
int owner_release(struct owner *owner);
int owner_shut(struct owner *owner);
void owner_free(PyObject *self);
PyObject *owner_close(PyObject *self, PyObject *unused);
PyObject *owner_exit(PyObject *self, PyObject *arguments);
PyObject *owner_enter(PyObject *self, PyObject *unused);
PyObject *owner_is_closed(PyObject *self, void *closure);

/* A property that is a number: owner_number() with the address of its function. */
typedef uint64_t (*number_t)(PyObject *self);

PyObject *owner_number(PyObject *self, void *number);
PyObject *owner_get_client(PyObject *self, void *closure);
PyObject *after_fork(PyObject *module, PyObject *unused);
int client_is_foreign(const struct client *client);
PyObject *close_of(PyObject *self);

/* What all owners have. */
#define OWNER_METHODS							\
	{ "close", owner_close, METH_NOARGS,				\
	  "Close it. Closing it again does nothing." },			\
	{ "__enter__", owner_enter, METH_NOARGS, NULL },		\
	{ "__exit__", owner_exit, METH_VARARGS, NULL }

#define OWNER_PROPERTIES						\
	{ "closed", owner_is_closed, NULL, "Was it closed?", NULL },	\
	{ "client", owner_get_client, NULL, "The Client it belongs to.", \
	  NULL }

#define LEASE_PROPERTIES						\
	{ "data", lease_data, NULL,					\
	  "A memoryview, which is released when the memory is.", NULL }, \
	{ "released", lease_is_over, NULL, "Is the memory gone?", NULL }

/* ---- error.c ---- */

int error_init(PyObject *module);
PyObject *raise_because(long err, const char *why);
PyObject *raise_error(long err);
PyObject *none_or_error(long err);
PyObject *number_or_error(long result);

/* ---- wait.c ---- */

/* How an attempt ended when a signal's handler has raised an exception. */
#define WAS_INTERRUPTED	(-ECANCELED)

typedef long (*attempt_t)(void *context, uint64_t deadline);

int deadline_of(PyObject *timeout, uint64_t *deadline);
long attempt_until(struct owner *owner, attempt_t attempt, void *context,
		   uint64_t deadline);
long attempt_whole(struct owner *owner, attempt_t attempt, void *context,
		   uint64_t deadline);

/* ---- the types ---- */

extern PyTypeObject *client_type, *event_type, *batch_type, *reservation_type,
	*writer_type, *reader_type, *set_type, *watch_type, *pipe_type,
	*listener_type, *session_type, *caller_type;

PyTypeObject *add_type(PyObject *module, PyType_Spec *spec);
PyObject *new_object(PyTypeObject *type);
PyObject *new_record(PyTypeObject *type, PyObject *const *values, Py_ssize_t n);
int parse_type(PyObject *object, struct rring_type *type);

struct event {
	struct lease lease;
	struct rring_event event;
	uint64_t position;	/* in its ring; NO_POSITION: not read from one */
	PyObject *reader;	/* of the event; NULL: it has none */
	int held;		/* the client has a hold for this object */
	int pinned;		/* a thread is about to publish it */
};

#define NO_POSITION	UINT64_MAX

struct event *event_peeked(struct owner *owner, struct reader *reader,
			   const struct rring_event *event, uint64_t position);
struct event *event_held(struct client *client,
			 const struct rring_event *event, int writable);
struct event *event_copied(struct rring_event *event, void *data);
struct event *event_to_publish(struct client *client, PyObject *object);
void event_gone(struct event *event);
PyObject *batch_of_reader(struct reader *reader, uint32_t n);
PyObject *batch_of_set(struct set *set, uint32_t n);

PyObject *client_alloc(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *client_alloc_copy(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *client_alloc_batch(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *client_upgrade(PyObject *self, PyObject *handle);

struct client *client_wrap(struct rring_client *client);
PyObject *client_writer(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *client_reader(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *client_ensure_reader(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *client_set(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *client_watch(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *client_await_ring(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *client_create_pipe(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *client_connect_pipe(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *client_listener(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *client_caller(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *writer_reserve(PyObject *self, PyObject *args, PyObject *kwargs);
int begin_write(struct writer *writer, PyObject *timeout, uint64_t *deadline);
long write_until(struct writer *writer, attempt_t attempt, void *context,
		 uint64_t deadline);
int ring_config_of(PyObject *args, PyObject *kwargs,
		   struct rring_ring_config *config);
PyObject *reader_wrap(struct client *client, struct rring_reader *reader);
long reader_next(struct reader *reader, struct rring_event *event);
struct reader *set_member(const struct set *set,
			  const struct rring_reader *ring_reader);

PyObject *begin_writer(PyObject *module, PyObject *args, PyObject *kwargs);
PyObject *begin_reader(PyObject *module, PyObject *args, PyObject *kwargs);

int client_init(PyObject *module);
int event_init(PyObject *module);
int batch_init(PyObject *module);
int writer_init(PyObject *module);
int reader_init(PyObject *module);
int reservation_init(PyObject *module);
int set_init(PyObject *module);
int watch_init(PyObject *module);
int pipe_init(PyObject *module);
int service_init(PyObject *module);
int arena_init(PyObject *module);

/* A method with keywords, in a table of methods. */
#define KEYWORDS(function)	(PyCFunction)(void (*)(void))(function), \
				METH_VARARGS | METH_KEYWORDS

#define OBJECT(pointer)		((PyObject *)(pointer))

#define SLOT(id, function)	{ id, (void *)(function) }

#endif
