#define _GNU_SOURCE
#include "CSystemCalls.h"

#include <unistd.h>

int nsq_syncfs(int descriptor) { return syncfs(descriptor); }
