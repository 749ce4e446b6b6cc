/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words of directives: numbers, paths, names, and the check of a directive's words against its
 * signature. Of plan.c alone, but for what plan.h declares.
 *
 * A signature has one letter a word, with `?` behind it where the word may be absent, `*` and `+`
 * where it may be there any number of times, at least once. For instance "qot": a path with
 * variables, a mode, a template.
 *
 *     w any word            t template            l template, list words too
 *     p clean path          q path template       r command word: template with holes
 *     n variable            o mode                u umask
 *     i numeric id          m milliseconds        c count to 65,535
 *     g signal              G signal or 0         s exit status but 0
 *     S status or `any`     f pattern (glob.h)    z name of a program
 *     d port                x loopback address    A path of a request
 *     h search list         b 1 to 512            k part of a line
 *     y capability          j limit               v value of a limit
 *     I integer             C command pattern     W the word `tree`
 *     e not empty: a rule of `escape`, a text of `slice`
 *     1 condition  2 way of `await`  3 way of `wait`  4 fact  5 encoding  6 `group` or `process`
 *     7 type of a value  8 way of `slice`: one of a table, whose place becomes the directive's
 * `sub`; where its entry has a signature, that takes the signature's place from there
 */
#pragma once

#include "plan/plan.h"

/* What is wrong with the words of @directive, or NULL; sets its `sub`. */
const char *words_check(struct plan_directive *directive, const char *signature);
