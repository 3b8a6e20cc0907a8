import Glibc

/// Turns the signal that a mapped file raises when it was cut short into one clear line.
///
/// A page behind the file's new end can't be read, and a read from memory can't fail otherwise than by
/// SIGBUS. There is nothing to go on with: half of the weights are gone.
package enum TruncationGuard {
  /// The process' status then: EX_IOERR of sysexits.h.
  package static var status: Int32 { 74 }

  /// Installs the handler at the first mapping, for the whole process.
  static let install: Void = {
    var action = sigaction()
    // In here only what is safe in a signal handler: no allocation, no lock, no lazy global.
    action.__sigaction_handler.sa_sigaction = { _, info, _ in
      let message: StaticString = """
        softmoe: a mapped file was cut short while in use; replace a model by renaming a new file over it, \
        never by writing into it

        """
      if info?.pointee.si_code == CInt(BUS_ADRERR) {
        _ = write(STDERR_FILENO, message.utf8Start, message.utf8CodeUnitCount)
        _exit(TruncationGuard.status)
      }
      // Another cause: SA_RESETHAND has put the default back, which ends the process.
      raise(SIGBUS)
    }
    action.sa_flags = SA_SIGINFO | CInt(bitPattern: UInt32(SA_RESETHAND))
    sigaction(SIGBUS, &action, nil)
  }()
}
