/*
 * An LDAP server that does as it is told, on a thread of its own: for what a real one would not do
 * on demand. Understands just enough: bind, search, unbind, abandon.
 */
#ifndef SMIME_TESTS_FAKE_SERVER_H
#define SMIME_TESTS_FAKE_SERVER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#define FAKE_CLIENTS_MAX 40
#define FAKE_HELD_MAX 200
#define FAKE_EACH_BYTE (-1)

enum fake_mode {
	FAKE_ANSWERS,  /* one entry, named as the base asked for, and success */
	FAKE_DRIPS,    /* the same, its first bytes one by one: `drops`, each after `drop_ms` */
	FAKE_SILENT,   /* takes everything, binds too, says nothing */
	FAKE_HOLDS,    /* keeps searches until the mode changes */
	FAKE_HANGS_UP, /* one entry, then the end of the connection */
	FAKE_ENDS,     /* a notice of disconnection */
	FAKE_GREETS,   /* answers for the root DSE, and ends the connection over anything else */
	FAKE_BUSY,
	FAKE_LIMITED,  /* one entry, and sizeLimitExceeded */
	FAKE_NOTHING,  /* noSuchObject */
	FAKE_REFERS,   /* one entry, `references` to `refer` with a base, and success */
	FAKE_REFERRAL, /* the result is a referral to `refer` */
	FAKE_DEEPER,   /* as FAKE_REFERRAL, each time to another base */
	FAKE_FLOODS,   /* entries without an end, faster than they can be taken */
};

struct fake_client {
	int fd;
	int number; /* of the connection */
	unsigned char input[16384];
	size_t size;
	int outstanding;
};

struct fake_held {
	int fd;
	int id;
};

struct fake {
	int listener;
	int port;
	char uri[120];
	pthread_t thread;
	atomic_int mode;
	atomic_int stop;
	atomic_int mute_until;  /* connections up to this number get no answer */
	atomic_int refuse;      /* takes connections only to close them */
	atomic_int deaf;        /* reads nothing meanwhile */
	atomic_int locked;      /* binds nobody */
	atomic_int drop;        /* closes all connections, once */
	atomic_int cut;         /* see fake_send_cut(); for a server at a path */
	atomic_int said;        /* bytes, on the last connection */
	atomic_int connections; /* ever made */
	atomic_int open;
	atomic_int binds;
	atomic_int searches;  /* but for the root DSE's */
	atomic_int greetings; /* searches of the root DSE */
	atomic_int aliases;   /* to follow (derefAliases), and limits of the last search */
	atomic_int entries_limit;
	atomic_int seconds_limit;
	atomic_int abandoned;
	atomic_int held;
	atomic_int most;   /* searches at a time on one connection */
	const char *refer; /* before the first search */
	int references;
	int drops; /* before the first search */
	int drop_ms;
	bool drops_stall; /* after these nothing comes, until the mode is another */
	struct fake_client clients[FAKE_CLIENTS_MAX];
	struct fake_held holds[FAKE_HELD_MAX];
	char base[100];              /* of the request in hand */
	unsigned char controls[200]; /* the same: they come back with a result */
	size_t controls_size;
};

/* A port of loopback where nobody listens (for now). */
int fake_port(void);

/* Listens on the port (0: any), or on a socket at path, and starts. Fails the test on error. */
void fake_start(struct fake *fake, int port, const char *path);
void fake_stop(struct fake *fake);

/* Sends to a socket of this machine (AF_UNIX). cut: where in all that is said, of which `said` bytes were
 * before, a piece ends; FAKE_EACH_BYTE: each is one; 0: as it comes. Pieces go out once what was before
 * them is read. */
void fake_send_cut(int fd, const void *bytes, size_t size, int cut, size_t said);

#endif
