#include "CSystemCalls.h"

#include <stdlib.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

void nsq_return_memory(void) {
#if defined(__GLIBC__)
    malloc_trim(0);
#endif
}
