// SPDX-License-Identifier: MPL-2.0
/*
 * `keyvalue [CLIENTS [REQUESTS [KILLS]]]`: a service that keeps a value for each
 * key. Each client sends REQUESTS requests, to set its own keys and to get them
 * again, and checks each reply. On the device the server and the clients are
 * processes, and KILLS of the clients are killed at random and replaced. Without
 * the module they are threads, and KILLS of them end in the middle of a request.
 */
#include <time.h>

#include <rusted_ring.h>

#define PROGRAM		"keyvalue"
#include "actors.h"

#define SERVICE		"keyvalue"
#define KEYS		16u	/* of each client */
#define CLIENTS_MAX	250u

enum operation {
	SET,
	GET,
	STOP,	/* no client is left: end */
};

struct request {
	uint32_t operation;
	uint32_t key;
	uint64_t value;
};

struct reply {
	uint32_t key;
	uint32_t sessions;	/* so far */
	uint64_t value;
};

static unsigned int clients = 64, requests = 1000, kills = 50;
static int arena;
static int on_device;

static struct rring_client *attach(void)
{
	struct rring_client *client;

	must(rring_open_arena(&client, arena, RRING_PRODUCER, 0), "attach");
	return client;
}

/* ---- the server ---- */

struct server {
	struct rring_listener *listener;
	uint32_t begun, ended;	/* sessions so far */
	uint64_t *value;	/* by key */
};

static void answer(struct server *server, const struct rring_call *call)
{
	const struct request *request =
		RRING_EVENT_AS(struct request, &call->event);
	struct reply reply = { .sessions = server->begun };
	int err;

	must_be(request && request->key < CLIENTS_MAX * KEYS, "a request");
	if (request->operation == SET)
		server->value[request->key] = request->value;
	reply.key = request->key;
	reply.value = server->value[request->key];
	/* a client that does not read its replies cannot hold the server up */
	err = rring_listener_reply(server->listener, call->session,
				   call->number, &reply, sizeof(reply), 0, 0);
	must(err == -EPIPE || err == -EAGAIN ? 0 : err, "reply");
}

/* Serve until the request STOP. */
static void *serve(void *unused)
{
	const struct rring_listener_config config = {
		.name = SERVICE, .kind = RRING_INLINE, .capacity = 16,
		.stride = 64,
	};
	struct rring_client *client = attach();
	struct server server = {
		.value = calloc(CLIENTS_MAX * KEYS, sizeof(uint64_t)),
	};
	struct rring_call call;
	int stop = 0;

	(void)unused;
	must_be(!!server.value, "there is memory");
	must(rring_listener_open(client, &config, &server.listener), "listen");
	while (!stop || rring_listener_sessions(server.listener)) {
		must(rring_listener_next(server.listener, &call,
					 RRING_FOREVER), "next call");
		if (call.kind == RRING_CALL_BEGIN)
			server.begun++;
		if (call.kind == RRING_CALL_END)
			server.ended++;
		if (call.kind != RRING_CALL_REQUEST)
			continue;
		answer(&server, &call);
		stop |= RRING_EVENT_AS(struct request,
				       &call.event)->operation == STOP;
	}
	must_be(server.begun == server.ended, "each session has ended");
	rring_listener_close(server.listener);
	rring_close(client);
	free(server.value);
	return NULL;
}

/* ---- a client ---- */

/* Send @request, and return its reply, which must be of the same key. */
static struct reply call(struct rring_caller *caller,
			 const struct request *request)
{
	struct rring_event event;
	struct reply reply;

	must(rring_caller_call(caller, request, sizeof(*request), 0, &event,
			       RRING_FOREVER), "call");
	must_be(event.len == sizeof(reply), "a whole reply");
	memcpy(&reply, event.data, sizeof(reply));
	must_be(reply.key == request->key, "the reply is to this client");
	return reply;
}

static struct rring_caller *begin(struct rring_client *client)
{
	struct rring_caller *caller;

	must(rring_caller_open(client, SERVICE, RRING_WAIT_BLOCK,
			       RRING_FOREVER, &caller), "find the service");
	return caller;
}

/*
 * Be client @number: set keys of its own, and get them again. If @last is not 0,
 * end as by a death after so many requests, with one under way.
 */
