/* Included before every C++ file that is compiled for musl: g++'s library headers were configured for another C library and
 * use a few names of it. Only names; nothing here has a layout. */
#ifndef NOCI_STANDALONE_MUSL_CXX_H
#define NOCI_STANDALONE_MUSL_CXX_H

#define __GLIBC_PREREQ(major, minor) 0

#include <pthread.h>
#include <time.h>

/* <sys/cdefs.h>, which glibc's <sys/single_threaded.h> expects to have been read. */
#define __BEGIN_DECLS extern "C" {
#define __END_DECLS }

/* <bits/c++locale.h>; noci uses no locale. */
#define __locale_t locale_t

/* Declared for <mutex> and <condition_variable>, which noci does not use; nothing defines them, so a use would not link. */
extern "C" {
int pthread_cond_clockwait(pthread_cond_t*, pthread_mutex_t*, clockid_t, const struct timespec*);
int pthread_mutex_clocklock(pthread_mutex_t*, clockid_t, const struct timespec*);
int pthread_rwlock_clockrdlock(pthread_rwlock_t*, clockid_t, const struct timespec*);
int pthread_rwlock_clockwrlock(pthread_rwlock_t*, clockid_t, const struct timespec*);
}

#endif
