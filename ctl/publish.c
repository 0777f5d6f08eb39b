/* smimectl publish: Publish to GAL, by itself. */
#include "publish.h"

#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/escape.h"
#include "interrupt.h"
#include "smime/blob_make.h"

static enum ctl_status
publish_all(struct publisher *publisher, const struct publish_jobs *jobs)
{
	enum ctl_status status = CTL_OK;
	size_t i;

	for (i = 0; i < jobs->count && !interrupt_came(); i++) {
		if (i > 0 && !publisher->request->options.json)
			putchar('\n');
		status = ctl_worse(status, publish_one(publisher, &jobs->items[i]));
	}
	return i < jobs->count ? CTL_INTERRUPTED : status;
}

static bool
open_ldif(struct publisher *publisher)
{
	if (publisher->request->ldif == NULL)
		return true;
	publisher->ldif = editing_create(publisher->request->ldif);
	return publisher->ldif != NULL;
}

static bool
close_ldif(struct publisher *publisher)
{
	bool closed = publisher->ldif == NULL || fclose(publisher->ldif) == 0;

	if (!closed)
		perror("smimectl: closing the LDIF file");
	return closed;
}

static enum ctl_status
publish_with(struct publisher *publisher, const struct publish_jobs *jobs)
{
	const struct publish_request *request = publisher->request;
	const struct config *config = publisher->snapshot->config;
	enum ctl_status status = CTL_USAGE;
	size_t i;

	for (i = 0; i < config->directory_count && i < PUBLISH_DIRECTORIES_MAX; i++)
		publisher->directories[i] =
		    editing_directory(&request->editing, &config->directories[i]);
	if (open_ldif(publisher))
		status = publish_all(publisher, jobs);
	if (!close_ldif(publisher))
		status = CTL_USAGE;
	for (i = 0; i < PUBLISH_DIRECTORIES_MAX; i++)
		writer_free(publisher->writers[i]);
	snapshot_unref(publisher->live);
	return status;
}

/* NULL: said what is wrong. */
static struct snapshot *
load(const struct publish_request *request, struct spool_space *space, enum ctl_status *status)
{
	struct config *config = ctl_config(&request->options);
	struct snapshot *snapshot = NULL;
	struct error err = ERROR_INIT;

	if (config == NULL || !editing_has_directory(&request->editing, config))
		goto done;
	if (config->directory_count > PUBLISH_DIRECTORIES_MAX) {
		error_set(&err, ERROR_LIMIT, "more than %d directories", PUBLISH_DIRECTORIES_MAX);
		ctl_fail(&err);
		goto done;
	}
	if (request->options.at != 0)
		clock_hold_wall(request->options.at);
	snapshot = judgement_snapshot(config, space, &err);
	if (snapshot == NULL)
		*status = ctl_fail(&err);
done:
	config_unref(config);
	return snapshot;
}

static enum ctl_status
publish(const struct publish_request *request, const struct publish_jobs *jobs)
{
	struct spool_space *space = spool_space_new(0);
	struct address sender = ADDRESS_INIT;
	struct error err = ERROR_INIT;
	X509_ALGORS *capabilities = blob_capabilities(request->capabilities, &err);
	struct publisher publisher = {
	    .request = request, .space = space, .sender = &sender, .capabilities = capabilities};
	enum ctl_status status = CTL_USAGE;

	interrupt_catch();
	signal(SIGPIPE, SIG_IGN); /* libldap's farewell to a server that is gone */
	if (space == NULL)
		error_no_memory(&err);
	if (space == NULL || capabilities == NULL ||
	    address_parse(request->from, &sender, &err) != 0) {
		status = ctl_fail(&err);
		goto done;
	}
	publisher.snapshot = load(request, space, &status);
	if (publisher.snapshot != NULL)
		status = publish_with(&publisher, jobs);
done:
	snapshot_unref(publisher.snapshot);
	address_free(&sender);
	sk_X509_ALGOR_pop_free(capabilities, X509_ALGOR_free);
	spool_space_free(space);
	return status;
}

static enum ctl_status
collect(const struct publish_request *request, int count, char **files)
{
	struct publish_jobs jobs = {NULL, 0};
	struct error err = ERROR_INIT;
	enum ctl_status status;
	int result = 0;
	int i;

	if (request->csv != NULL)
		result = publish_jobs_add_csv(&jobs, request->csv, &err);
	for (i = 0; i < count && result == 0; i++)
		result = publish_jobs_add(&jobs, files[i], &err);
	if (result != 0)
		status = ctl_fail(&err);
	else if (jobs.count > 1 && (request->address != NULL || request->dn != NULL ||
				       request->key != NULL || request->encrypt_to != NULL))
		status = ctl_usage(&ctl_publish,
		    "--address, --dn, --key and --encrypt-to are for one file; --csv has a column "
		    "for each");
	else
		status = publish(request, &jobs);
	publish_jobs_clear(&jobs);
	return status;
}

