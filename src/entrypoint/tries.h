/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loops that wait: `until pg_isready; do sleep 1; done` runs a program again and again. How often
 * differs from start to start, and says nothing; that it is run until it succeeds does.
 *
 *     tries_merge(record->steps);      // one step, its `tries` counted
 *     tries_note(&failed, program);    // of a program that is not kept …
 *     if (tries_failed(failed, argv))  // … and is run once more: it has to be kept
 */
#pragma once

#include "entrypoint/timeline.h"

/* Runs of the same program with the same words, environment, directory and user, one behind the
 * other, of which the last alone succeeds, become that one. */
void tries_merge(GPtrArray *steps);

/* A program that left something, and failed; @failed: GPtrArray * of char *, made where it is
 * NULL. */
void tries_note(GPtrArray **failed, const struct program *program);
/* Whether a program with these words did so. @failed may be NULL. */
bool tries_failed(const GPtrArray *failed, const GPtrArray *argv);
