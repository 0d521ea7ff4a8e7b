// SPDX-License-Identifier: MPL-2.0
/*
 * Waits: without the GIL, and ended by a signal whose handler raises, as Ctrl-C.
 *
 * A handler that runs before the thread sleeps does not end the sleep. So a wait
 * has slices, and Python's handlers run between two of them.
 */
#include "binding.h"

#include <math.h>

#define SLICE_NS	250000000ull

/*
 * Store in *@deadline when @timeout, a number of seconds or None, is over. Return 0,
 * or -1 after an exception was raised.
 */
int deadline_of(PyObject *timeout, uint64_t *deadline)
{
	double seconds;

	*deadline = RRING_FOREVER;
	if (timeout == Py_None)
		return 0;
	seconds = PyFloat_AsDouble(timeout);
	if (seconds == -1.0 && PyErr_Occurred())
		return -1;
	if (isnan(seconds)) {
		PyErr_SetString(PyExc_ValueError, "a timeout is not NaN");
		return -1;
	}
	if (seconds <= 0)
		*deadline = 0;
	else if (seconds < 1e9)
		*deadline = rring_deadline((uint64_t)(seconds * 1e9));
	return 0;
}

static long attempt_slice(attempt_t attempt, void *context, uint64_t deadline)
{
	PyThreadState *state = PyEval_SaveThread();
	uint64_t slice = rring_deadline(SLICE_NS);
	long result = attempt(context, slice < deadline ? slice : deadline);

	PyEval_RestoreThread(state);
	if (result == -EINTR || (result == -ETIMEDOUT && slice < deadline))
		return -EINTR;
	return result;
}

static long attempt_without_gil(attempt_t attempt, void *context,
				uint64_t deadline)
{
	long result;

	while ((result = attempt_slice(attempt, context, deadline)) == -EINTR)
		if (PyErr_CheckSignals())
			return WAS_INTERRUPTED;
	return result;
}

/*
 * Call @attempt with @context and @deadline, without the GIL. If only whole attempts
 * make sense, there are no slices: a signal's handler that runs before the sleep
 * begins ends nothing then, and the next signal does. Return what @attempt returns,
 * or WAS_INTERRUPTED.
 */
long attempt_whole(struct owner *owner, attempt_t attempt, void *context,
		   uint64_t deadline)
{
	struct client *client = owner->client;
	PyThreadState *state;
	long result;

	do {
		client->waiting++;
		state = PyEval_SaveThread();
		result = attempt(context, deadline);
		PyEval_RestoreThread(state);
		client->waiting--;
	} while (result == -EINTR && !PyErr_CheckSignals());
	return result == -EINTR ? WAS_INTERRUPTED : result;
}

static int found_nothing(long result)
{
	return result == -ETIMEDOUT || result == -EAGAIN || result == -ENOSPC;
}

/*
 * Call @attempt with @context and the deadline 0. If it finds nothing, call it again
 * with deadlines up to @deadline, without the GIL. Any number of threads may wait
 * with a client, but only one with another owner. Return what @attempt returns, or
 * WAS_INTERRUPTED.
 */
long attempt_until(struct owner *owner, attempt_t attempt, void *context,
		   uint64_t deadline)
{
	struct client *client = owner->client;
	long result = attempt(context, 0);

	if (!deadline || !found_nothing(result))
		return result;
	owner->busy += owner != &client->owner;
	client->waiting++;
	result = attempt_without_gil(attempt, context, deadline);
	client->waiting--;
	owner->busy = 0;
	return result;
}
