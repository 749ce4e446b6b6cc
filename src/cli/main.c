/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thresh - cuts a container image down to what its application uses, seals it, and proves it.
 *
 * The flow of `thresh harden` is the map of the program:
 *
 *   - image/     opens the image (image.h), unpacks its layers once into the cache (rootfs.h), and
 *                describes them as a tree (tree.h), the data structure that everything else works
 * on
 *   - sandbox/   runs the application: identity.h says under which ids, sandbox.h in which
 *                namespaces and mounts, drive.h makes the requests and collects the answers
 *   - trace/     watches it: recorder.h turns what thresh-agent saw into a profile (profile.h)
 *   - cut/       decides for every path whether it stays and why (keepset.h)
 *   - policy/    decides which system calls stay, and compiles the filter (seccomp.h)
 *   - seal/      decides who runs and what is writable, and makes the production tree, its plan and
 * its config (seal.h)
 *   - image/     writes it, staged beside the destination (writer.h)
 *   - harden/    holds the line together: runs the candidate under its restrictions, compares the
 * answers, and goes back to cut and seal until nothing changes; then commits
 *   - registry/  what image/ asks where the reference is docker://… (registry.h)
 *   - manifest/  what an engine must be told, from the sealed image alone (manifest.h)
 *
 * Below all of it is base/ (errors, descriptors, paths, digests, JSON and YAML). Two more programs
 * are static and know nothing of the above: init/ is PID 1 of every production image and reads the
 * plan (plan/); agent/ sits beside the application while it is traced.
 *
 * cli/ is this program's surface, and the only part that prints: options.h and config.h fill a
 * struct harden_request (harden/request.h), output.h and progress.h talk, and each cmd_NAME.c is a
 * command of the table below. ARCHITECTURE.md says who may include whom.
 */
#include "base/error.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/values.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int cmd_help(int argc, char **argv, GError **error);

const struct subcommand subcommands[] = {
	{"harden", cmd_harden,
	 "make a sealed production image, and replay it before it is written"},
	{"trace", cmd_trace, "run an image's application and write its profile"},
	{"cut", cmd_cut, "make the sealed image by a profile, without replaying it"},
	{"replay", cmd_replay, "run a sealed image under its restrictions and compare its answers"},
	{"run", cmd_run, "run a sealed image under its restrictions, without an engine"},
	{"manifest", cmd_manifest, "print what an engine must be told to run a sealed image"},
	{"why", cmd_why, "say why a path was kept or removed"},
	{"sbom", cmd_sbom, "say what is in an image: SPDX or CycloneDX, file by file"},
	{"vex", cmd_vex, "say what removal did to known vulnerabilities: OpenVEX or CycloneDX"},
	{"diff", cmd_diff, "compare two images: files, bytes, packages"},
	{"copy", cmd_copy, "copy an image from any place to any other, with what refers to it"},
	{"push", cmd_push, "send an image to a registry, with what refers to it"},
	{"pull", cmd_pull, "fetch an image from a registry, with what refers to it"},
	{"tree", cmd_tree, "show an image and what refers to it, or a repository's tags"},
	{"plan", cmd_plan, "check an init plan, or show that of an image"},
	{"profile", cmd_profile, "merge profiles, or show what is in one"},
	{"attest", cmd_attest,
	 "sign statements on an image: its inventory, its keep list, or yours"},
	{"sign", cmd_sign, "sign an image"},
	{"verify", cmd_verify, "recompute what is claimed of an image, by rules"},
	{"key", cmd_key, "make a key pair that signs evidence"},
	{"cache", cmd_cache, "list what is in the cache, or make room in it"},
	{"version", cmd_version, "print the version"},
	{"help", cmd_help, "print this, or the help of a command"},
	{NULL, NULL, NULL},
};

static const struct subcommand *command_find(const char *name)
{
	for (const struct subcommand *command = subcommands; command->name; command++) {
		if (!strcmp(command->name, name))
			return command;
	}
	return NULL;
}

static bool unknown_command(const char *name, GError **error)
{
	const char *names[G_N_ELEMENTS(subcommands)];
	const char *nearest;
	g_autofree char *quoted = error_quote(name);

	for (guint i = 0; i < G_N_ELEMENTS(subcommands); i++)
		names[i] = subcommands[i].name;
	nearest = nearest_name(name, names);
	if (nearest)
		return error_set(error, THRESH_ERROR_USAGE,
				 "unknown command '%s' (did you mean '%s'?)", quoted, nearest);
	return error_set(error, THRESH_ERROR_USAGE, "unknown command '%s'", quoted);
}

static void print_commands(FILE *stream)
{
	fputs("usage: thresh COMMAND [OPTION...] ...\n\n"
	      "Cuts a container image down to what its application uses, seals it, and proves "
	      "it.\n\n",
	      stream);
	for (const struct subcommand *command = subcommands; command->name; command++)
		fprintf(stream, "  %-9s %s\n", command->name, command->summary);
	fputs("\n'thresh help COMMAND' says more of one; thresh(1) says all.\n", stream);
}

static int cmd_help(int argc, char **argv, GError **error)
{
	const struct subcommand *command;
	char *help[] = {NULL, (char *)"--help", NULL};

	if (argc < 2 || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		print_commands(stdout);
		output_flush(error);
		return 0;
	}
	command = command_find(argv[1]);
	if (!command) {
		unknown_command(argv[1], error);
		return 2;
	}
	if (command->run == cmd_help)
		return cmd_help(1, argv, error);
	help[0] = argv[1];
	return command->run(2, help, error);
}

/* One line: what is no printable text in it, names from images for one, is shown as \xNN. */
static void print_error(const char *name, const GError *error)
{
	fprintf(stderr, "thresh: %s%s", name ? name : "", name ? ": " : "");
	for (const char *c = error->message; *c; c++) {
		if (*c == '\n')
			fputs(c[1] ? "; " : "", stderr);
		else if ((unsigned char)*c < 0x20 || *c == 0x7f)
			fprintf(stderr, "\\x%02x", (unsigned char)*c);
		else
			fputc(*c, stderr);
	}
	if (error_exit_status(error) == 2)
		fprintf(stderr, "; see 'thresh help%s%s'", name ? " " : "", name ? name : "");
	fputc('\n', stderr);
}

static void ignore_signal(int signal)
{
	(void)signal;
}

/* What a process inherits must change neither what thresh writes nor what it runs. */
static void settle_process(void)
{
	struct sigaction action = {.sa_handler = ignore_signal, .sa_flags = SA_RESTART};

	/* a file that thresh opens must not become standard output */
	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) < 0)
			(void)!open("/dev/null", fd == 0 ? O_RDONLY : O_WRONLY);
	}
	/* a handler, not SIG_IGN: programs that are run get the default back by execve(2) */
	sigaction(SIGPIPE, &action, NULL);
	umask(022);
}

static int run_command(const struct subcommand *command, int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	int status = command->run(argc, argv, &error);

	if (!error)
		return status;
	print_error(command->name, error);
	return error_exit_status(error);
}

int main(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	const struct subcommand *command;

	settle_process();
	if (argc < 2) {
		print_commands(stderr);
		return 2;
	}
	if (!strcmp(argv[1], "--version"))
		argv[1] = (char *)"version";
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		argv[1] = (char *)"help";
	command = command_find(argv[1]);
	if (command)
		return run_command(command, argc - 1, argv + 1);
	unknown_command(argv[1], &error);
	print_error(NULL, error);
	return error_exit_status(error);
}
