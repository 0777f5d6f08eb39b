#include "interrupt.h"

#include <signal.h>
#include <string.h>

#include "base/compiler.h"

static volatile sig_atomic_t came;

static void
on_signal(int number UNUSED)
{
	came = 1;
}

void
interrupt_catch(void)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = on_signal;
	action.sa_flags = (int)(SA_RESTART | SA_RESETHAND);
	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

bool
interrupt_came(void)
{
	return came != 0;
}
