/* SPDX-License-Identifier: Apache-2.0 */
#include "trace/stream.h"

#include "base/error.h"

#include <string.h>

struct stream {
	stream_handler handler;
	void *user;
	GByteArray *pending;
	bool begun;
	bool complete;
	uint64_t sequence;
	uint64_t lost;
	GByteArray *text; /* the strings of one record, each ended with NUL */
	struct event_string strings[AGENT_MAX_STRINGS];
};

struct stream *stream_new(stream_handler handler, void *user)
{
	struct stream *stream = g_new0(struct stream, 1);

	stream->handler = handler;
	stream->user = user;
	stream->pending = g_byte_array_new();
	stream->text = g_byte_array_new();
	return stream;
}

void stream_free(struct stream *stream)
{
	if (!stream)
		return;
	g_byte_array_unref(stream->pending);
	g_byte_array_unref(stream->text);
	g_free(stream);
}

static bool fail(GError **error, const char *what)
{
	return error_set(error, THRESH_ERROR_INTERNAL, "thresh-agent's stream: %s", what);
}

static bool check_record(const struct stream *stream, const struct agent_record *record,
			 GError **error)
{
	if (record->length < sizeof(*record) || record->length > AGENT_MAX_RECORD)
		return fail(error, "a record's length is out of range");
	if (record->sequence != stream->sequence)
		return fail(error, "records are missing");
	if (record->kind < AGENT_CALL || record->kind > AGENT_TRAILER || record->op >= OP_COUNT ||
	    record->arch >= AGENT_ARCHES || record->state > STATE_MISSING ||
	    record->strings > AGENT_MAX_STRINGS || record->nr >= AGENT_MAX_CALLS)
		return fail(error, "a record has an unknown value");
	return true;
}

/* Splits the strings behind the fixed part. */
static bool read_strings(struct stream *stream, const struct agent_record *record,
			 const uint8_t *data, GError **error)
{
	size_t left = record->length - sizeof(*record);
	size_t offsets[AGENT_MAX_STRINGS];

	g_byte_array_set_size(stream->text, 0);
	for (guint i = 0; i < record->strings; i++) {
		uint32_t bytes;

		if (left < sizeof(bytes))
			return fail(error, "a string is cut off");
		memcpy(&bytes, data, sizeof(bytes));
		data += sizeof(bytes);
		left -= sizeof(bytes);
		if (bytes > left)
			return fail(error, "a string is longer than its record");
		offsets[i] = stream->text->len;
		stream->strings[i].bytes = bytes;
		g_byte_array_append(stream->text, data, bytes);
		g_byte_array_append(stream->text, (const uint8_t *)"", 1);
		data += bytes;
		left -= bytes;
	}
	if (left)
		return fail(error, "a record has bytes after its strings");
	for (guint i = 0; i < record->strings; i++)
		stream->strings[i].data = (const char *)stream->text->data + offsets[i];
	return true;
}

/* Handles the record at @data; @ret_used stays 0 where it is not complete. */
static bool take_record(struct stream *stream, const uint8_t *data, size_t size, size_t *ret_used,
			GError **error)
{
	struct stream_event event = {.strings = stream->strings};

	if (size < sizeof(event.record))
		return true;
	memcpy(&event.record, data, sizeof(event.record));
	if (!check_record(stream, &event.record, error))
		return false;
	if (size < event.record.length)
		return true;
	if (stream->complete)
		return fail(error, "bytes after the trailer");
	if (!read_strings(stream, &event.record, data + sizeof(event.record), error))
		return false;
	stream->sequence++;
	if (event.record.kind == AGENT_TRAILER) {
		if (event.record.value[0] != event.record.sequence)
			return fail(error, "the trailer counts other records");
		stream->complete = true;
		stream->lost = event.record.value[1];
	} else {
		stream->handler(&event, stream->user);
	}
	*ret_used = event.record.length;
	return true;
}

static bool take_header(struct stream *stream, GError **error)
{
	struct agent_header header;

	memcpy(&header, stream->pending->data, sizeof(header));
	if (memcmp(header.magic, AGENT_MAGIC, sizeof(header.magic)) != 0 ||
	    header.version != AGENT_VERSION || header.record_bytes != sizeof(struct agent_record))
		return fail(error, "is of another version of thresh-agent");
	g_byte_array_remove_range(stream->pending, 0, sizeof(header));
	stream->begun = true;
	return true;
}

bool stream_feed(struct stream *stream, const void *data, size_t size, GError **error)
{
	size_t used = 0, step = 0;

	g_byte_array_append(stream->pending, data, (guint)size);
	if (!stream->begun) {
		if (stream->pending->len < sizeof(struct agent_header))
			return true;
		if (!take_header(stream, error))
			return false;
	}
	do {
		step = 0;
		if (!take_record(stream, stream->pending->data + used, stream->pending->len - used,
				 &step, error))
			return false;
		used += step;
	} while (step);
	g_byte_array_remove_range(stream->pending, 0, (guint)used);
	if (stream->complete && stream->pending->len)
		return fail(error, "bytes after the trailer");
	return true;
}

bool stream_is_complete(const struct stream *stream, uint64_t *ret_lost)
{
	*ret_lost = stream->lost;
	return stream->complete;
}