static void be_client(unsigned int number, unsigned int last)
{
	struct rring_client *client = attach();
	struct rring_caller *caller = begin(client);
	uint64_t value[KEYS] = { 0 }, sent;
	struct request request = { SET, 0, 0 };
	unsigned int i;

	for (i = 0; i < requests; i++) {
		unsigned int k = (unsigned int)rand() % KEYS;

		request.operation = i < KEYS || i % 2 ? SET : GET;
		if (i < KEYS)
			k = i;
		request.key = number * KEYS + k;
		request.value = ((uint64_t)number << 32) + i;
		if (last && i == last) {
			must(rring_caller_send(caller, &request,
					       sizeof(request), 0,
					       RRING_FOREVER, &sent), "send");
			rring_close(client);
			return;
		}
		if (request.operation == SET)
			value[k] = request.value;
		must_be(call(caller, &request).value == value[k],
			"a key has the value that this client has set");
	}
	rring_caller_close(caller);
	rring_close(client);
}

/* ---- processes, on the device ---- */

static pid_t start_client(unsigned int number)
{
	pid_t pid = fork();

	must(pid, "fork");
	if (pid)
		return pid;
	srand((unsigned int)getpid());
	be_client(number, 0);
	_exit(0);
}

static void nap(void)
{
	const struct timespec time = { .tv_nsec = rand() % 3000000 };

	nanosleep(&time, NULL);
}

/* Kill a client at random, if it has not ended yet, and start it again. */
static int kill_one(pid_t *pid)
{
	unsigned int number = (unsigned int)rand() % clients;
	int status;

	kill(pid[number], SIGKILL);
	must(waitpid(pid[number], &status, 0), "wait");
	must_be(WIFSIGNALED(status) || !status, "a client has ended well");
	pid[number] = start_client(number);
	return WIFSIGNALED(status);
}

static void run_processes(void)
{
	pid_t server = fork();
	static pid_t pid[CLIENTS_MAX];
	unsigned int i;
	int status;

	must(server, "fork");
	if (!server) {
		serve(NULL);
		_exit(0);
	}
	for (i = 0; i < clients; i++)
		pid[i] = start_client(i);
	for (i = 0; i < kills; nap())
		i += (unsigned int)kill_one(pid);
	for (i = 0; i < clients; i++) {
		must(waitpid(pid[i], &status, 0), "wait");
		must_be(!status, "a client has ended well");
	}
}

/* ---- threads, without the module ---- */

static void *client_thread(void *arg)
{
	unsigned int number = (unsigned int)(uintptr_t)arg;

	/* the first KILLS clients end once before they are done */
	if (number < kills)
		be_client(number, 1 + (unsigned int)rand() % (requests - 1));
	be_client(number, 0);
	return NULL;
}

static void run_threads(pthread_t *server)
{
	static pthread_t thread[CLIENTS_MAX];
	unsigned int i;

	must(-pthread_create(server, NULL, serve, NULL), "start a thread");
	for (i = 0; i < clients; i++)
		must(-pthread_create(&thread[i], NULL, client_thread,
				     (void *)(uintptr_t)i), "start a thread");
	for (i = 0; i < clients; i++)
		must(-pthread_join(thread[i], NULL), "join a thread");
}

/* ---- all of them ---- */

static void create_arena(void)
{
	struct rring_arena_config config = {
		.capacity = { 64 },
		.max_clients = RRING_CLIENTS_MAX,
		.max_rings = 2 * CLIENTS_MAX + 16,
		.mode = 0700, .uid = ~0u, .gid = ~0u,
	};

	arena = rring_arena_create(&config);
	must(arena, "create an arena");
	on_device = rring_backend() == RRING_BACKEND_DEVICE;
}

int main(int argc, char **argv)
{
	const struct request stop = { .operation = STOP };
	struct rring_client *client;
	struct rring_caller *caller;
	unsigned int sessions;
	pthread_t server;
	int status = 0;

	if (argc > 1)
		clients = (unsigned int)number_in(argv[1], 1000000);
	if (argc > 2)
		requests = (unsigned int)number_in(argv[2], 1000000);
	if (argc > 3)
		kills = (unsigned int)number_in(argv[3], 1000000);
	must_be(clients && clients <= CLIENTS_MAX && requests > 1,
		"1 to 250 clients, and 2 requests or more");
	create_arena();
	if (on_device)
		run_processes();
	else
		run_threads(&server);
	client = attach();
	caller = begin(client);
	sessions = call(caller, &stop).sessions - 1;	/* without this one */
	rring_caller_close(caller);
	rring_close(client);
	if (on_device)
		must(wait(&status), "wait");
	else
		must(-pthread_join(server, NULL), "join a thread");
	must_be(!status, "the server has ended well");
	printf("keyvalue: %u clients had %u requests each answered, in %u sessions; %u ended before their time\n",
	       clients, requests, sessions, kills);
	return 0;
}
