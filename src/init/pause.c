/* SPDX-License-Identifier: Apache-2.0 */
#include "init/pause.h"

#include "init/init.h"

#include <signal.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { MS_PER_S = 1000, NS_PER_MS = 1000000 };

static init_signals stops(void)
{
	static const int numbers[] = {SIGTERM, SIGINT, SIGQUIT, SIGHUP};
	init_signals set = 0;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct sigaction action;

		if (sigaction(numbers[i], NULL, &action) == 0 && action.sa_handler == SIG_DFL)
			set |= (init_signals)1 << (numbers[i] - 1);
	}
	return set & ~init_caller_mask;
}

void pause_or_end(int64_t ms)
{
	init_signals set = stops();
	struct timespec timeout = {ms / MS_PER_S, ms % MS_PER_S * NS_PER_MS};
	long n = syscall(SYS_rt_sigtimedwait, &set, NULL, ms == PAUSE_FOREVER ? NULL : &timeout,
			 sizeof(set));

	if (n > 0)
		_exit(128 + (int)n);
}
