/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What removal did to vulnerabilities: for each that data have on a component of the source image,
 * what holds of the sealed image. Pure functions; the same input gives the same bytes.
 *
 *     autovulnerabilities struct vulnerabilities *data = vulnerabilities_new(vex_wanted(source));
 *     vulnerabilities_read(data, "tracker.json", error);
 *     struct vex_input input = {.image = image, .source = source, .sealed = sealed, .data = data};
 *     autovex struct vex *vex = vex_new(&input);
 *     json_t *document = vex_openvex(vex, &about);
 *
 * `not_affected` is said of what is gone alone: of a component without a file that is left, and of
 * one whose code is gone. That the application did not use what is left is no reason. What the data
 * do not decide is under investigation. docs/vex.md has the rules.
 */
#pragma once

#include "evidence/documents.h"
#include "evidence/presence.h"
#include "evidence/vulnerabilities.h"

/* Of several answers on one thing the last counts. */
enum vex_status { VEX_FIXED, VEX_NOT_AFFECTED, VEX_UNDER_INVESTIGATION, VEX_AFFECTED };

/* One file of a component in the source that is not in the sealed image: code is in no file there
 * that nothing owns, data are not at this path. */
struct vex_file {
	char *path;
	bool is_code;
	struct digest digest;
};

struct vex_package {
	const struct component *component; /* of the source */
	const struct component *sealed;    /* the same in the sealed image, or NULL */
	enum component_left left;
	GPtrArray *gone; /* struct vex_file *: the code that it had, where none of it is left; of
			    one without code, all that it had */
};

/* Of one vulnerability, one status for one reason. */
struct vex_statement {
	char *vulnerability;
	GPtrArray *aliases; /* char *, sorted */
	const char *source; /* whose data: "OSV", …; borrowed from the data */
	enum vex_status status;
	enum component_left left; /* of NOT_AFFECTED: why */
	char *note;
	char *action;        /* of AFFECTED, else NULL */
	GPtrArray *packages; /* struct vex_package *, borrowed, by package URL */
};

struct vex_input {
	const struct image *image; /* the sealed one, whose seal says what moved */
	const struct inventory *source, *sealed;
	const struct vulnerabilities *data;
};

struct vex {
	const struct vex_input *input; /* borrowed, as all that it names */
	GPtrArray *packages;           /* struct vex_package *, by package URL */
	GPtrArray *statements; /* struct vex_statement *, by vulnerability, status and package */
};

/* The keys of the components of @source: for vulnerabilities_new. */
GHashTable *vex_wanted(const struct inventory *source);

struct vex *vex_new(const struct vex_input *input);
void vex_free(struct vex *vex);
#define autovex __attribute__((cleanup(vex_cleanup)))
void vex_cleanup(struct vex **vex);

/* "not_affected", …: OpenVEX's words. */
const char *vex_status_name(enum vex_status status);

/* "8 not affected, 2 affected, 1 fixed, 0 under investigation": of pairs of a vulnerability and a
 * package. Caller frees. */
char *vex_describe(const struct vex *vex);

struct vex_about {
	struct document_about document;
	const char *author; /* NULL: thresh */
	const char *name;   /* of the image's repository, for its package URL ("ghcr.io/acme/app");
			       NULL: one that says nothing of where it lies */
};

/* The product: the image by its digest. Caller frees. */
char *vex_product(const struct vex_about *about);

/* OpenVEX 0.2.0; NULL where there is no statement, since the format wants one. Caller owns. */
json_t *vex_openvex(const struct vex *vex, const struct vex_about *about);
/* CycloneDX 1.5 to 1.7. Caller owns. */
json_t *vex_cyclonedx(const struct vex *vex, const struct vex_about *about);

/* Where the repository's name is none that a package URL can hold. */
bool vex_name_check(const char *name, GError **error);
