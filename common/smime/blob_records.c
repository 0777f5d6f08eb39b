#include "smime/blob_records.h"

#include <openssl/x509.h>

/*
 * MS-OXLDAP 2.2.5.2 and MS-OXOABK 2.2.4.36: TAG(2) LENGTH(2) DATA, the length with its own four
 * bytes. The texts leave the byte order open. Little endian is what its makers' machines have; the
 * other is taken where only that makes the records fill the value exactly.
 */
#define RECORD_HEADER 4

enum record_tag {
	RECORD_KEY_EXCHANGE = 0x0003, /* the certificate to encrypt to */
	RECORD_CHAIN = 0x0004,
	RECORD_SIGNING = 0x0008,
};

struct record {
	unsigned int tag;
	const unsigned char *data;
	size_t size;
};

static unsigned int
two_bytes(const unsigned char *bytes, bool big_endian)
{
	if (big_endian)
		return (unsigned int)bytes[0] << 8 | bytes[1];
	return (unsigned int)bytes[1] << 8 | bytes[0];
}

/* The record at the front of size bytes; the length of the whole, or 0 if there is none. */
static size_t
next_record(const unsigned char *bytes, size_t size, bool big_endian, struct record *record)
{
	size_t length;

	if (size < RECORD_HEADER)
		return 0;
	length = two_bytes(bytes + 2, big_endian);
	if (length < RECORD_HEADER || length > size)
		return 0;
	record->tag = two_bytes(bytes, big_endian);
	record->data = bytes + RECORD_HEADER;
	record->size = length - RECORD_HEADER;
	return length;
}

static bool
records_fill(const unsigned char *value, size_t size, bool big_endian)
{
	struct record record;
	size_t length;
	int count;

	for (count = 0; size > 0 && count < BLOB_RECORDS_MAX; count++) {
		length = next_record(value, size, big_endian, &record);
		if (length == 0)
			return false;
		value += length;
		size -= length;
	}
	return size == 0;
}

/* Keeps the certificate of a record; what is none is passed over like an unknown tag. */
static int
add_certificate(struct blob *blob, const struct record *record, struct error *err)
{
	const unsigned char *end = record->data;
	X509 *x509 = d2i_X509(NULL, &end, (long)record->size);

	if (x509 == NULL || end != record->data + record->size) {
		X509_free(x509);
		return 0;
	}
	if (!sk_X509_push(blob->certificates, x509)) {
		X509_free(x509);
		return error_no_memory(err);
	}
	if (record->tag == RECORD_KEY_EXCHANGE && blob->preferred == NULL)
		blob->preferred = x509;
	return 0;
}

int
blob_records_read(struct blob *blob, const unsigned char *value, size_t size, struct error *err)
{
	struct record record = {0, NULL, 0};
	bool big_endian = !records_fill(value, size, false);
	size_t length;

	blob->form = BLOB_RECORDS;
	if (big_endian && !records_fill(value, size, true))
		return error_set(err, ERROR_INPUT, "neither SignedData nor a list of records");
	blob->certificates = sk_X509_new_null();
	if (blob->certificates == NULL)
		return error_no_memory(err);
	while ((length = next_record(value, size, big_endian, &record)) > 0) {
		value += length;
		size -= length;
		if (record.tag != RECORD_KEY_EXCHANGE && record.tag != RECORD_CHAIN &&
		    record.tag != RECORD_SIGNING)
			continue;
		if (add_certificate(blob, &record, err) != 0)
			return -1;
	}
	return 0;
}
