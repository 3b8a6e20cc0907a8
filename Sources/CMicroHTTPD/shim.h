// MHD_start_daemon is variadic, which Swift can't call: this names the options that are used.
#pragma once
#include <microhttpd.h>

static inline struct MHD_Daemon *softmoe_start_daemon(
    int listenSocket, unsigned int threadCount, unsigned int connectionLimit,
    unsigned int idleTimeoutSeconds, size_t connectionMemory,
    void *(*begin)(void *, const char *, struct MHD_Connection *),
    MHD_AccessHandlerCallback handle, MHD_RequestCompletedCallback complete, void *context) {
  unsigned int flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_TURBO;
  // A pool of one is no pool to libmicrohttpd: it then takes no size.
  enum MHD_OPTION pool = threadCount > 1 ? MHD_OPTION_THREAD_POOL_SIZE : MHD_OPTION_END;
  return MHD_start_daemon(
      flags, 0, NULL, NULL, handle, context,
      MHD_OPTION_LISTEN_SOCKET, listenSocket,
      MHD_OPTION_URI_LOG_CALLBACK, begin, context,
      MHD_OPTION_NOTIFY_COMPLETED, complete, context,
      MHD_OPTION_CONNECTION_LIMIT, connectionLimit,
      MHD_OPTION_CONNECTION_TIMEOUT, idleTimeoutSeconds,
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, connectionMemory,
      pool, threadCount, MHD_OPTION_END);
}

// MHD_get_connection_info is variadic too.
static inline int softmoe_connection_socket(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  return info == NULL ? -1 : info->connect_fd;
}
