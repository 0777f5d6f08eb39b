#include "scene.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

const enum cipher_id scene_modern[] = {CIPHER_AES256_CBC, CIPHER_AES192_CBC, CIPHER_AES128_CBC,
    CIPHER_DES3, CIPHER_RC2_40, CIPHER_UNKNOWN};
const enum cipher_id scene_nothing[] = {CIPHER_UNKNOWN};

static const enum cipher_id des3[] = {CIPHER_DES3, CIPHER_RC2_40, CIPHER_UNKNOWN};
static const enum cipher_id rc2[] = {CIPHER_RC2_40, CIPHER_UNKNOWN};

static char file[] = "test.conf";
static char directory[] = "gal";
static char dn[] = "cn=somebody,dc=example";
static char attribute[] = "userSMIMECertificate";
static char subject[] = "CN=Somebody,O=Example";
static char issuer[] = "CN=Example Issuing CA,O=Example";

void
scene_init(struct scene *scene)
{
	memset(scene, 0, sizeof(*scene));
	scene->config.file = file;
	scene->config.policy.mode = MODE_ENFORCE;
	scene->config.policy.floor = cipher_get(CIPHER_AES128_CBC);
	scene->config.policy.assumed_cipher = cipher_get(CIPHER_AES256_CBC);
	scene->config.policy.client_malformed = FINDING_WARN;
	scene->config.policy.signature_partial = FINDING_WARN;
	scene->config.policy.signature_unverified = FINDING_WARN;
	scene->config.policy.signer_expired = FINDING_WARN;
	scene->config.policy.signer_untrusted = FINDING_WARN;
	scene->config.policy.signer_mismatch = FINDING_WARN;
	scene->config.policy.signer_unfit = FINDING_WARN;
	scene->config.rules = scene->rules;
	scene->facts.config = &scene->config;
	scene->facts.recipients = scene->recipients;
}

/* Nothing under test asks for the local part alone but address_equal(). */
static struct address
address_of(const char *text, char copy[64], char domain[64])
{
	snprintf(copy, 64, "%s", text);
	snprintf(domain, 64, "%s", strrchr(text, '@') + 1);
	return (struct address){copy, copy, domain};
}

size_t
scene_add(struct scene *scene, const char *address, enum config_encrypt encrypt)
{
	size_t i = scene->facts.recipient_count++;

	scene->addresses[i] = address_of(address, scene->texts[i], scene->domains[i]);
	snprintf(scene->titles[i], sizeof(scene->titles[i]), "rule-%zu", i);
	scene->rules[i].title = scene->titles[i];
	scene->rules[i].encrypt = encrypt;
	scene->rules[i].policy = scene->config.policy;
	scene->config.rule_count = i + 1;
	scene->records[i].address = scene->texts[i];
	scene->records[i].state = RECIPIENT_NONE;
	scene->records[i].digital_ids = scene->ids[i];
	scene->recipients[i].address = &scene->addresses[i];
	scene->recipients[i].envelope = &scene->addresses[i];
	scene->recipients[i].rule = &scene->rules[i];
	scene->recipients[i].record = &scene->records[i];
	scene->recipients[i].asked = true;
	scene->recipients[i].visible = true;
	return i;
}

void
scene_member(struct scene *scene, size_t recipient, const char *group)
{
	scene->groups[recipient] =
	    address_of(group, scene->group_texts[recipient], scene->group_domains[recipient]);
	scene->recipients[recipient].envelope = &scene->groups[recipient];
	scene->recipients[recipient].member = true;
}

void
scene_nameless(struct scene *scene, size_t recipient, const char *group, const char *dn_text)
{
	scene_member(scene, recipient, group);
	snprintf(scene->texts[recipient], sizeof(scene->texts[recipient]), "%s", group);
	snprintf(scene->details[recipient], sizeof(scene->details[recipient]), "%s", dn_text);
	scene->records[recipient].detail = scene->details[recipient];
	scene->recipients[recipient].address = scene->recipients[recipient].envelope;
}

void
scene_without_rule(struct scene *scene, size_t recipient)
{
	scene->recipients[recipient].rule = NULL;
	scene->recipients[recipient].record = NULL;
	scene->recipients[recipient].asked = false;
}

