/* SPDX-License-Identifier: Apache-2.0 */
#include "harden/secret_forms.h"

#include "base/error.h"
#include "base/json.h"
#include "plan/text.h"

#include <stdint.h>
#include <string.h>

enum {
	PIECE_BYTES = 24, /* of a long encoding: folded into lines, one of two lies in one line */
	LINE_BYTES = 32,  /* a line of base64 that is worth being looked for alone */
};

struct forms {
	struct scanner *scanner;
	guint id;
};

size_t secret_trimmed_bytes(const void *value, size_t size_bytes)
{
	const char *bytes = value;

	while (size_bytes > 0 && (bytes[size_bytes - 1] == '\n' || bytes[size_bytes - 1] == '\r'))
		size_bytes--;
	return size_bytes;
}

static void add(const struct forms *forms, const char *text, size_t size_bytes)
{
	if (size_bytes >= SCANNER_MIN_BYTES)
		scanner_add(forms->scanner, text, size_bytes, forms->id);
}

/* Two neighbours from the middle of what is long: encoders fold at 64 or 76. */
static void add_encoded(const struct forms *forms, const char *text, size_t size_bytes)
{
	const char *middle = text + size_bytes / 2;

	if (size_bytes <= SCANNER_MAX_BYTES) {
		add(forms, text, size_bytes);
		return;
	}
	add(forms, middle - PIECE_BYTES, PIECE_BYTES);
	add(forms, middle, PIECE_BYTES);
}

/* --- texts of ours -------------------------------------------------------------------------------
 */

