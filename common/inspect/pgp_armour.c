#include "inspect/pgp_armour.h"

#include <stddef.h>
#include <string.h>

/* Longest line of data (RFC 4880 6.3). */
#define LINE_MAX_LETTERS 76

#define FIRST_LINE "-----BEGIN PGP MESSAGE-----"
#define LAST_LINE "-----END PGP MESSAGE-----"

static int
base64_value(char letter)
{
	static const char alphabet[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = letter == '\0' ? NULL : strchr(alphabet, letter);

	return at == NULL ? -1 : (int)(at - alphabet);
}

/* Whether the armour's first octet begins a packet of encryption: a session key (1, 3) or
 * encrypted data (9, 18, 20). A message that is only signed or compressed begins with others. */
static bool
begins_encrypted(const char *line)
{
	int first = base64_value(line[0]);
	int second = first < 0 ? -1 : base64_value(line[1]);
	int octet = second < 0 ? 0 : first << 2 | second >> 4;
	int packet = (octet & 0x40) != 0 ? octet & 0x3f : octet >> 2 & 0x0f;

	if ((octet & 0x80) == 0)
		return false;
	return packet == 1 || packet == 3 || packet == 9 || packet == 18 || packet == 20;
}

static int
read_before(struct pgp_armour *armour, const char *line, struct error *err)
{
	if (line[0] == '\0')
		return 0;
	if (strcmp(line, FIRST_LINE) != 0)
		return error_set(
		    err, ERROR_INPUT, "its second part does not begin with a PGP message");
	armour->place = PGP_ARMOUR_HEADER;
	return 0;
}

/* The keys of RFC 4880 6.2, up to the empty line. */
static int
read_header(struct pgp_armour *armour, const char *line, struct error *err)
{
	static const char *const keys[] = {
	    "Version: ", "Comment: ", "MessageID: ", "Hash: ", "Charset: "};
	size_t i;

	if (line[0] == '\0') {
		armour->place = PGP_ARMOUR_DATA;
		return 0;
	}
	for (i = 0; i < ARRAY_LENGTH(keys); i++) {
		if (strncmp(line, keys[i], strlen(keys[i])) == 0)
			return 0;
	}
	return error_set(err, ERROR_INPUT, "its PGP message has a header that does not belong");
}

/* "=" and four letters (RFC 4880 6.1). */
static int
read_checksum(struct pgp_armour *armour, const char *line, struct error *err)
{
	size_t letters = 0;

	while (base64_value(line[1 + letters]) >= 0)
		letters++;
	if (!armour->data || letters != 4 || line[5] != '\0')
		return error_set(err, ERROR_INPUT, "its PGP message has a malformed checksum");
	armour->place = PGP_ARMOUR_SUMMED;
	return 0;
}

static int
read_data(struct pgp_armour *armour, const char *line, struct error *err)
{
	size_t letters = 0;
	size_t padding;

	while (base64_value(line[letters]) >= 0)
		letters++;
	padding = strspn(line + letters, "=");
	if (letters == 0 || padding > 2 || line[letters + padding] != '\0' || armour->padded ||
	    letters + padding > LINE_MAX_LETTERS)
		return error_set(
		    err, ERROR_INPUT, "its PGP message holds something else than armour");
	if (!armour->data && !begins_encrypted(line))
		return error_set(err, ERROR_INPUT, "its PGP message is not encrypted");
	armour->data = true;
	armour->padded = padding > 0;
	return 0;
}

static int
read_last(struct pgp_armour *armour, struct error *err)
{
	if (!armour->data)
		return error_set(err, ERROR_INPUT, "its PGP message is empty");
	armour->place = PGP_ARMOUR_OVER;
	return 0;
}

int
pgp_armour_line(struct pgp_armour *armour, const char *line, struct error *err)
{
	switch (armour->place) {
	case PGP_ARMOUR_BEFORE:
		return read_before(armour, line, err);
	case PGP_ARMOUR_HEADER:
		return read_header(armour, line, err);
	case PGP_ARMOUR_DATA:
	case PGP_ARMOUR_SUMMED:
		break;
	case PGP_ARMOUR_OVER:
		return error_set(err, ERROR_INTERNAL, "a line after the end of an armour");
	}
	if (line[0] == '\0')
		return 0;
	if (strcmp(line, LAST_LINE) == 0)
		return read_last(armour, err);
	if (armour->place == PGP_ARMOUR_SUMMED)
		return error_set(
		    err, ERROR_INPUT, "its PGP message holds something else than armour");
	return line[0] == '=' ? read_checksum(armour, line, err) : read_data(armour, line, err);
}
