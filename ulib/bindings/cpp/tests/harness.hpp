// SPDX-License-Identifier: MPL-2.0
/*
 * A harness for tests in C++: TEST(what_is_promised) { CHECK(...); }. A program
 * is the tests of one file. It prints TAP.
 */
#ifndef HARNESS_HPP
#define HARNESS_HPP

#include <cstdio>
#include <exception>
#include <vector>

#include <rusted_ring.hpp>

namespace rr = rusted_ring;

namespace harness {

struct test {
	const char *name;
	void (*run)();
};

inline std::vector<test> &tests()
{
	static std::vector<test> all;

	return all;
}

inline int failures;	// of the test that runs

struct registration {
	registration(const char *name, void (*run)())
	{
		tests().push_back({ name, run });
	}
};

inline bool check(bool right, const char *what, const char *file, int line)
{
	if (!right) {
		std::printf("# %s:%d: %s\n", file, line, what);
		failures++;
	}
	return right;
}

inline void run(const test &each)
{
#if RUSTED_RING_EXCEPTIONS
	try {
		each.run();
	} catch (const std::exception &thrown) {
		std::printf("# thrown: %s\n", thrown.what());
		failures++;
	}
#else
	each.run();
#endif
}

inline int run_all()
{
	int n = 0, failed = 0;

	std::printf("TAP version 13\n1..%zu\n", tests().size());
	for (const test &each : tests()) {
		failures = 0;
		run(each);
		failed += failures != 0;
		std::printf("%sok %d - %s\n", failures ? "not " : "", ++n,
			    each.name);
		std::fflush(stdout);
	}
	return failed != 0;
}

} // namespace harness

#define TEST(name)							\
	static void name();						\
	static const harness::registration name##_registration(#name, name); \
	static void name()

#define CHECK(condition)						\
	harness::check(!!(condition), #condition, __FILE__, __LINE__)

/* Only with exceptions: @statement throws an error of @expected, an errno. */
#define CHECK_THROWS(statement, expected)				\
	do {								\
		int thrown_ = 0;					\
									\
		try {							\
			(void)(statement);				\
		} catch (const rr::error &why_) {			\
			thrown_ = why_.why().number();			\
		}							\
		harness::check(thrown_ == (expected), #statement, __FILE__, \
			       __LINE__);				\
	} while (0)

int main()
{
	return harness::run_all();
}

/* An arena of its own, on the backend of the environment, and what is in it. */
struct record {
	uint64_t number;
	uint32_t word[4];
};

inline rr::arena_config small_arena()
{
	return rr::arena_config().slots(RRING_XS, 64).slots(RRING_L, 8)
		.slots(RRING_XXL, 2);
}

#endif // HARNESS_HPP
