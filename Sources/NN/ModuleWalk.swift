import DenseKitFoundations

/// A property that `Module.namedTensors()` cannot follow: which class and property, and what to do.
public struct ModuleError: DenseKitError {
    public let problem: String
    public var origin: ErrorOrigin { .program }
}

/// The one walk over a model: by reflection, through superclasses, optionals and arrays.
struct ModuleWalk {
    private(set) var tensors: [NamedTensor] = []
    private(set) var modules: [(path: String, module: Module)] = []
    /// Where a key and a tensor were found first.
    private var keys: [String: Place] = [:]
    private var places: [ObjectIdentifier: Place] = [:]
    /// The modules that lead to the place of the walk.
    private var above: Set<ObjectIdentifier> = []

    mutating func visit(_ module: Module) throws {
        try visit(module, path: "", place: Place(trail: "\(type(of: module))"))
    }

    private mutating func visit(_ module: Module, path: String, place: Place) throws {
        guard above.insert(ObjectIdentifier(module)).inserted else {
            throw ModuleError(
                problem:
                    "\(place) leads back to a module that it is a part of: keep such a module out of stored properties"
            )
        }
        defer { above.remove(ObjectIdentifier(module)) }
        modules.append((path, module))
        let keys = module.keys
        for level in Mirror(reflecting: module).withSuperclasses {
            for case (let label?, let value) in level.children {
                let property = label.hasPrefix("_") ? String(label.dropFirst()) : label
                let key = keys[property] ?? keys[label] ?? snakeCasedName(property)
                try visit(
                    value, path: join(path, key),
                    place: Place(
                        trail: "\(place).\(property)", owner: "\(type(of: module)).\(property)"))
            }
        }
    }

    /// Where a value was found, for messages: from the root, and in its class.
    private struct Place: CustomStringConvertible {
        let trail: String
        var owner = ""

        var description: String { trail }
        func element(_ index: Int) -> Place { Place(trail: "\(trail)[\(index)]", owner: owner) }
    }

    private mutating func visit(_ value: Any, path: String, place: Place) throws {
        if let module = value as? Module { return try visit(module, path: path, place: place) }
        if let slot = value as? any TensorSlot { return try visit(slot, path: path, place: place) }
        if value is Tensor {
            throw ModuleError(
                problem:
                    "\(place.owner) is a bare tensor: mark it @Parameter (trained), @ModuleBuffer (saved, not trained) or @CachedValue "
                    + "(not saved)")
        }
        let mirror = Mirror(reflecting: value)
        switch mirror.displayStyle {
        case .optional:
            if let child = mirror.children.first {
                try visit(child.value, path: path, place: place)
            }
        case .collection:
            for (index, child) in mirror.children.enumerated() {
                // [Int] and the like: no need to look at the rest
                if index == 0, !mayHold(child.value) { break }
                try visit(child.value, path: join(path, "\(index)"), place: place.element(index))
            }
        case .tuple, .dictionary, .set, .struct, .enum, .class:
            if let found = hidden(in: mirror, depth: 3) {
                throw ModuleError(
                    problem:
                        "\(place.owner) hides a \(found) inside \(mirror.subjectType): keep layers in properties of their own, an "
                        + "optional or an array, and tensors in @Parameter, @ModuleBuffer or @CachedValue properties"
                )
            }
        default:
            break
        }
    }

    private mutating func visit(_ slot: any TensorSlot, path: String, place: Place) throws {
        guard let kind = slot.kind, let tensor = slot.tensor else { return }
        if kind == .parameter, !tensor.dtype.isFloatingPoint {
            throw ModuleError(
                problem:
                    "\(place.owner) is a @Parameter of \(tensor.dtype): only floating-point tensors can be trained; use @ModuleBuffer"
            )
        }
        if let other = keys.updateValue(place, forKey: path) {
            throw ModuleError(
                problem:
                    "\(place) and \(other) share the checkpoint key '\(path)': give one another key in `keys`"
            )
        }
        if let other = places.updateValue(place, forKey: ObjectIdentifier(tensor)) {
            throw ModuleError(
                problem:
                    "\(place) and \(other) are the same tensor: an optimizer would change it twice; keep one of them"
            )
        }
        tensors.append(NamedTensor(name: path, kind: kind, tensor: tensor))
    }

    private func mayHold(_ value: Any) -> Bool {
        value is Module || value is any TensorSlot || value is Tensor
            || Mirror(reflecting: value).displayStyle != nil
    }

    private func hidden(in mirror: Mirror, depth: Int) -> String? {
        guard depth > 0 else { return nil }
        for child in mirror.withSuperclasses.flatMap(\.children) {
            if child.value is Module { return "layer" }
            if child.value is Tensor || child.value is any TensorSlot { return "tensor" }
            let inner = Mirror(reflecting: child.value)
            if inner.displayStyle != nil, let found = hidden(in: inner, depth: depth - 1) {
                return found
            }
        }
        return nil
    }

    private func join(_ path: String, _ key: String) -> String {
        path.isEmpty ? key : key.isEmpty ? path : path + "." + key
    }
}

extension Mirror {
    /// The stored properties of every class from the root down.
    fileprivate var withSuperclasses: [Mirror] {
        (superclassMirror?.withSuperclasses ?? []) + [self]
    }
}
