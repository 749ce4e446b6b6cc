/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/http.h"

#include "base/error.h"

#include <string.h>

enum { CHUNK_LINE_MAX_BYTES = 4096 };

struct http_response *http_response_new(void)
{
	struct http_response *response = g_new0(struct http_response, 1);

	response->body = g_byte_array_new();
	response->line = g_byte_array_new();
	return response;
}

void http_response_free(struct http_response *response)
{
	if (!response)
		return;
	g_free(response->type);
	g_byte_array_unref(response->body);
	g_byte_array_unref(response->line);
	g_free(response);
}

void http_response_cleanup(struct http_response **response)
{
	http_response_free(*response);
	*response = NULL;
}

/* "HTTP/1.x NNN reason" (RFC 9112, 4). */
static bool parse_status(struct http_response *r, const char *line, GError **error)
{
	if (strncmp(line, "HTTP/1.", 7) == 0 && g_ascii_isdigit(line[7]) && line[8] == ' ' &&
	    g_ascii_isdigit(line[9]) && g_ascii_isdigit(line[10]) && g_ascii_isdigit(line[11]) &&
	    (line[12] == ' ' || line[12] == '\0') && line[9] != '0') {
		r->status = (int)g_ascii_strtoull(line + 9, NULL, 10);
		return true;
	}
	g_autofree char *quoted = error_quote(line);
	return error_set(error, THRESH_ERROR_INPUT, "not HTTP: \"%.64s\"", quoted);
}

static bool parse_length(const char *value, uint64_t *ret_length)
{
	guint64 length;

	if (!g_ascii_string_to_unsigned(value, 10, 0, G_MAXINT64, &length, NULL))
		return false;
	*ret_length = length;
	return true;
}

struct framing {
	bool has_length;
	uint64_t length;
	bool chunked;
	bool encoded; /* by another transfer coding, which only a close ends */
};

static bool parse_field(struct http_response *r, char *line, struct framing *f, GError **error)
{
	char *colon = strchr(line, ':');
	char *value;

	if (!colon)
		return error_set(error, THRESH_ERROR_INPUT, "HTTP: a header line without a colon");
	*colon = '\0';
	value = g_strstrip(colon + 1);
	if (g_ascii_strcasecmp(line, "content-type") == 0) {
		g_free(r->type);
		r->type = g_utf8_make_valid(value, -1);
	} else if (g_ascii_strcasecmp(line, "content-length") == 0) {
		uint64_t length;

		if (!parse_length(value, &length) || (f->has_length && f->length != length))
			return error_set(error, THRESH_ERROR_INPUT, "HTTP: bad Content-Length");
		f->has_length = true;
		f->length = length;
	} else if (g_ascii_strcasecmp(line, "transfer-encoding") == 0) {
		f->chunked = g_ascii_strcasecmp(value, "chunked") == 0;
		f->encoded = true;
	}
	return true;
}

/* What follows the header (RFC 9112, 6.3). */
static void begin_body(struct http_response *r, const struct framing *f)
{
	if (r->status == 204 || r->status == 304) {
		r->done = true;
	} else if (f->encoded) {
		r->state = f->chunked ? HTTP_CHUNK_SIZE : HTTP_CLOSE;
	} else if (f->has_length) {
		r->state = HTTP_LENGTH;
		r->remaining = f->length;
		r->done = f->length == 0;
	} else {
		r->state = HTTP_CLOSE;
	}
}

static bool parse_header(struct http_response *r, GError **error)
{
	g_autofree char *text = g_strndup((const char *)r->line->data, r->line->len);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	struct framing framing = {0};

	g_byte_array_set_size(r->line, 0);
	for (char **line = lines; *line; line++)
		g_strchomp(*line);
	if (!parse_status(r, lines[0] ? lines[0] : "", error))
		return false;
	for (char **line = lines + 1; *line && **line; line++) {
		if (!parse_field(r, *line, &framing, error))
			return false;
	}
	/* Interim: the final response follows. 101 is final here: we did not ask to upgrade. */
	if (r->status >= 100 && r->status < 200 && r->status != 101) {
		g_clear_pointer(&r->type, g_free);
		return true;
	}
	begin_body(r, &framing);
	return true;
}

