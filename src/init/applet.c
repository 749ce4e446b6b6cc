/* SPDX-License-Identifier: Apache-2.0 */
#include "init/applet.h"

#include "init/clock.h"
#include "init/init.h"
#include "init/options.h"
#include "init/pause.h"
#include "init/probe.h"
#include "init/say.h"

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

enum {
	EXIT_UNHEALTHY = 1,
	HEALTH_MS = 5000,
	TRY_MS = 2000,
	PAUSE_FIRST_MS = 10,
	PAUSE_LAST_MS = 200
};
enum { MS_PER_S = 1000, SECONDS_MAX = 1 << 30, CONTAINS_MAX = 1024, STATUS_MAX = 999 };

static const char usage[] = "usage: thresh-init health http URL [--status LOW-HIGH] [--header "
			    "NAME:VALUE] [--contains TEXT]\n"
			    "       thresh-init health tcp [HOST:]PORT\n"
			    "       thresh-init health file|socket PATH\n"
			    "         [--timeout SECONDS]; 0: healthy, 1: not\n"
			    "       thresh-init wait-for http|tcp|file|socket WHAT SECONDS "
			    "[OPTION]...; 0: there, 1: not\n"
			    "       thresh-init sleep SECONDS[.FRACTION]|infinity\n"
			    "URL: http://HOST[:PORT][/PATH]; HOST: localhost, 127.x.x.x, [::1]; no "
			    "other host is ever asked\n";

struct ways {
	const char *name;
	enum plan_way way;
};

static const struct ways ways[] = {
	{"http", PLAN_WAY_HTTP},
	{"tcp", PLAN_WAY_TCP},
	{"file", PLAN_WAY_FILE},
	{"socket", PLAN_WAY_SOCKET},
};

static const struct ways *way_find(const char *name)
{
	for (size_t i = 0; name && i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (strcmp(ways[i].name, name) == 0)
			return &ways[i];
	}
	return NULL;
}

static bool is_applet(const char *name)
{
	return strcmp(name, "health") == 0 || strcmp(name, "wait-for") == 0 ||
	       strcmp(name, "sleep") == 0;
}

/* As PID 1 the words are the application's arguments, so that more is asked of them: an image's
 * `sleep infinity` is the image's own. */
static bool is_meant(char **words)
{
	if (strcmp(words[0], "sleep") == 0)
		return words[1] && getpid() != 1;
	return way_find(words[1]) != NULL;
}

char **applet_find(char **argv)
{
	const char *slash = argv[0] ? strrchr(argv[0], '/') : NULL;

	if (!argv[0])
		return NULL;
	if (is_applet(slash ? slash + 1 : argv[0])) {
		if (slash)
			argv[0] += slash + 1 - argv[0];
		return argv;
	}
	return argv[1] && is_applet(argv[1]) && is_meant(argv + 1) ? argv + 1 : NULL;
}

static noreturn void usage_print(const char *problem)
{
	struct say text = {.length = 0};

	say_text(&text, "thresh-init: ");
	say_text(&text, problem);
	say_text(&text, "\n");
	say_text(&text, usage);
	say_end(&text, STDERR_FILENO);
	_exit(EXIT_INIT);
}

/* Digits, with or without a fraction of which milliseconds count; -1: none. A part of one counts as
 * one, so that a wait is never shorter than what was asked for. */
static int64_t milliseconds(const char *text)
{
	int64_t ms = 0;
	int64_t scale = MS_PER_S;
	bool is_fraction = false;
	bool rest = false;

	if (*text < '0' || *text > '9')
		return -1;
	for (; *text; text++) {
		if (*text == '.' && !is_fraction) {
			is_fraction = true;
			ms *= MS_PER_S;
		} else if (*text < '0' || *text > '9') {
			return -1;
		} else if (!is_fraction) {
			ms = ms * 10 + (*text - '0');
			if (ms > SECONDS_MAX)
				return -1;
		} else {
			scale /= 10;
			ms += (*text - '0') * scale;
			rest = rest || (scale == 0 && *text != '0');
		}
	}
	return is_fraction ? ms + rest : ms * MS_PER_S;
}

static bool status_range(struct probe *probe, char *text)
{
	char *dash = strchr(text, '-');

	if (dash)
		*dash = '\0';
	return plan_decimal(text, STATUS_MAX, &probe->status_low) &&
	       plan_decimal(dash ? dash + 1 : text, STATUS_MAX, &probe->status_high) &&
	       probe->status_low <= probe->status_high;
}

