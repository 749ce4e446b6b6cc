/* SPDX-License-Identifier: Apache-2.0 */
#include "seal/health_request.h"

#include "base/path.h"

#include <string.h>

struct request {
	const char *url;
	const char *host, *port; /* of nc */
	const char *timeout;
	const char *status; /* NULL: the applet's own, 200-399 */
	GPtrArray *headers;
	const char *problem;
};

/* What an option of a client means here. */
enum meaning {
	MEANS_NOTHING,       /* for the health of a service */
	MEANS_NOTHING_VALUE, /* the same, with a value */
	MEANS_FAIL,          /* curl -f */
	MEANS_FOLLOW,        /* curl -L */
	MEANS_TIMEOUT,
	MEANS_HEADER,
	MEANS_METHOD, /* GET or HEAD */
};

struct option {
	const char *name; /* "-f" or "--fail" */
	enum meaning meaning;
};

static const struct option curl_options[] = {
	{"-f", MEANS_FAIL},
	{"--fail", MEANS_FAIL},
	{"--fail-with-body", MEANS_FAIL},
	{"-L", MEANS_FOLLOW},
	{"--location", MEANS_FOLLOW},
	{"-s", MEANS_NOTHING},
	{"--silent", MEANS_NOTHING},
	{"-S", MEANS_NOTHING},
	{"--show-error", MEANS_NOTHING},
	{"-v", MEANS_NOTHING},
	{"--verbose", MEANS_NOTHING},
	{"-i", MEANS_NOTHING},
	{"--include", MEANS_NOTHING},
	{"-I", MEANS_NOTHING},
	{"--head", MEANS_NOTHING},
	{"-g", MEANS_NOTHING},
	{"--globoff", MEANS_NOTHING},
	{"-4", MEANS_NOTHING},
	{"--ipv4", MEANS_NOTHING},
	{"--http1.1", MEANS_NOTHING},
	{"-k", MEANS_NOTHING}, /* of certificates: a URL of https is refused */
	{"--insecure", MEANS_NOTHING},
	{"-q", MEANS_NOTHING},
	{"--no-progress-meter", MEANS_NOTHING},
	{"--compressed", MEANS_NOTHING},
	{"-o", MEANS_NOTHING_VALUE},
	{"--output", MEANS_NOTHING_VALUE},
	{"-A", MEANS_NOTHING_VALUE},
	{"--user-agent", MEANS_NOTHING_VALUE},
	{"--retry", MEANS_NOTHING_VALUE},
	{"--retry-delay", MEANS_NOTHING_VALUE},
	{"--retry-connrefused", MEANS_NOTHING},
	{"--noproxy", MEANS_NOTHING_VALUE},
	{"-m", MEANS_TIMEOUT},
	{"--max-time", MEANS_TIMEOUT},
	{"--connect-timeout", MEANS_TIMEOUT},
	{"-H", MEANS_HEADER},
	{"--header", MEANS_HEADER},
	{"-X", MEANS_METHOD},
	{"--request", MEANS_METHOD},
	{NULL, MEANS_NOTHING},
};

static const struct option wget_options[] = {
	{"-q", MEANS_NOTHING},
	{"--quiet", MEANS_NOTHING},
	{"-S", MEANS_NOTHING},
	{"--spider", MEANS_NOTHING},
	{"-nv", MEANS_NOTHING},
	{"--no-verbose", MEANS_NOTHING},
	{"--no-cache", MEANS_NOTHING},
	{"--no-check-certificate", MEANS_NOTHING},
	{"-4", MEANS_NOTHING},
	{"--no-proxy", MEANS_NOTHING},
	{"-Y", MEANS_NOTHING_VALUE},
	{"-O", MEANS_NOTHING_VALUE},
	{"--output-document", MEANS_NOTHING_VALUE},
	{"-t", MEANS_NOTHING_VALUE},
	{"--tries", MEANS_NOTHING_VALUE},
	{"-U", MEANS_NOTHING_VALUE},
	{"--user-agent", MEANS_NOTHING_VALUE},
	{"-T", MEANS_TIMEOUT},
	{"--timeout", MEANS_TIMEOUT},
	{"--header", MEANS_HEADER},
	{NULL, MEANS_NOTHING},
};

