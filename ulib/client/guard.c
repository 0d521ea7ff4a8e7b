// SPDX-License-Identifier: MPL-2.0
/*
 * Survive an eviction. The kernel has taken all pages of an evicted client out of
 * this process, so the next access to one raises SIGBUS. The handler below maps
 * private zeros there instead, and marks the client. Then the access is repeated: it
 * reads zeros, or writes where nobody reads. The next call with the client fails.
 *
 * The handler runs at any instruction of the thread. It uses only functions that
 * a signal handler may call, and pthread_mutex_trylock(), which waits for nobody.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "client.h"

#define TRIES	10000	/* for the list of clients, if another thread has it */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int install_error;
static struct sigaction previous;

/* ---- the mapping of an address ---- */

/* A line of /proc/self/maps, without its end. */
struct mapping {
	uintptr_t start, end;
	uint64_t major, minor, inode;
};

/* The part of /proc/self/maps that was read last. */
struct maps {
	int fd;
	ssize_t len, at;
	char text[512];
};

/* Return the next character, or 0 at the end. */
static char next_char(struct maps *maps)
{
	if (maps->at == maps->len) {
		maps->at = 0;
		maps->len = read(maps->fd, maps->text, sizeof(maps->text));
		if (maps->len <= 0)
			return maps->len = 0;
	}
	return maps->text[maps->at++];
}

/* Return the number with @base at which @maps stands, and skip what ends it. */
static uint64_t next_number(struct maps *maps, unsigned int base)
{
	uint64_t number = 0;
	unsigned int digit;

	for (;;) {
		char c = next_char(maps);

		if (c >= '0' && c <= '9')
			digit = (unsigned int)(c - '0');
		else if (base == 16 && c >= 'a' && c <= 'f')
			digit = (unsigned int)(c - 'a') + 10;
		else
			return number;
		number = number * base + digit;
	}
}

static void skip_to(struct maps *maps, char end)
{
	char c;

	do
		c = next_char(maps);
	while (c && c != end);
}

/* "START-END PERMISSIONS OFFSET MAJOR:MINOR INODE   PATH\n", see proc(5) */
static int next_mapping(struct maps *maps, struct mapping *mapping)
{
	mapping->start = next_number(maps, 16);
	mapping->end = next_number(maps, 16);
	skip_to(maps, ' ');
	skip_to(maps, ' ');
	mapping->major = next_number(maps, 16);
	mapping->minor = next_number(maps, 16);
	mapping->inode = next_number(maps, 10);
	skip_to(maps, '\n');
	return maps->len > 0;
}

/* Store the mapping that has @addr in @mapping, and return 1; or return 0. */
static int find_mapping(uintptr_t addr, struct mapping *mapping)
{
	struct maps maps = { .fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC) };
	int found = 0;

	if (maps.fd < 0)
		return 0;
	while (!found && next_mapping(&maps, mapping))
		found = mapping->start <= addr && addr < mapping->end;
	close(maps.fd);
	return found;
}

/* ---- the clients ---- */

static int is_of_file(const struct mapping *mapping, int fd)
{
	struct stat stat;

	return !fstat(fd, &stat) && mapping->inode == stat.st_ino &&
	       mapping->major == major(stat.st_dev) &&
	       mapping->minor == minor(stat.st_dev);
}

/* poll(2) reports POLLERR for an evicted client, and for no other one. */
static int is_evicted(const struct rring_client_private *own)
{
	struct pollfd pollfd = { .fd = own->file.fd };

	return own->loss == ULIB_EVICTED ||
	       (own->loss == ULIB_NO_LOSS && own->file.fd >= 0 &&
		poll(&pollfd, 1, 0) == 1 && pollfd.revents & POLLERR);
}

static int lock_clients(void)
{
	int i;

	for (i = 0; i < TRIES; i++) {
		if (ulib_clients_trylock())
			return 1;
		sched_yield();
	}
	return 0;
}

/* Mark the evicted clients. Return 1 if @mapping is perhaps of one, else 0. */
static int mark_evicted(const struct mapping *mapping)
{
	struct rring_client_private *own;
	int found = 0;

	if (!lock_clients())
		return 0;
	for (own = ulib_clients_first(); own; own = own->next) {
		if (!is_evicted(own))
			continue;
		if (own->loss != ULIB_EVICTED)
			ulib_client_disable(own->client, ULIB_EVICTED);
		found |= is_of_file(mapping, own->file.fd);
	}
	ulib_clients_unlock();
	return found;
}

/* ---- the handler ---- */

/* The kernel refuses to split a mapping, so replace the whole one. */
static int map_zeros(const struct mapping *mapping)
{
	void *start = (void *)mapping->start;

	return mmap(start, mapping->end - mapping->start,
		    PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS |
		    MAP_NORESERVE | MAP_FIXED, -1, 0) == start;
}

static int survive(const siginfo_t *info)
{
	struct mapping mapping;

	return info->si_code == BUS_ADRERR &&
	       find_mapping((uintptr_t)info->si_addr, &mapping) &&
	       mark_evicted(&mapping) && map_zeros(&mapping);
}

/* The signal is for whom it would have been for without this handler. */
static void pass_on(int number, siginfo_t *info, void *context)
{
	if (previous.sa_flags & SA_SIGINFO)
		previous.sa_sigaction(number, info, context);
	else if (previous.sa_handler == SIG_DFL ||
		 previous.sa_handler == SIG_IGN)
		/* the access is repeated, and then ends the process */
		signal(number, SIG_DFL);
	else
		previous.sa_handler(number);
}

static void on_bus_error(int number, siginfo_t *info, void *context)
{
	int saved = errno;

	if (!survive(info))
		pass_on(number, info, context);
	errno = saved;
}

static void install(void)
{
	struct sigaction action = {
		.sa_sigaction = on_bus_error,
		.sa_flags = SA_SIGINFO | SA_ONSTACK,
	};

	sigemptyset(&action.sa_mask);
	if (sigaction(SIGBUS, NULL, &previous) ||
	    sigaction(SIGBUS, &action, NULL))
		install_error = -errno;
}

int rring_guard_evictions(void)
{
	int err = ulib_clients_init();

	if (!err) {
		pthread_once(&once, install);
		err = install_error;
	}
	return rring_refuse_slow(err);
}

int rring_client_evicted(const struct rring_client *client)
{
	return is_evicted(client->own);
}
