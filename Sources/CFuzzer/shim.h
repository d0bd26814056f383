#ifndef NSQ_CFUZZER_H
#define NSQ_CFUZZER_H

#include <stddef.h>
#include <stdint.h>

/// libFuzzer, called rather than calling: its own `main` has no place beside SwiftPM's.
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*test)(const uint8_t *data, size_t size));

#endif