static const struct option nc_options[] = {
	{"-z", MEANS_NOTHING}, {"-v", MEANS_NOTHING}, {"-n", MEANS_NOTHING},
	{"-w", MEANS_TIMEOUT}, {"-4", MEANS_NOTHING}, {"-i", MEANS_NOTHING_VALUE},
	{NULL, MEANS_NOTHING},
};

static bool refuse(struct request *request, const char *problem)
{
	request->problem = problem;
	return false;
}

static const struct option *option_find(const struct option *options, const char *name,
					size_t length)
{
	for (; options->name; options++) {
		if (strlen(options->name) == length && strncmp(options->name, name, length) == 0)
			return options;
	}
	return NULL;
}

static bool takes_value(enum meaning meaning)
{
	return meaning != MEANS_NOTHING && meaning != MEANS_FAIL && meaning != MEANS_FOLLOW;
}

static bool is_number(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	return digits > 0 && digits < 6 && (!text[digits] || text[digits] == '.');
}

static bool option_apply(struct request *request, enum meaning meaning, const char *value)
{
	switch (meaning) {
	case MEANS_FAIL: /* curl -f: a status below 400, which is what the applet takes too */
		if (!request->status || strcmp(request->status, "200-299") != 0)
			request->status = "100-399";
		return true;
	case MEANS_FOLLOW: /* the applet does not follow: where it would lead is what counts */
		request->status = "200-299";
		return true;
	case MEANS_TIMEOUT:
		if (!is_number(value))
			return refuse(request, "a time that is no number of seconds");
		request->timeout = value;
		return true;
	case MEANS_HEADER:
		if (!strchr(value, ':'))
			return refuse(request, "a header without a colon");
		g_ptr_array_add(request->headers, (char *)value);
		return true;
	case MEANS_METHOD:
		return !strcmp(value, "GET") || !strcmp(value, "HEAD") ||
		       refuse(request, "a method other than GET and HEAD");
	case MEANS_NOTHING:
	case MEANS_NOTHING_VALUE:
		break;
	}
	return true;
}

/* "--name", "--name=value", "--name value". */
static bool read_long(struct request *request, const struct option *options, const GPtrArray *words,
		      guint *at)
{
	const char *word = words->pdata[*at];
	size_t length = strcspn(word, "=");
	const struct option *option = option_find(options, word, length);

	if (!option)
		return refuse(request, "an option that the health applet has nothing for");
	if (!takes_value(option->meaning))
		return option_apply(request, option->meaning, NULL);
	if (word[length])
		return option_apply(request, option->meaning, word + length + 1);
	if (*at + 1 == words->len)
		return refuse(request, "an option without its value");
	return option_apply(request, option->meaning, words->pdata[++*at]);
}

/* "-f", "-fsS", "-m5", "-o /dev/null"; -nv of wget is one option. */
static bool read_short(struct request *request, const struct option *options,
		       const GPtrArray *words, guint *at)
{
	const char *word = words->pdata[*at];
	const struct option *whole = option_find(options, word, strlen(word));

	if (whole && !takes_value(whole->meaning))
		return option_apply(request, whole->meaning, NULL);
	for (const char *letter = word + 1; *letter; letter++) {
		const char name[] = {'-', *letter, '\0'};
		const struct option *option = option_find(options, name, 2);

		if (!option)
			return refuse(request, "an option that the health applet has nothing for");
		if (takes_value(option->meaning)) {
			if (letter[1])
				return option_apply(request, option->meaning, letter + 1);
			if (*at + 1 == words->len)
				return refuse(request, "an option without its value");
			return option_apply(request, option->meaning, words->pdata[++*at]);
		}
		if (!option_apply(request, option->meaning, NULL))
			return false;
	}
	return true;
}

static bool read_words(struct request *request, const struct option *options,
		       const GPtrArray *words, GPtrArray *operands)
{
	for (guint i = 1; i < words->len; i++) {
		const char *word = words->pdata[i];

		if (word[0] != '-' || !word[1]) {
			g_ptr_array_add(operands, (char *)word);
			continue;
		}
		if (!(word[1] == '-' ? read_long(request, options, words, &i)
				     : read_short(request, options, words, &i)))
			return false;
	}
	return true;
}

static bool is_loopback(const char *host, size_t length)
{
	static const char *const names[] = {"localhost", "[::1]", "::1", "ip6-localhost",
					    "0.0.0.0"};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		if (strlen(names[i]) == length && g_ascii_strncasecmp(host, names[i], length) == 0)
			return true;
	}
	return length >= 7 && strncmp(host, "127.", 4) == 0 &&
	       strspn(host + 4, "0123456789.") >= length - 4;
}