/* One byte of a header; an empty line ends it. */
static bool feed_header(struct http_response *r, uint8_t byte, GError **error)
{
	GByteArray *line = r->line;

	g_byte_array_append(line, &byte, 1);
	if (line->len <= 5 && strncmp("HTTP/", (const char *)line->data, line->len) != 0)
		return error_set(error, THRESH_ERROR_INPUT, "not HTTP");
	if (line->len > HTTP_HEADER_MAX_BYTES)
		return error_set(error, THRESH_ERROR_INPUT, "HTTP: a header above 64 KiB");
	if (byte != '\n' || line->len < 2)
		return true;
	if (line->data[line->len - 2] != '\n' &&
	    !(line->len > 2 && line->data[line->len - 2] == '\r' &&
	      line->data[line->len - 3] == '\n'))
		return true;
	return parse_header(r, error);
}

static bool parse_chunk_size(struct http_response *r, GError **error)
{
	g_autofree char *text = g_strndup((const char *)r->line->data, r->line->len);
	guint64 size;

	text[strcspn(text, ";\r\n \t")] = '\0';
	g_byte_array_set_size(r->line, 0);
	if (!g_ascii_string_to_unsigned(text, 16, 0, G_MAXINT64, &size, NULL))
		return error_set(error, THRESH_ERROR_INPUT, "HTTP: bad chunk size");
	r->remaining = size;
	r->state = size == 0 ? HTTP_TRAILER : HTTP_CHUNK;
	return true;
}

/* One byte of a line in chunked framing. */
static bool feed_line(struct http_response *r, uint8_t byte, GError **error)
{
	g_byte_array_append(r->line, &byte, 1);
	if (r->line->len > CHUNK_LINE_MAX_BYTES)
		return error_set(error, THRESH_ERROR_INPUT, "HTTP: a chunk line above 4 KiB");
	if (byte != '\n')
		return true;
	if (r->state == HTTP_CHUNK_SIZE)
		return parse_chunk_size(r, error);
	if (r->state == HTTP_CHUNK_END) {
		if (r->line->len > 2 || (r->line->len == 2 && r->line->data[0] != '\r'))
			return error_set(error, THRESH_ERROR_INPUT, "HTTP: bytes behind a chunk");
		r->state = HTTP_CHUNK_SIZE;
	} else { /* a trailer: an empty line is the end */
		r->done = r->line->len == 1 || (r->line->len == 2 && r->line->data[0] == '\r');
	}
	g_byte_array_set_size(r->line, 0);
	return true;
}

/* Body bytes; answers how many were taken. */
static size_t feed_body(struct http_response *r, const uint8_t *data, size_t size)
{
	size_t room = HTTP_BODY_MAX_BYTES - r->body->len;
	size_t take = r->state == HTTP_CLOSE ? size : (size_t)MIN((uint64_t)size, r->remaining);

	if (take > room)
		take = room;
	g_byte_array_append(r->body, data, (guint)take);
	if (r->state != HTTP_CLOSE)
		r->remaining -= take;
	if (r->body->len == HTTP_BODY_MAX_BYTES)
		r->done = true;
	else if (r->state == HTTP_LENGTH && r->remaining == 0)
		r->done = true;
	else if (r->state == HTTP_CHUNK && r->remaining == 0)
		r->state = HTTP_CHUNK_END;
	return take;
}

bool http_response_feed(struct http_response *r, const void *data, size_t size_bytes,
			GError **error)
{
	const uint8_t *p = data, *end = p + size_bytes;

	while (p < end && !r->done) {
		switch (r->state) {
		case HTTP_HEADER:
			if (!feed_header(r, *p++, error))
				return false;
			break;
		case HTTP_CHUNK_SIZE:
		case HTTP_CHUNK_END:
		case HTTP_TRAILER:
			if (!feed_line(r, *p++, error))
				return false;
			break;
		case HTTP_LENGTH:
		case HTTP_CHUNK:
		case HTTP_CLOSE:
			p += feed_body(r, p, (size_t)(end - p));
			break;
		}
	}
	return true;
}

bool http_response_end(struct http_response *r, GError **error)
{
	if (r->state == HTTP_CLOSE)
		r->done = true;
	if (r->done)
		return true;
	if (r->state == HTTP_HEADER && r->status == 0)
		return error_set(error, THRESH_ERROR_INPUT,
				 "closed the connection without an answer");
	return error_set(error, THRESH_ERROR_INPUT, "closed the connection within the answer");
}
