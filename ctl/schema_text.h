/* Attribute types as a server's schema writes them (RFC 4512 section 4.1.2). Pure. */
#ifndef SMIME_CTL_SCHEMA_TEXT_H
#define SMIME_CTL_SCHEMA_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Whether a definition, "( 2.5.4.3 NAME ( 'cn' 'commonName' ) ... )", is of the attribute: one of its
 * names in any case, or its object identifier, in both without options (";binary"). */
bool schema_text_defines(const char *definition, const char *attribute);

#endif
