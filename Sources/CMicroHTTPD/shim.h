#include <gnutls/abstract.h>
// The allocator's settings, which the importer's C library leaves out.
#include <malloc.h>
#include <microhttpd.h>
#include <string.h>

// Swift imports no variadic C function, and libmicrohttpd starts a daemon and reads a connection
// through variadic ones. Each is called here with its arguments spelled out and type-checked.

/// Who is told that the library is about to answer a request by itself.
struct microhttp_log {
  void *context;
  void (*answers)(void *context, unsigned int status);
};

struct microhttp_daemon_options {
  unsigned int connection_limit;
  size_t connection_memory_bytes;
  /// GnuTLS priorities to speak TLS with, or NULL to speak plain HTTP.
  const char *tls_priorities;
  MHD_AccessHandlerCallback access;
  void *(*request_line)(void *context, const char *uri, struct MHD_Connection *connection);
  MHD_RequestCompletedCallback completed;
  MHD_NotifyConnectionCallback connection_changed;
  void *context;
  /// Must stay in its place until the daemon is stopped.
  struct microhttp_log *log;
};

/// Finds among the library's messages the one that it writes before each answer of its own; 0.9.75 has no
/// other sign of them. The others are thrown away.
static inline void microhttp_read_log(void *log, const char *format, va_list arguments) {
  static const char beginning[] = "Error processing request (HTTP response code is %u";
  if (strncmp(format, beginning, sizeof beginning - 1) != 0) return;
  const struct microhttp_log *listener = (const struct microhttp_log *) log;
  listener->answers(listener->context, va_arg(arguments, unsigned int));
}

/// Asked for a certificate only when a connection was given no credentials of its own; it has none.
static inline int microhttp_no_certificate(
  gnutls_session_t session, const gnutls_datum_t *authorities, int authority_count,
  const gnutls_pk_algorithm_t *algorithms, int algorithm_count, gnutls_pcert_st **chain,
  unsigned int *chain_length, gnutls_privkey_t *key
) {
  return -1;
}

/// Starts a daemon that is handed its connections by MHD_add_connection and polls them on a thread of its own.
/// It keeps no deadlines: connections are shut down from outside.
///
/// With TLS it uses poll, although epoll costs less with many connections: while 0.9.75 waits for a client's
/// part of a handshake it leaves the connection marked as readable, and its epoll loop then never sleeps.
static inline struct MHD_Daemon *microhttp_start(const struct microhttp_daemon_options *options) {
  const unsigned int flags =
    MHD_ALLOW_SUSPEND_RESUME | MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ERROR_LOG
    | (options->tls_priorities ? MHD_USE_TLS | MHD_USE_POLL_INTERNAL_THREAD : MHD_USE_EPOLL_INTERNAL_THREAD);
  const struct MHD_OptionItem tls[] = {
    { MHD_OPTION_HTTPS_PRIORITIES, 0, (void *) options->tls_priorities },
    { MHD_OPTION_HTTPS_CERT_CALLBACK, 0, (void *) microhttp_no_certificate },
    { MHD_OPTION_END, 0, NULL },
  };
  return MHD_start_daemon(
    flags, 0, NULL, NULL, options->access, options->context,
    // First, because the library would write to standard error until it is known.
    MHD_OPTION_EXTERNAL_LOGGER, microhttp_read_log, options->log,
    MHD_OPTION_ARRAY, options->tls_priorities ? tls : tls + 2,
    MHD_OPTION_NOTIFY_COMPLETED, options->completed, options->context,
    MHD_OPTION_URI_LOG_CALLBACK, options->request_line, options->context,
    MHD_OPTION_NOTIFY_CONNECTION, options->connection_changed, options->context,
    MHD_OPTION_CONNECTION_LIMIT, options->connection_limit,
    MHD_OPTION_CONNECTION_TIMEOUT, 0u,
    MHD_OPTION_CONNECTION_MEMORY_LIMIT, options->connection_memory_bytes,
    MHD_OPTION_END);
}

/// The descriptor of the connection's socket, or -1.
static inline int microhttp_descriptor(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
    MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  return info ? info->connect_fd : -1;
}

/// How many bytes the request's head has, from its method to its empty line; 0 before it is complete.
static inline size_t microhttp_head_size(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
    MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
  return info ? info->header_size : 0;
}

/// What the connection_changed callback stored for the connection, or NULL.
static inline void *microhttp_connection_context(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
    MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  return info ? info->socket_context : NULL;
}

/// The connection's TLS session, or NULL when it speaks plain HTTP.
static inline gnutls_session_t microhttp_tls_session(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
    MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
  return info ? info->tls_session : NULL;
}

// <sys/socket.h> shows accept4 only under _GNU_SOURCE, which the importer does not set.
extern int accept4(int listener, struct sockaddr *address, socklen_t *length, int flags);
