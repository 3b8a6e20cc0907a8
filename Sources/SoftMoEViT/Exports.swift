@_exported import enum Kernels.KernelChoice
@_exported import enum Kernels.MachineError
@_exported import struct Kernels.KernelSet
@_exported import struct Kernels.MachineLimits
@_exported import class Kernels.ThreadPool
