/* One certificate, read, and its place in the directory: what would have to be changed there. */
#include <openssl/crypto.h>
#include <openssl/ui.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/secret.h"
#include "publish.h"
#include "smime/blob.h"
#include "smime/blob_make.h"

static const char *
choose(const char *own, const char *all)
{
	return own != NULL ? own : all;
}

/* From the file that is named, or at the terminal. */
static int
ask_password(void *context, const char *path, char *password, struct error *err)
{
	const char *file = context;
	char prompt[300];
	char safe[250];

	if (file != NULL)
		return secret_read_line(file, password, KEY_FILE_PASSWORD_MAX, err);
	if (!isatty(STDIN_FILENO))
		return error_set(err, ERROR_INPUT,
		    "%s is encrypted, and nobody is there to enter its password: "
		    "--password-file FILE",
		    path);
	snprintf(prompt, sizeof(prompt),
	    "Password of %s: ", escape_text(ESCAPE_TERMINAL, path, safe, sizeof(safe)));
	if (EVP_read_pw_string(password, KEY_FILE_PASSWORD_MAX, prompt, 0) == 0)
		return 0;
	return error_set(err, ERROR_INPUT, "no password for %s", path);
}

/* What mail is encrypted to: the signer's certificate, unless another one is named. */
static int
read_encrypt_to(
    const struct publish_request *request, struct publication *publication, struct error *err)
{
	struct key_file other;

	if (request->encrypt_to == NULL) {
		publication->certificate =
		    certificate_from_x509(publication->key_file.certificate, err);
		return publication->certificate != NULL ? 0 : -1;
	}
	if (key_file_read(request->encrypt_to, NULL, ask_password, NULL, &other, err) != 0)
		return -1;
	publication->certificate = certificate_from_x509(other.certificate, err);
	key_file_clear(&other);
	return publication->certificate != NULL ? 0 : -1;
}

static int
read_files(
    const struct publish_request *request, struct publication *publication, struct error *err)
{
	const struct publish_job *job = publication->job;
	const char *password_file = choose(job->password_file, request->password_file);

	if (key_file_read(job->file, choose(job->key, request->key), ask_password,
		(void *)password_file, &publication->key_file, err) != 0)
		return -1;
	if (request->chain != NULL &&
	    key_file_add_chain(&publication->key_file, request->chain, err) != 0)
		return -1;
	return read_encrypt_to(request, publication, err);
}

static bool
covers(const struct config_directory *directory, const struct address *address)
{
	return address_domain_is_covered(
	    address->domain, directory->domains.items, directory->domains.count);
}

/* The address that is named, or else the first of the certificate's that some directory is for. */
static int
find_address(const struct publisher *publisher, struct publication *publication, struct error *err)
{
	const struct publish_request *request = publisher->request;
	const struct config *config = publisher->snapshot->config;
	const struct certificate *certificate = publication->certificate;
	const char *given = choose(publication->job->address, request->address);
	size_t i;
	size_t d;

	if (given != NULL)
		return address_parse(given, &publication->address, err);
	for (i = 0; i < certificate->address_count; i++) {
		for (d = 0; d < config->directory_count; d++) {
			if (certificate->mailboxes[i].text != NULL &&
			    editing_is_asked(&request->editing, &config->directories[d]) &&
			    covers(&config->directories[d], &certificate->mailboxes[i]))
				return address_copy(
				    &certificate->mailboxes[i], &publication->address, err);
		}
	}
	return error_set(err, ERROR_INPUT,
	    certificate->address_count == 0
		? "the certificate names no address: --address says whose it is"
		: "no directory is for the domain of the certificate's address (%s)",
	    certificate->address_count > 0 ? certificate->addresses[0] : "");
}

/* The first directory for the address that has an entry for it. */
static int
find_entry(struct publisher *publisher, struct publication *publication, struct error *err)
{
	const struct publish_request *request = publisher->request;
	const struct config *config = publisher->snapshot->config;
	const char *dn = choose(publication->job->dn, request->dn);
	bool exact = config->local_part == LOCAL_PART_EXACT;
	size_t d;
	int found;

	for (d = 0; d < config->directory_count; d++) {
		if (!editing_is_asked(&request->editing, &config->directories[d]) ||
		    !covers(&config->directories[d], &publication->address))
			continue;
		publication->directory = d;
		found = editing_find(&publisher->directories[d], &publication->address, exact, dn,
		    &publication->census, &publication->entry, err);
		if (found != 0)
			return found == 1 ? 0 : -1;
	}
	return error_set(
	    err, ERROR_INPUT, "no directory has an entry for %s", publication->address.text);
}

/* Values of the entry that what comes takes the place of: all with --replace; else blobs that were
 * published for the very same certificate. */
static void
remove_old(const struct publish_request *request, struct publication *publication)
{
	const struct census_entry *entry = publication->entry;
	const struct census_value *value;
	struct blob *blob;
	size_t i;

	for (i = 0; i < entry->value_count; i++) {
		value = &entry->values[i];
		if (value->kind == FINDING_CA || value->value == NULL)
			continue;
		if (request->replace) {
			change_remove(publication->change, value);
			continue;
		}
		if (value->kind != FINDING_BLOB || publication->blob == NULL)
			continue;
		blob = blob_read(value->value, value->size, NULL);
		if (blob != NULL && blob->signer != NULL &&
		    X509_cmp(blob->signer, publication->key_file.certificate) == 0)
			change_remove(publication->change, value);
		blob_free(blob);
	}
}

static int
make_blob(const struct publisher *publisher, struct publication *publication, struct error *err)
{
	const struct blob_recipe recipe = {.signer = publication->key_file.certificate,
	    .key = publication->key_file.key,
	    .encrypt_to = publication->certificate->x509,
	    .chain = publication->key_file.others,
	    .capabilities = publisher->capabilities};

	if (publication->key_file.key == NULL)
		return 0;
	return blob_make(&recipe, &publication->blob, &publication->blob_size, err);
}

/* The change of the entry, as yet in memory. */
static int
make_change(const struct publisher *publisher, struct publication *publication, struct error *err)
{
	const struct publish_request *request = publisher->request;
	unsigned char *der = NULL;
	int result = 0;
	int size;

	publication->change =
	    change_new(&publisher->directories[publication->directory], publication->entry, err);
	if (publication->change == NULL || make_blob(publisher, publication, err) != 0)
		return -1;
	remove_old(request, publication);
	if (publication->blob != NULL)
		result = change_add(publication->change, FINDING_BLOB, publication->blob,
		    publication->blob_size, err);
	if (result != 0 || (publication->blob != NULL && !request->with_certificate))
		return result;
	size = i2d_X509(publication->certificate->x509, &der);
	if (size <= 0)
		return error_no_memory(err);
	result = change_add(publication->change, FINDING_CERTIFICATE, der, (size_t)size, err);
	OPENSSL_free(der);
	return result;
}

int
publish_prepare(struct publisher *publisher, struct publication *publication, struct error *err)
{
	if (read_files(publisher->request, publication, err) != 0 ||
	    find_address(publisher, publication, err) != 0 ||
	    find_entry(publisher, publication, err) != 0)
		return -1;
	return make_change(publisher, publication, err);
}
