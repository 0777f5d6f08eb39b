#include "mail/startup.h"

#include <gmime/gmime.h>

void
mail_startup(void)
{
	g_mime_init();
}

void
mail_shutdown(void)
{
	g_mime_shutdown();
}
