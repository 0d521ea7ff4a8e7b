// SPDX-License-Identifier: MPL-2.0
/* Moves of what owns something, arenas, and children of fork(). */
#include <sys/wait.h>
#include <unistd.h>

#include "stage.hpp"

template <typename T>
constexpr bool is_moved_alone = !std::is_copy_constructible_v<T> &&
				!std::is_copy_assignable_v<T> &&
				std::is_nothrow_move_constructible_v<T> &&
				std::is_nothrow_move_assignable_v<T> &&
				std::is_nothrow_destructible_v<T> &&
				std::is_nothrow_default_constructible_v<T>;

static_assert(is_moved_alone<rr::arena> && is_moved_alone<rr::client> &&
	      is_moved_alone<rr::writer> && is_moved_alone<rr::reader> &&
	      is_moved_alone<rr::set> && is_moved_alone<rr::pipe> &&
	      is_moved_alone<rr::watch> && is_moved_alone<rr::listener> &&
	      is_moved_alone<rr::caller> && is_moved_alone<rr::sender> &&
	      is_moved_alone<rr::receiver> && is_moved_alone<rr::draft>);
static_assert(sizeof(rr::writer) == sizeof(void *));

TEST(what_was_moved_from_is_empty)
{
	stage on;
	rr::writer writer = std::move(on.handles);

	CHECK(!on.handles && writer);
	on.handles = std::move(writer);
	CHECK(on.handles && !writer);
	rr::writer &self = on.handles;
	on.handles = std::move(self);
	CHECK(on.handles);
	on.publish(1);
	CHECK(number_of(on.from_handles.read()) == 1);
}

TEST(a_client_says_whether_it_was_evicted)
{
	stage on;

	CHECK(rr::try_guard_evictions());
	CHECK(!on.client.is_evicted());
}

TEST(what_is_assigned_to_ends_before)
{
	stage on;

	on.from_entries = rr::reader();
	CHECK(on.entries.readers() == 0);
	rring_writer *raw = on.entries.release();
	CHECK(!on.entries && raw);
	on.entries = rr::writer(raw);
	CHECK(on.entries.get() == raw);
}

TEST(a_client_can_be_moved_while_others_refer_to_it)
{
	stage on;
	rr::client moved = std::move(on.client);

	CHECK(on.handles.client() == moved);
	rr::draft draft = on.handles.client().alloc(64);
	on.handles.publish(std::move(draft));
	CHECK(on.from_handles.read());
	on.client = std::move(moved);
}

TEST(an_arena_lives_as_long_as_its_descriptor)
{
	rr::arena arena = rr::arena::create(
		small_arena().events(1024, 4).clients(3).rings(5).permit(
			0700));
	rr::client client = rr::client::open(arena, RRING_CONSUMER,
					     RRING_SINGLE_THREADED);
	rr::arena moved = std::move(arena);

	CHECK(!arena && arena.fd() < 0 && moved && moved.fd() >= 0);
	CHECK(client.role() == RRING_CONSUMER);
	CHECK(client.usage(RRING_M).capacity == 4);
	moved.close();
	CHECK(!moved && client.usage(RRING_XS).capacity == 64);
	CHECK_THROWS(rr::client::open(rr::arena()), EBADF);
	CHECK_THROWS(rr::arena::create(rr::arena_config()), EINVAL);
	CHECK_THROWS(rr::arena::remove("none"), ENOENT);
	CHECK(rr::arena_config(RRING_PROFILE_MOBILE).capacity[0] > 0);
}

TEST(a_client_says_what_it_is)
{
	stage on;

	CHECK(on.client.id() && on.client.role() == RRING_PRODUCER);
	CHECK(on.client.backend() == rring_backend());
	CHECK(on.client.fd() >= 0);
}

/* What the destructors of a child do must not harm the parent. */
TEST(a_child_destroys_what_it_has_inherited_and_changes_nothing)
{
	int status = -1;
	stage on;
	rr::event event = on.client.alloc(sizeof(record));

	on.publish(1);
	rr::view view = on.from_handles.read();
	rr::batch batch = on.from_entries.try_batch(1);
	pid_t child = fork();

	if (!child) {
		{
			stage inherited = std::move(on);
			rr::event dropped = std::move(event);
			rr::batch released = std::move(batch);

			if (inherited.client.try_alloc(64) ||
			    inherited.entries.try_add("x"))
				_exit(1);
		}
		_exit(0);
	}
	CHECK(waitpid(child, &status, 0) == child && status == 0);
	CHECK(event && number_of(view) == 1);
	on.publish(2);
	CHECK(number_of(on.from_handles.read()) == 2);
}
