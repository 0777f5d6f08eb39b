/*
 * What the libraries of this room need before anything else of it is used. Programs call
 * mail_startup() once, before other threads start; everything else of the room is then safe from
 * many threads on separate values.
 */
#ifndef SMIME_MAIL_STARTUP_H
#define SMIME_MAIL_STARTUP_H

void mail_startup(void);

/* Frees what startup made, so that leak checkers see an empty house. At the end, or never. */
void mail_shutdown(void);

#endif
