#ifndef NSQ_CRE2_H
#define NSQ_CRE2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A compiled regular expression of RE2, the syntax that Go's `regexp` has and whose matching takes time
/// in proportion to the text, whatever the pattern. Immutable: one may be matched from several threads.
typedef struct nsq_re2 nsq_re2;

/// Compiles `count` bytes of UTF-8, with at most `memory` bytes for the program and its caches.
/// Gives NULL for what is no regular expression or needs more. To be freed with `nsq_re2_free`.
nsq_re2 *nsq_re2_compile(const char *pattern, size_t count, int64_t memory);

/// Whether the pattern matches anywhere in the `count` bytes of `text`.
bool nsq_re2_matches(const nsq_re2 *regex, const char *text, size_t count);

/// Frees what `nsq_re2_compile` gave; NULL is ignored.
void nsq_re2_free(nsq_re2 *regex);

#ifdef __cplusplus
}
#endif

#endif