static struct certificate *
scene_certify(struct scene *scene, size_t recipient, size_t k)
{
	struct certificate *certificate = &scene->certificates[recipient][k];

	snprintf(scene->serials[recipient][k], 16, "5EA1%02zX%02zX", recipient, k);
	certificate->subject = subject;
	certificate->issuer = issuer;
	certificate->serial = scene->serials[recipient][k];
	snprintf(certificate->sha256, sizeof(certificate->sha256), "%064zx", recipient * 16 + k);
	certificate->not_before = clock_wall() - 300 * (time_t)SCENE_DAY;
	certificate->not_after = clock_wall() + 60 * (time_t)SCENE_DAY;
	return certificate;
}

struct digital_id *
scene_publish(struct scene *scene, size_t recipient, enum reason_id verdict,
    enum capabilities_source from, const enum cipher_id *ciphers)
{
	size_t k = scene->records[recipient].digital_id_count++;
	struct digital_id *id = &scene->ids[recipient][k];

	scene->records[recipient].state = RECIPIENT_FOUND;
	id->certificate = scene_certify(scene, recipient, k);
	id->directory = directory;
	id->dn = dn;
	id->attribute = attribute;
	id->verdict = verdict;
	id->failed_depth = -1;
	id->revocation = "unknown";
	id->capabilities.from = from;
	for (; *ciphers != CIPHER_UNKNOWN; ciphers++)
		id->capabilities.ciphers[id->capabilities.cipher_count++] = *ciphers;
	return id;
}

struct digital_id *
scene_publish_modern(struct scene *scene, size_t recipient)
{
	return scene_publish(scene, recipient, REASON_OK, CAPABILITIES_SIGNED, scene_modern);
}

void
scene_enveloped(struct scene *scene, enum cipher_id cipher)
{
	size_t i;

	scene->facts.content = CONTENT_ENVELOPED;
	scene->body = (struct layer){
	    .type = LAYER_ENVELOPED, .parent = LAYER_NO_PARENT, .cipher = cipher_get(cipher)};
	snprintf(scene->body.cipher_text, sizeof(scene->body.cipher_text), "%s",
	    scene->body.cipher->title);
	scene->facts.body = &scene->body;
	for (i = 0; i < SCENE_RECIPIENTS; i++)
		scene->recipients[i].addressed = scene->addressed[i];
}

void
scene_find(struct scene *scene, size_t i, enum scene_finding finding)
{
	static const struct {
		enum scene_finding finding;
		enum reason_id verdict;
	} verdicts[] = {
	    {FOUND_EXPIRED, REASON_EXPIRED},
	    {FOUND_UNTRUSTED, REASON_UNTRUSTED_ISSUER},
	    {FOUND_REVOKED, REASON_REVOKED},
	    {FOUND_WEAK_KEY, REASON_WEAK_KEY},
	    {FOUND_KEY_UNSUPPORTED, REASON_KEY_UNSUPPORTED},
	    {FOUND_MALFORMED, REASON_MALFORMED},
	    {FOUND_NO_REVOCATION, REASON_REVOCATION_UNAVAILABLE},
	};
	size_t k;

	for (k = 0; k < ARRAY_LENGTH(verdicts); k++) {
		if (verdicts[k].finding == finding)
			scene_publish(
			    scene, i, verdicts[k].verdict, CAPABILITIES_SIGNED, scene_modern);
	}
	if (finding == FOUND_MALFORMED)
		scene->ids[i][0].certificate = NULL;
	if (finding == FOUND_USABLE)
		scene_publish_modern(scene, i);
	if (finding == FOUND_DES3 || finding == FOUND_RC2)
		scene_publish(
		    scene, i, REASON_OK, CAPABILITIES_SIGNED, finding == FOUND_DES3 ? des3 : rc2);
	if (finding == FOUND_NO_CAPABILITIES || finding == FOUND_ASSUMED)
		scene_publish(scene, i, REASON_OK, CAPABILITIES_NONE, scene_nothing);
	if (finding == FOUND_NO_CAPABILITIES)
		scene->rules[i].policy.unknown_capabilities = UNKNOWN_REFUSE;
	if (finding == FOUND_NO_VALUE)
		scene->records[i].state = RECIPIENT_FOUND;
	if (finding == FOUND_NO_DIRECTORY)
		scene->records[i].state = RECIPIENT_UNAVAILABLE;
	if (finding == FOUND_NO_ANSWER || finding == FOUND_NOT_ASKED)
		scene->recipients[i].record = NULL;
	if (finding == FOUND_NOT_ASKED)
		scene->recipients[i].asked = false;
}
