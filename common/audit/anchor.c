#include "audit/audit.h"
#include "audit/json.h"
#include "smime/trust.h"

json_t *
audit_anchor_json(const struct trust_anchor *anchor)
{
	static const char *const origins[] = {
	    [TRUST_CONFIGURED] = "configured",
	    [TRUST_PUBLISHED] = "directory",
	    [TRUST_ADDED] = "added",
	};
	struct certificate *certificate = certificate_from_x509(anchor->x509, NULL);
	json_t *object = json_object();
	json_t *domains = json_array();
	size_t i;

	for (i = 0; i < anchor->domain_count; i++)
		audit_append(&domains, audit_text_json(anchor->domains[i]));
	audit_put(&object, "section", audit_text_json(anchor->section));
	audit_put(&object, "domains", domains);
	audit_put(&object, "origin", json_string(origins[anchor->origin]));
	audit_put_certificate(&object, certificate);
	certificate_unref(certificate);
	return object;
}
