#ifndef NSQ_CSYSTEMCALLS_H
#define NSQ_CSYSTEMCALLS_H

/// `syncfs(2)`, which glibc declares for `_GNU_SOURCE` only: makes durable the file system that holds the open
/// file. Returns 0, or -1 and sets `errno`. Callable from any thread.
int nsq_syncfs(int descriptor);

/// Gives memory that the allocator holds and nobody uses back to the system, where it can. Takes milliseconds.
void nsq_return_memory(void);

#endif
