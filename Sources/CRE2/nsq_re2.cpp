#include "nsq_re2.h"

#include <re2/re2.h>

#include <new>

struct nsq_re2 {
    RE2 regex;

    nsq_re2(const re2::StringPiece &pattern, const RE2::Options &options) : regex(pattern, options) {}
};

nsq_re2 *nsq_re2_compile(const char *pattern, size_t count, int64_t memory) {
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(memory);
    auto *compiled = new (std::nothrow) nsq_re2(re2::StringPiece(pattern, count), options);
    if (compiled != nullptr && !compiled->regex.ok()) {
        delete compiled;
        return nullptr;
    }
    return compiled;
}

bool nsq_re2_matches(const nsq_re2 *regex, const char *text, size_t count) {
    return RE2::PartialMatch(re2::StringPiece(text, count), regex->regex);
}

void nsq_re2_free(nsq_re2 *regex) { delete regex; }
