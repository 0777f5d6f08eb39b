/* What a parsed certificate takes of the memory: one of 100 KB may take 2.5 MB. */
#include "smime/certificate_size.h"

#include <string.h>

#include "smime/tlv.h"

/* The object itself, its key, and what the allocator adds. */
#define BASE_SIZE ((size_t)4 << 10)
/* OpenSSL keeps what was encoded, and copies of parts of it. */
#define ENCODED_COPIES 3
/* Of a name, each attribute; and each extension. */
#define ITEM_SIZE ((size_t)256)
/* Of an extension that it has decoded (alternative names, say), each value, however short. */
#define VALUE_SIZE ((size_t)128)

static int
count_value(void *context, unsigned int depth UNUSED, unsigned char tag UNUSED,
    const unsigned char *header UNUSED, size_t size UNUSED, struct error *err UNUSED)
{
	size_t *count = context;

	(*count)++;
	return 0;
}

static int
pass_contents(void *context UNUSED, const unsigned char *bytes UNUSED, size_t size UNUSED,
    struct error *err UNUSED)
{
	return 0;
}

static int
pass_end(void *context UNUSED, unsigned int depth UNUSED, const unsigned char *trailer UNUSED,
    size_t size UNUSED, struct error *err UNUSED)
{
	return 0;
}

/* The values in an extension, those within others, too. */
static size_t
count_values(const ASN1_OCTET_STRING *extension)
{
	static const struct tlv_handler handler = {count_value, pass_contents, pass_end};
	size_t size = (size_t)ASN1_STRING_length(extension);
	size_t count = 0;
	size_t used;
	struct tlv tlv;

	tlv_init(&tlv, &handler, &count);
	if (tlv_read(&tlv, ASN1_STRING_get0_data(extension), size, &used, NULL) != 0)
		return size / 2; /* what can't be read to its end: no value is shorter than this */
	return count;
}

static size_t
size_of_mailbox(const char *text)
{
	return sizeof(char *) + sizeof(struct address) + 3 * (strlen(text) + 16);
}

size_t
certificate_size(const struct certificate *certificate)
{
	X509 *x509 = certificate->x509;
	int encoded = i2d_X509(x509, NULL);
	size_t size = sizeof(*certificate) + BASE_SIZE;
	int i;

	size += ENCODED_COPIES * (encoded > 0 ? (size_t)encoded : CERTIFICATE_SIZE_MAX);
	size += ITEM_SIZE * (size_t)X509_NAME_entry_count(X509_get_subject_name(x509));
	size += ITEM_SIZE * (size_t)X509_NAME_entry_count(X509_get_issuer_name(x509));
	size += strlen(certificate->subject) + strlen(certificate->issuer);
	for (i = 0; i < X509_get_ext_count(x509); i++)
		size += ITEM_SIZE +
			VALUE_SIZE * count_values(X509_EXTENSION_get_data(X509_get_ext(x509, i)));
	for (i = 0; i < (int)certificate->address_count; i++)
		size += size_of_mailbox(certificate->addresses[i]);
	return size;
}
