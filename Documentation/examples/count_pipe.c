// SPDX-License-Identifier: MPL-2.0
/* A pipe: a parent sends numbers, its child adds them up. See count_ring.c. */
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static int add_up(int fd)
{
	uint64_t number, sum = 0;

	while (read(fd, &number, sizeof(number)) == sizeof(number))
		sum += number;
	printf("the sum is %llu\n", (unsigned long long)sum);
	return 0;
}

int main(void)
{
	uint64_t number;
	int fd[2];

	if (pipe(fd))
		return 1;
	if (!fork()) {
		close(fd[1]);
		return add_up(fd[0]);
	}
	close(fd[0]);
	for (number = 1; number <= 1000; number++)
		if (write(fd[1], &number, sizeof(number)) != sizeof(number))
			return 1;
	close(fd[1]);		/* the end of the stream */
	wait(NULL);
	return 0;
}
