// The few objects that are data.
extension Pickle {
  /// Most dimensions that are looked at.
  private static let highestRank = 64

  mutating func call(_ function: PickleValue, _ arguments: PickleValue) throws(PickleError)
    -> PickleValue
  {
    guard case .global(let name) = function else { return .opaque(function.kind) }
    guard case .tuple(let tuple) = arguments else { return .opaque(name) }
    let items = graph[tuple]
    switch name {
    case "collections.OrderedDict", "collections.defaultdict", "builtins.dict":
      return try orderedDictionary(items)
    case "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor_v3":
      return try tensor(items)
    case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state":
      guard case .tensor? = items.first else { return .opaque(name) }
      return items[0]
    case "torch._tensor._rebuild_from_type_v2":
      guard items.count >= 3 else { return .opaque(name) }
      return try call(items[0], items[2])
    default: return .opaque(name)
    }
  }

  /// Empty, or of a list of pairs.
  private mutating func orderedDictionary(_ arguments: [PickleValue]) throws(PickleError) -> PickleValue {
    var items: [PickleValue] = []
    if case .list(let list)? = arguments.first {
      for pair in graph[list] {
        guard let pair = graph.items(of: pair), pair.count == 2 else {
          throw .unexpected("expected pairs of keys and values", at: start)
        }
        items += pair
      }
    }
    return .dictionary(graph.add(items))
  }

  /// `('storage', torch.FloatStorage, key, device, count)`
  func storage(_ identifier: PickleValue) throws(PickleError) -> PickleValue {
    guard let items = graph.items(of: identifier), items.count >= 5, case .string("storage") = items[0],
      case .string(let key) = items[2], case .int(let count) = items[4], count >= 0
    else { throw .unexpected("expected a storage with its key and number of elements", at: start) }
    guard case .global(let type) = items[1] else { return .opaque(items[1].kind) }
    return .storage(PickleStorage(key: key, element: Self.elements[type], count: count))
  }

  /// `(storage, offset, size, stride, …)`; version 3 has the element type last.
  private func tensor(_ items: [PickleValue]) throws(PickleError) -> PickleValue {
    guard items.count >= 4, case .int(let offset) = items[1], offset >= 0, let shape = sizes(items[2]),
      let strides = sizes(items[3]), shape.count == strides.count
    else { throw .unexpected("expected a tensor's storage, offset, size and stride", at: start) }
    guard case .storage(let storage) = items[0] else { return .opaque("tensor of \(items[0].kind)") }
    var element = storage.element
    if items.count >= 7, case .global(let type) = items[6], type.hasPrefix("torch.") {
      element = String(type.dropFirst("torch.".count))
    }
    guard let element else { return .opaque("tensor of an unknown type") }
    return .tensor(
      PickleTensor(storage: storage, element: element, offset: offset, shape: shape, strides: strides))
  }

  private func sizes(_ value: PickleValue) -> [Int]? {
    guard let items = graph.items(of: value), items.count <= Self.highestRank else { return nil }
    let sizes = items.compactMap { item -> Int? in
      if case .int(let size) = item, size >= 0 { size } else { nil }
    }
    return sizes.count == items.count ? sizes : nil
  }

  /// Element types by the storages' names.
  private static let elements = [
    "torch.FloatStorage": "float32", "torch.DoubleStorage": "float64", "torch.HalfStorage": "float16",
    "torch.BFloat16Storage": "bfloat16", "torch.LongStorage": "int64", "torch.IntStorage": "int32",
    "torch.ShortStorage": "int16", "torch.CharStorage": "int8", "torch.ByteStorage": "uint8",
    "torch.BoolStorage": "bool", "torch.ComplexFloatStorage": "complex64",
  ]
}
