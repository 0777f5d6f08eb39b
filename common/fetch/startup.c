#include "fetch/startup.h"

#include <curl/curl.h>

int
fetch_startup(struct error *err)
{
	const curl_version_info_data *version;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return error_set(err, ERROR_INTERNAL, "libcurl can't be started");
	version = curl_version_info(CURLVERSION_NOW);
	/* pkg-config saw the one we were built with; this is the one that runs. */
	if (version->version_num < 0x075500)
		return error_set(
		    err, ERROR_INTERNAL, "libcurl %s is older than 7.85", version->version);
	return 0;
}

void
fetch_shutdown(void)
{
	curl_global_cleanup();
}
