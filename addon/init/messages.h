#ifndef NOCI_INIT_MESSAGES_H
#define NOCI_INIT_MESSAGES_H

#include "../kernel/result.h"
#include "context.h"

/** What init says on the handshake socket. Nobody may be listening any more: that is found out when an answer is due. */
void message_ready(Context& context);
void message_request(Context& context, const char* what);
/** When `ready` was answered it goes into the fifo of `start`, where it stays for who keeps that open. pipe(7) */
void message_failure(Context& context, const Result& result);

/** `fd` goes along; the runtime gets one of its own. */
void message_terminal(Context& context, int fd);
void message_network(Context& context, int fd);

/** These wait in the outbox for the next of those above: the runtime wakes up once for all of them. */
void message_warning(Context& context, const char* text);
/** The step began at `start` of the runtime's CLOCK_MONOTONIC and took `nanoseconds`. */
void message_done(Context& context, long long start, long long nanoseconds);

/** Sends what waits. */
void messages_send(Context& context);

/** Waits for the runtime's answer. False: it said no, or it is gone, and init has to end. */
bool message_reply(Context& context);

/** Reads exactly `size` bytes. False at the end of the stream and on errors. */
bool read_all(int socket, void* data, size_t size);

#endif