/* One option. false: said what is wrong. */
static bool
take_option(struct publish_request *request, int option, const char *value)
{
	const struct {
		int option;
		const char **place;
	} texts[] = {{'f', &request->from}, {'v', &request->csv}, {'l', &request->ldif},
	    {'k', &request->key}, {'i', &request->chain}, {'e', &request->encrypt_to},
	    {'m', &request->address}, {'n', &request->dn}, {'p', &request->password_file},
	    {'q', &request->capabilities}};
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(texts); i++) {
		if (option == texts[i].option) {
			*texts[i].place = value;
			return true;
		}
	}
	if (option == 'u')
		request->with_certificate = true;
	else if (option == 'r')
		request->replace = true;
	else if (!editing_option(&request->editing, option, value))
		return ctl_common_option(&ctl_publish, option, value, &request->options) == 1;
	return true;
}

static enum ctl_status
run(const struct ctl_options *defaults, int count, char **arguments)
{
	static const struct option known[] = {CTL_LONG_OPTIONS, EDITING_OPTIONS,
	    {"from", required_argument, NULL, 'f'}, {"csv", required_argument, NULL, 'v'},
	    {"ldif", required_argument, NULL, 'l'}, {"key", required_argument, NULL, 'k'},
	    {"chain", required_argument, NULL, 'i'}, {"encrypt-to", required_argument, NULL, 'e'},
	    {"address", required_argument, NULL, 'm'}, {"dn", required_argument, NULL, 'n'},
	    {"password-file", required_argument, NULL, 'p'},
	    {"capabilities", required_argument, NULL, 'q'},
	    {"with-certificate", no_argument, NULL, 'u'}, {"replace", no_argument, NULL, 'r'},
	    {NULL, 0, NULL, 0}};
	struct publish_request request = {.options = *defaults,
	    .from = JUDGEMENT_ANY_SENDER,
	    .capabilities = BLOB_CAPABILITIES_DEFAULT};
	int option;

	while ((option = getopt_long(count, arguments, CTL_SHORT_OPTIONS, known, NULL)) != -1) {
		if (!take_option(&request, option, optarg))
			return CTL_USAGE;
	}
	if (optind >= count && request.csv == NULL)
		return ctl_usage(&ctl_publish, "a file with a certificate is expected");
	if (request.ldif != NULL && request.editing.apply)
		return ctl_usage(&ctl_publish, "--ldif and --apply exclude each other");
	if (request.editing.apply && request.options.at != 0)
		return ctl_usage(
		    &ctl_publish, "--at and --apply exclude each other: it is used from now on");
	if (!editing_is_sound(&request.editing, &ctl_publish))
		return CTL_USAGE;
	return collect(&request, count - optind, arguments + optind);
}

const struct ctl_command ctl_publish = {
    "publish",
    "[-c FILE] [--json] [--at TIME] [--apply | --ldif FILE] [OPTION…]\n"
    "                        FILE… | FOLDER… | --csv FILE",
    "Publishes certificates in the directory, as Publish to GAL does",
    "      --apply              write to the directory; else only show what would be done\n"
    "      --ldif FILE          write change records for ldapmodify instead\n"
    "      --csv FILE           columns file, and if wanted address, dn, key, password-file\n"
    "      --key FILE           the private key (PEM), if it is not in FILE\n"
    "      --password-file FILE its first line opens FILE; else it is asked for\n"
    "      --chain FILE         CA certificates (PEM) to publish along\n"
    "      --encrypt-to FILE    another certificate than the signer's to encrypt to\n"
    "      --capabilities LIST  what the owner's software reads, best first\n"
    "                           (" BLOB_CAPABILITIES_DEFAULT ")\n"
    "      --with-certificate   publish userCertificate as well\n"
    "      --replace            in place of all that the entry publishes\n"
    "      --address ADDRESS    whose it is, if not of the certificate's first address\n"
    "      --dn DN              which entry, where several have the address\n"
    "      --directory TITLE    in this directory section only\n"
    "      --bind-dn DN, --bind-password-file FILE\n"
    "                           write as somebody else than the configuration's reader\n"
    "      --from ADDRESS       choose the rules as for mail from this sender\n"
    "\n"
    "With a private key (PKCS#12, PEM) a signed blob with the chain, the capabilities and the\n"
    "preference is made; without, userCertificate alone is published, and what old clients\n"
    "would fall back to is shown. What mail could not be encrypted to is refused. The entry is\n"
    "only written to if nobody else changed it meanwhile, and then looked up again.\n"
    "Exit status: 0 fine, 1 one can't be used, 2 usage, configuration or file, 75 try again.\n"
    "\n"
    "Examples:\n"
    "  smimectl publish anna.p12\n"
    "  smimectl publish --apply --bind-dn cn=writer,dc=x --bind-password-file pw anna.p12\n"
    "  smimectl publish --ldif gal.ldif --password-file pw /var/lib/enrolment\n",
    run,
};
