/*
 * Makes a userSMIMECertificate value (RFC 2798 2.8): SignedData that carries a chain and the
 * capabilities asked for. The openssl command can only sign with its own list of capabilities.
 *
 * make_blob -s CERT -k KEY [-C NAME,NAME…] [-a CERTS]… [-p CERT] [-d DIGEST] [-t TEXT] [-M] -o FILE
 *   -s, -k  signer and its key (PEM)          -a  further certificates to embed (PEM, several)
 *   -C      capabilities, as below            -p  the certificate to encrypt to (encrypKeyPref)
 *   -d      digest; default sha256            -M  Microsoft's preference attribute beside it
 *   -t      content; default: none, as RFC 2798 recommends
 */
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* RSAES-OAEP as a capability: default parameters, and SHA-256 (RFC 3560 section 5). */
static const unsigned char oaep[] = {
    0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x07, 0x30, 0x00};
static const unsigned char oaep_sha256[] = {0x30, 0x38, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7,
    0x0d, 0x01, 0x01, 0x07, 0x30, 0x2b, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03,
    0x04, 0x02, 0x01, 0x05, 0x00, 0x30, 0x1a, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
    0x01, 0x08, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00};

static const struct {
	const char *name;
	int nid;
	int bits; /* the parameter, where there is one */
} ciphers[] = {
    {"aes256-gcm", NID_aes_256_gcm, 0},
    {"aes128-gcm", NID_aes_128_gcm, 0},
    {"aes256-cbc", NID_aes_256_cbc, 0},
    {"aes192-cbc", NID_aes_192_cbc, 0},
    {"aes128-cbc", NID_aes_128_cbc, 0},
    {"3des", NID_des_ede3_cbc, 0},
    {"rc2-128", NID_rc2_cbc, 128},
    {"rc2-64", NID_rc2_cbc, 64},
    {"des-cbc", NID_des_cbc, 0},
    {"rc2-40", NID_rc2_cbc, 40},
};

struct request {
	const char *signer, *key, *preferred, *digest, *text, *output;
	char *capabilities;
	bool microsoft;
	STACK_OF(X509) * certificates;
};

_Noreturn static void
die(const char *what)
{
	fprintf(stderr, "make_blob: %s\n", what);
	ERR_print_errors_fp(stderr);
	exit(EXIT_FAILURE);
}

static X509 *
read_certificate(const char *path)
{
	BIO *in = BIO_new_file(path, "r");
	X509 *certificate = in != NULL ? PEM_read_bio_X509(in, NULL, NULL, NULL) : NULL;

	if (certificate == NULL)
		die(path);
	BIO_free(in);
	return certificate;
}

static void
read_certificates(const char *path, STACK_OF(X509) * into)
{
	BIO *in = BIO_new_file(path, "r");
	X509 *certificate;

	if (in == NULL)
		die(path);
	while ((certificate = PEM_read_bio_X509(in, NULL, NULL, NULL)) != NULL)
		if (sk_X509_push(into, certificate) <= 0)
			die("memory");
	ERR_clear_error(); /* the end of the file is one */
	BIO_free(in);
}

static EVP_PKEY *
read_key(const char *path)
{
	BIO *in = BIO_new_file(path, "r");
	EVP_PKEY *key = in != NULL ? PEM_read_bio_PrivateKey(in, NULL, NULL, NULL) : NULL;

	if (key == NULL)
		die(path);
	BIO_free(in);
	return key;
}

static void
add_encoded(STACK_OF(X509_ALGOR) * list, const unsigned char *der, size_t size)
{
	X509_ALGOR *algorithm = d2i_X509_ALGOR(NULL, &der, (long)size);

	if (algorithm == NULL || sk_X509_ALGOR_push(list, algorithm) <= 0)
		die("capability");
}

static void
add_capability(STACK_OF(X509_ALGOR) * *list, const char *name)
{
	if (strcmp(name, "oaep") == 0) {
		add_encoded(*list, oaep, sizeof(oaep));
		return;
	}
	if (strcmp(name, "oaep-sha256") == 0) {
		add_encoded(*list, oaep_sha256, sizeof(oaep_sha256));
		return;
	}
	for (size_t i = 0; i < sizeof(ciphers) / sizeof(ciphers[0]); i++)
		if (strcmp(name, ciphers[i].name) == 0) {
			if (!CMS_add_simple_smimecap(list, ciphers[i].nid, ciphers[i].bits))
				die(name);
			return;
		}
	die(name);
}