/* The URL as the applet takes it: http://HOST[:PORT][/PATH]. NULL with a problem. */
static char *url_of(struct request *request, const char *url)
{
	const char *scheme = strstr(url, "://");
	const char *host = scheme ? scheme + 3 : url;
	size_t length;

	if (scheme && g_ascii_strncasecmp(url, "http://", 7) != 0) {
		refuse(request, "a scheme other than http");
		return NULL;
	}
	length = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/?#");
	if (strchr(host, '@') || strlen(host) < length || !is_loopback(host, length)) {
		refuse(request, "a host other than this one (localhost)");
		return NULL;
	}
	/* the unspecified address leads to this machine */
	if (strncmp(host, "0.0.0.0", length) == 0)
		return g_strconcat("http://127.0.0.1", host + length, NULL);
	return g_strconcat("http://", host, NULL);
}

static void add(GPtrArray *applet, const char *word)
{
	g_ptr_array_add(applet, g_strdup(word));
}

static void add_option(GPtrArray *applet, const char *name, const char *value)
{
	if (!value)
		return;
	add(applet, name);
	add(applet, value);
}

static bool http_request(struct request *request, const struct option *options,
			 const GPtrArray *words, const char *contains, GPtrArray *applet)
{
	g_autoptr(GPtrArray) operands = g_ptr_array_new();
	g_autofree char *url = NULL;

	if (!read_words(request, options, words, operands))
		return false;
	if (operands->len != 1)
		return refuse(request, "no URL, or more than one");
	url = url_of(request, operands->pdata[0]);
	if (!url)
		return false;
	add(applet, "http");
	add(applet, url);
	add_option(applet, "--status", request->status);
	add_option(applet, "--timeout", request->timeout);
	for (guint i = 0; i < request->headers->len; i++)
		add_option(applet, "--header", request->headers->pdata[i]);
	add_option(applet, "--contains", contains);
	return true;
}

static bool tcp_request(struct request *request, const GPtrArray *words, GPtrArray *applet)
{
	g_autoptr(GPtrArray) operands = g_ptr_array_new();
	const char *port;

	if (!read_words(request, nc_options, words, operands))
		return false;
	if (operands->len != 2 || !is_loopback(operands->pdata[0], strlen(operands->pdata[0])))
		return refuse(request, "a host other than this one (localhost), or no port");
	port = operands->pdata[1];
	if (!is_number(port) || strchr(port, '.'))
		return refuse(request, "a port that is no number");
	add(applet, "tcp");
	add(applet, port);
	add_option(applet, "--timeout", request->timeout);
	return true;
}

/* test -e PATH, -f PATH, -S PATH: others are test(1)'s own to decide. */
static bool file_request(const GPtrArray *words, GPtrArray *applet)
{
	const char *operator= words->len == 3 ? words->pdata[1] : "";
	const char *path = words->len == 3 ? words->pdata[2] : "";
	bool is_file = !strcmp(operator, "-e") || !strcmp(operator, "-f");

	if (*path != '/' || (!is_file && strcmp(operator, "-S") != 0))
		return false;
	add(applet, is_file ? "file" : "socket");
	add(applet, path);
	return true;
}

bool health_request(const GPtrArray *words, const char *contains, GPtrArray *applet,
		    const char **ret_problem)
{
	const char *name = path_name(words->pdata[0]);
	g_autoptr(GPtrArray) headers = g_ptr_array_new();
	struct request request = {.headers = headers};
	bool good = false;

	if (!strcmp(name, "curl")) {
		/* without -f any answer is a success */
		request.status = "100-599";
		good = http_request(&request, curl_options, words, contains, applet);
	} else if (!strcmp(name, "wget")) {
		request.status = "200-299";
		good = http_request(&request, wget_options, words, contains, applet);
	} else if (!contains &&
		   (!strcmp(name, "nc") || !strcmp(name, "ncat") || !strcmp(name, "netcat"))) {
		good = tcp_request(&request, words, applet);
	} else if (!contains && (!strcmp(name, "test") || !strcmp(name, "["))) {
		good = file_request(words, applet);
	}
	*ret_problem = request.problem;
	return good;
}