/* As between the quotes of a JSON string; NULL where it is no text. */
static char *json_escaped(const char *text)
{
	autojson json_t *string = json_string(text);
	g_autofree char *quoted =
		string ? json_dumps(string, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;

	return quoted ? g_strndup(quoted + 1, strlen(quoted) - 2) : NULL;
}

/* The same, with \/ for /, as some encoders have it (RFC 8259, section 7). */
static char *slash_escaped(const char *text)
{
	GString *escaped = g_string_new(text);

	g_string_replace(escaped, "/", "\\/", 0);
	return g_string_free(escaped, FALSE);
}

static char *plan_escaped(const char *text)
{
	g_autofree char *quoted = plan_quoted(text);
	size_t size = strlen(quoted);

	if (quoted[0] != '"' || size < 2)
		return g_strndup(quoted, size);
	return g_strndup(quoted + 1, size - 2);
}

/* And inside one more JSON string: a label of the config holds JSON, the keep list holds paths. */
static void add_text(const struct forms *forms, const char *text)
{
	g_autofree char *once = NULL, *twice = NULL;

	if (!text)
		return;
	add(forms, text, strlen(text));
	once = json_escaped(text);
	if (!once)
		return;
	add(forms, once, strlen(once));
	twice = json_escaped(once);
	add(forms, twice, strlen(twice));
}

static void add_texts(const struct forms *forms, const char *text)
{
	g_autofree char *slashes = json_escaped(text), *planned = plan_escaped(text);
	g_autofree char *shown = error_quote(text);
	g_autofree char *named = json_path_encode(text), *recorded = json_encode_bytes(text);

	add_text(forms, text);
	add_text(forms, named);
	add_text(forms, recorded);
	add_text(forms, planned);
	add_text(forms, shown);
	if (slashes) {
		g_autofree char *escaped = slash_escaped(slashes);

		add(forms, escaped, strlen(escaped));
	}
}

/* --- encodings -----------------------------------------------------------------------------------
 */

/* With @shift bytes before it: the characters that the value alone decides (RFC 4648, section 4).
 */
static void add_base64(const struct forms *forms, const uint8_t *value, size_t size_bytes,
		       size_t shift)
{
	g_autofree uint8_t *padded = g_malloc0(shift + size_bytes);
	g_autofree char *text = NULL;
	size_t first = (shift * 8 + 5) / 6, last = (shift + size_bytes) * 8 / 6;

	memcpy(padded + shift, value, size_bytes);
	text = g_base64_encode(padded, shift + size_bytes);
	add_encoded(forms, text + first, last - first);
	g_strdelimit(text, "+", '-');
	g_strdelimit(text, "/", '_');
	add_encoded(forms, text + first, last - first);
}

static void add_hex(const struct forms *forms, const uint8_t *value, size_t size_bytes)
{
	g_autofree char *lower = g_malloc(2 * size_bytes + 1), *upper = NULL;

	for (size_t i = 0; i < size_bytes; i++)
		g_snprintf(lower + 2 * i, 3, "%02x", value[i]);
	upper = g_ascii_strup(lower, -1);
	add_encoded(forms, lower, 2 * size_bytes);
	add_encoded(forms, upper, 2 * size_bytes);
}

static char *url_escaped(const uint8_t *value, size_t size_bytes, const char *left, bool plus,
			 bool upper)
{
	GString *text = g_string_new(NULL);

	for (size_t i = 0; i < size_bytes; i++) {
		if (g_ascii_isalnum(value[i]) || (value[i] && strchr(left, value[i])))
			g_string_append_c(text, (char)value[i]);
		else if (plus && value[i] == ' ')
			g_string_append_c(text, '+');
		else
			g_string_append_printf(text, upper ? "%%%02X" : "%%%02x", value[i]);
	}
	return g_string_free(text, FALSE);
}

static void add_url(const struct forms *forms, const uint8_t *value, size_t size_bytes)
{
	/* What is left as it is: RFC 3986, section 2.3; the same in a path; ECMA-262's
	 * encodeURIComponent and encodeURI; URL Standard, application/x-www-form-urlencoded. */
	static const struct {
		const char *left;
		bool plus;
	} encoders[] = {
		{"-._~", false},
		{"-._~", true},
		{"-._~/", false},
		{"-._~!'()*", false},
		{"-._~!'()*;,/?:@&=+$#", false},
		{"*-._", true},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(encoders); i++) {
		for (int upper = 0; upper < 2; upper++) {
			g_autofree char *text = url_escaped(value, size_bytes, encoders[i].left,
							    encoders[i].plus, upper);

			add(forms, text, strlen(text));
		}
	}
}

static bool is_base64_line(const char *line, size_t size_bytes)
{
	if (size_bytes < LINE_BYTES)
		return false;
	for (size_t i = 0; i < size_bytes; i++) {
		if (!g_ascii_isalnum(line[i]) && !strchr("+/=-_", line[i]))
			return false;
	}
	return true;
}

static void add_lines(const struct forms *forms, const char *value, size_t size_bytes)
{
	const char *end = value + size_bytes;

	if (!memchr(value, '\n', size_bytes))
		return;
	while (value < end) {
		const char *stop = memchr(value, '\n', (size_t)(end - value)) ?: end;
		size_t size = secret_trimmed_bytes(value, (size_t)(stop - value));

		if (is_base64_line(value, size))
			add(forms, value, size);
		value = stop + (stop < end);
	}
}

void secret_forms_add(struct scanner *scanner, const void *value, size_t size_bytes, guint id_plain,
		      guint id)
{
	const struct forms forms = {scanner, id};
	size_t size = secret_trimmed_bytes(value, size_bytes);
	g_autofree char *text = g_strndup(value, size);

	g_assert(size >= SCANNER_MIN_BYTES);
	scanner_add(scanner, value, size, id_plain);
	if (strlen(text) == size)
		add_texts(&(struct forms){scanner, id_plain}, text);
	for (size_t shift = 0; shift < 3; shift++)
		add_base64(&forms, value, size, shift);
	add_hex(&forms, value, size);
	add_url(&(struct forms){scanner, id_plain}, value, size);
	add_lines(&forms, value, size);
}
