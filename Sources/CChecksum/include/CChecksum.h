#ifndef NSQ_CCHECKSUM_H
#define NSQ_CCHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/// CRC-32C (Castagnoli, RFC 3720 appendix B.4) of `count` bytes, continuing `crc`; 0 starts a new sum.
/// Uses the processor's instruction where there is one. Callable from any thread.
uint32_t nsq_crc32c(uint32_t crc, const void *bytes, size_t count);

/// The same sum by tables alone, so that tests can hold the two against each other.
uint32_t nsq_crc32c_portable(uint32_t crc, const void *bytes, size_t count);

#endif