static void option_take(struct probe *probe, char letter, char *value, int64_t *timeout_ms)
{
	if (letter == 't') {
		*timeout_ms = milliseconds(value);
		if (*timeout_ms <= 0)
			usage_print("--timeout takes seconds");
	} else if (letter == 's') {
		if (!status_range(probe, value))
			usage_print("--status takes NUMBER or LOW-HIGH");
	} else if (letter == 'H') {
		if (probe->header_count == PROBE_HEADERS_MAX || !probe_header_is_valid(value))
			usage_print("--header takes NAME:VALUE, eight times at most");
		probe->headers[probe->header_count++] = value;
	} else if (letter == 'c') {
		probe->contains = value;
		if (*value == '\0' || strlen(value) > CONTAINS_MAX)
			usage_print("--contains takes 1 to 1024 bytes");
	} else {
		usage_print("an unknown option, or one without its value");
	}
}

static void options_take(struct probe *probe, char **words, int64_t *timeout_ms)
{
	static const struct option_name names[] = {
		{"timeout", 't'}, {"status", 's'}, {"header", 'H'}, {"contains", 'c'}, {NULL, 0}};
	struct options options;
	char letter;

	options_begin(&options, words, "t:s:H:c:", names);
	while ((letter = options_next(&options)))
		option_take(probe, letter, options.value, timeout_ms);
	if (*options_rest(&options))
		usage_print("too many words");
}

static void subject_take(struct probe *probe, const char *what)
{
	if (!what)
		usage_print("what to look for is missing");
	if (probe->way == PLAN_WAY_TCP && !probe_endpoint(probe, what))
		usage_print("not [HOST:]PORT on this machine's loopback");
	if (probe->way == PLAN_WAY_HTTP && !probe_url(probe, what))
		usage_print("not http://HOST[:PORT][/PATH] on this machine's loopback");
	if (probe->way == PLAN_WAY_FILE || probe->way == PLAN_WAY_SOCKET)
		probe->path = what;
}

static struct probe probe_read(char **words)
{
	const struct ways *way = way_find(words[1]);
	struct probe probe;

	if (!way)
		usage_print("http, tcp, file or socket?");
	probe_init(&probe, way->way);
	subject_take(&probe, words[2]);
	return probe;
}

static noreturn void health(char **words)
{
	struct probe probe = probe_read(words);
	int64_t timeout_ms = HEALTH_MS;

	options_take(&probe, words + 2, &timeout_ms);
	_exit(probe_answers(&probe, clock_ms() + timeout_ms) ? 0 : EXIT_UNHEALTHY);
}

static noreturn void wait_for(char **words)
{
	struct probe probe = probe_read(words);
	int64_t timeout_ms = words[3] ? milliseconds(words[3]) : -1;
	int64_t pause_ms = PAUSE_FIRST_MS;
	int64_t deadline_ms, ignored_ms;

	if (timeout_ms < 0)
		usage_print("wait-for takes the seconds to wait behind what it waits for");
	options_take(&probe, words + 3, &ignored_ms);
	deadline_ms = clock_ms() + timeout_ms;
	for (;;) {
		int64_t now_ms = clock_ms();
		int64_t try_ms = now_ms + TRY_MS < deadline_ms ? now_ms + TRY_MS : deadline_ms;

		if (probe_answers(&probe, try_ms))
			_exit(0);
		if (clock_ms() >= deadline_ms)
			_exit(EXIT_UNHEALTHY);
		pause_or_end(pause_ms);
		pause_ms = 2 * pause_ms < PAUSE_LAST_MS ? 2 * pause_ms : PAUSE_LAST_MS;
	}
}

static noreturn void sleep_for(char **words)
{
	int64_t ms = 0;

	if (!words[1])
		usage_print("sleep takes seconds, or `infinity`");
	if (strcmp(words[1], "infinity") == 0 && !words[2])
		pause_or_end(PAUSE_FOREVER);
	for (char **word = words + 1; *word; word++) {
		int64_t part_ms = milliseconds(*word);

		if (part_ms < 0)
			usage_print("sleep takes seconds, or `infinity`");
		ms += part_ms;
	}
	pause_or_end(ms);
	_exit(0);
}

noreturn void applet_run(char **words)
{
	if (strcmp(words[0], "health") == 0)
		health(words);
	if (strcmp(words[0], "wait-for") == 0)
		wait_for(words);
	sleep_for(words);
}
