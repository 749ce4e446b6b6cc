/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the writers of documents share. Private to evidence/.
 */
#pragma once

#include "evidence/documents.h"

enum { UUID_TEXT_BYTES = 37, TIME_TEXT_BYTES = 21 };

json_t *spdx_document(const struct inventory *inventory, const struct document_about *about);
json_t *spdx3_document(const struct inventory *inventory, const struct document_about *about);
json_t *cyclonedx_document(const struct inventory *inventory, const struct document_about *about);

/* What CycloneDX documents have in common (cyclonedx.c): the serial number of the inventory's,
 * which BOM-Links name (caller frees); @metadata of the image, and a document with its head, both
 * taking their last argument; and a property, where @value is not NULL. */
char *cyclonedx_serial(const struct inventory *inventory, const struct document_about *about);
json_t *cyclonedx_metadata(const struct document_about *about, json_t *properties);
json_t *cyclonedx_head(const struct document_about *about, const char *serial, json_t *metadata);
void cyclonedx_add_property(json_t *properties, const char *name, const char *value);

/* A UUID (RFC 9562, version 8) of the image's digest, the program's version and @format. */
void document_uuid(const struct inventory *inventory, const struct document_about *about,
		   const char *format, char ret_text[static UUID_TEXT_BYTES]);
/* The same of any text. */
void document_uuid_of(const char *text, char ret_text[static UUID_TEXT_BYTES]);
/* "2026-01-02T03:04:05Z" */
void document_time(const struct document_about *about, char ret_text[static TIME_TEXT_BYTES]);

/* 32 hexadecimal digits of @path, for identifiers. Caller frees. */
char *document_path_id(const char *path);
char *document_hex(const uint8_t *bytes, size_t size_bytes);

/* "built package from: SRC VER": what scanners look for in SPDX. NULL for what is no system's
 * package. Caller frees. */
char *document_source_info(const struct component *component);

/* "file", "link", "fifo", "device" */
const char *document_file_kind(const struct inventory_file *file);
/* "equal", "differs", "absent" */
const char *document_verdict(const struct inventory_file *file);
/* "kind=file; distribution-checksum=equal; reason=…; via=…": for formats without properties. Caller
 * frees. */
char *document_file_comment(const struct inventory_file *file);