static void
add_capabilities(CMS_SignerInfo *signer, char *names)
{
	STACK_OF(X509_ALGOR) *list = sk_X509_ALGOR_new_null();
	char *rest = NULL;

	for (char *name = strtok_r(names, ",", &rest); name != NULL;
	     name = strtok_r(NULL, ",", &rest))
		add_capability(&list, name);
	if (!CMS_add_smimecap(signer, list))
		die("capabilities");
	sk_X509_ALGOR_pop_free(list, X509_ALGOR_free);
}

/* SMIMEEncryptionKeyPreference, the first choice: [0] IMPLICIT IssuerAndSerialNumber (RFC 8551
 * 2.5.3); Microsoft's is the bare sequence. */
static void
add_preference(CMS_SignerInfo *signer, const X509 *preferred, bool microsoft)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(preferred);
	X509_NAME *issuer = X509_get_issuer_name(preferred);
	int inner = i2d_X509_NAME(issuer, NULL) + i2d_ASN1_INTEGER(serial, NULL);
	int size = ASN1_object_size(1, inner, 0);
	unsigned char *der = OPENSSL_malloc((size_t)size), *p = der;

	if (der == NULL)
		die("memory");
	ASN1_put_object(&p, 1, inner, microsoft ? V_ASN1_SEQUENCE : 0,
	    microsoft ? V_ASN1_UNIVERSAL : V_ASN1_CONTEXT_SPECIFIC);
	i2d_X509_NAME(issuer, &p);
	i2d_ASN1_INTEGER(serial, &p);
	/* Under "sequence" OpenSSL writes the bytes as they are, tag included. */
	if (!CMS_signed_add1_attr_by_txt(signer,
		microsoft ? "1.3.6.1.4.1.311.16.4" : "1.2.840.113549.1.9.16.2.11", V_ASN1_SEQUENCE,
		der, size))
		die("preference");
	OPENSSL_free(der);
}

static CMS_ContentInfo *
sign(const struct request *request)
{
	const unsigned int flags =
	    CMS_BINARY | CMS_PARTIAL | CMS_NOSMIMECAP | (request->text == NULL ? CMS_DETACHED : 0);
	X509 *certificate = read_certificate(request->signer);
	EVP_PKEY *key = read_key(request->key);
	const EVP_MD *digest = EVP_get_digestbyname(request->digest);
	const char *text = request->text != NULL ? request->text : "";
	BIO *content = BIO_new_mem_buf(text, (int)strlen(text));
	CMS_ContentInfo *cms = CMS_sign(NULL, NULL, request->certificates, NULL, flags);
	CMS_SignerInfo *signer;

	if (cms == NULL || content == NULL || digest == NULL)
		die("CMS");
	signer = CMS_add1_signer(cms, certificate, key, digest, flags);
	if (signer == NULL)
		die("signer");
	if (request->capabilities != NULL)
		add_capabilities(signer, request->capabilities);
	if (request->preferred != NULL) {
		X509 *preferred = read_certificate(request->preferred);

		add_preference(signer, preferred, false);
		if (request->microsoft)
			add_preference(signer, preferred, true);
		X509_free(preferred);
	}
	if (!CMS_final(cms, content, NULL, flags))
		die("signature");
	BIO_free(content);
	EVP_PKEY_free(key);
	X509_free(certificate);
	return cms;
}

static void
read_options(int argc, char **argv, struct request *request)
{
	for (int option; (option = getopt(argc, argv, "s:k:C:a:p:d:t:Mo:")) != -1;)
		switch (option) {
		case 's':
			request->signer = optarg;
			break;
		case 'k':
			request->key = optarg;
			break;
		case 'C':
			request->capabilities = optarg;
			break;
		case 'a':
			read_certificates(optarg, request->certificates);
			break;
		case 'p':
			request->preferred = optarg;
			break;
		case 'd':
			request->digest = optarg;
			break;
		case 't':
			request->text = optarg;
			break;
		case 'M':
			request->microsoft = true;
			break;
		case 'o':
			request->output = optarg;
			break;
		default:
			exit(2);
		}
	if (request->signer == NULL || request->key == NULL || request->output == NULL)
		die("-s, -k and -o are needed");
}

int
main(int argc, char **argv)
{
	struct request request = {.digest = "sha256", .certificates = sk_X509_new_null()};
	CMS_ContentInfo *cms;
	BIO *out;

	read_options(argc, argv, &request);
	cms = sign(&request);
	out = BIO_new_file(request.output, "wb");
	if (out == NULL || i2d_CMS_bio(out, cms) <= 0 || BIO_flush(out) <= 0)
		die(request.output);
	BIO_free(out);
	CMS_ContentInfo_free(cms);
	sk_X509_pop_free(request.certificates, X509_free);
	return EXIT_SUCCESS;
}
