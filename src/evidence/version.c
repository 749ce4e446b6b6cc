/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/version.h"

#include "evidence/version_private.h"

#include <string.h>

struct digits digits_take(const char **text)
{
	struct digits digits = {*text, strspn(*text, "0123456789")};

	*text += digits.length;
	return digits;
}

int digits_compare(struct digits a, struct digits b)
{
	for (; a.length > 0 && *a.text == '0'; a.length--)
		a.text++;
	for (; b.length > 0 && *b.text == '0'; b.length--)
		b.text++;
	if (a.length != b.length)
		return a.length < b.length ? -1 : 1;
	return a.length > 0 ? memcmp(a.text, b.text, a.length) : 0;
}

static bool is_plain(const char *text)
{
	size_t length = strlen(text);

	for (const char *c = text; *c; c++) {
		if (*c <= ' ' || *c >= 0x7f)
			return false;
	}
	return length > 0 && length <= VERSION_MAX_BYTES;
}

bool version_compare(enum version_scheme scheme, const char *a, const char *b, int *ret_order)
{
	static bool (*const compare[])(const char *a, const char *b, int *ret_order) = {
		[VERSION_DPKG] = dpkg_compare,     [VERSION_APK] = apk_compare,
		[VERSION_RPM] = rpm_compare,       [VERSION_COMPOSER] = composer_compare,
		[VERSION_SEMVER] = semver_compare, [VERSION_GO] = go_compare,
		[VERSION_PEP440] = pep440_compare, [VERSION_MAVEN] = maven_compare,
		[VERSION_GEM] = gem_compare,
	};

	return compare[scheme] && is_plain(a) && is_plain(b) && compare[scheme](a, b, ret_order);
}

bool version_is_valid(enum version_scheme scheme, const char *text)
{
	int order;

	return version_compare(scheme, text, text, &order);
}
