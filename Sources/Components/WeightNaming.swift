import DenseKitCheckpoints

/// One reading of a file's keys: how they lead to a model's.
struct WeightNaming {
    /// Whose names they are; nil: this project's.
    var format: String?
    /// The prefix of every key that is read.
    var prefix = ""
    /// The model's key by the file's.
    var keys: [String: String] = [:]
    /// Prefixes of what the file speaks of; empty: everything.
    var scope: [String] = []
    /// Keys of the file that belong to parts of the model and have no place there.
    var unplaced: [String] = []
    /// Keys of the file that belong to parts which the model lacks.
    var elsewhere: [String] = []
    /// Keys of the file that are of no use here.
    var ignored = 0
    /// Keys that lead to tensors of another shape.
    var misshapen = 0
    /// Brings a tensor to this project's order of elements, by the file's key.
    var values: [String: (Tensor) throws -> Tensor] = [:]

    /// Whether it places all that it speaks of, and nearly all that the model needs.
    var fits = false

    /// Where two match equally, the one whose shapes fit better, and then the one that leaves less
    /// over, speaks more plainly.
    var score: (Int, Int, Int, Int) {
        (fits ? 1 : 0, keys.count, -misshapen, -unplaced.count - elsewhere.count)
    }

    /// What the report calls it.
    func title(without wrappers: [String]) -> String? {
        var words = [format].compactMap { $0 }
        if !prefix.isEmpty {
            words.append("\(words.isEmpty ? "this project's names " : "")behind '\(prefix)'")
        }
        if !wrappers.isEmpty {
            let names = wrappers.map { "'\($0).'" }.joined(separator: ", ")
            words.append("\(words.isEmpty ? "this project's names " : "")without \(names)")
        }
        return words.isEmpty ? nil : words.joined(separator: ", ")
    }
}

/// The meaning of a key in one reading.
private enum Verdict {
    /// It leads to this tensor of the model.
    case place(
        String, value: (@Sendable (String, Tensor) throws -> Tensor)? = nil, key: String = "")
    /// It is of no use here.
    case unneeded
    /// It belongs to a part of the model and has no place there.
    case unplaced
    /// It belongs to a part that the model lacks.
    case elsewhere
}

/// Finds the reading of a file's keys that fits a model best: whose names they are, and what
/// wrappers and whole models put before them.
struct NamingSearch {
    /// The shapes of the model's tensors, by key.
    private let shapes: [String: [Int]]
    /// The tensors that files of the model have.
    private let required: Set<String>
    /// What the model computes by itself.
    private let derived: Set<String>
    /// The parts of the model, by the beginning of their keys; nil for a component, to which every
    /// key belongs.
    private let parts: Set<String>?
    /// The component's place in a whole model.
    private let part: String
    /// Whether its names are those of an encoder or of a whole model.
    private let isNamedApart: Bool
    private let formats: [(path: String, format: WeightFormat)]
    /// The formats' names, in order.
    private let names: [String]

    /// Beginnings of keys are tried up to this many names between dots, and no more than so many of
    /// them.
    private static let depth = 8
    private static let limit = 4096

    init(_ module: Module, part: String) throws {
        let modules = try module.namedModules()
        shapes = Dictionary(try module.namedTensors().map { ($0.name, $0.tensor.shape) }) {
            first, _ in first
        }
        let optional = try module.unpublishedKeys()
        required = Set(
            shapes.keys.filter { name in
                !name.hasSuffix("num_batches_tracked")
                    && !optional.contains { name == $0 || name.hasPrefix($0 + ".") }
            })
        derived = Set(
            modules.flatMap { path, module in
                ((module as? any Deriving)?.derivedKeys ?? []).map { Self.join(path, $0) }
            })
        let isEncoder =
            module is any Backbone || (module is any ExternalWeights && !(module is DenseModel))
        parts = part.isEmpty && !isEncoder ? Set(shapes.keys.map(Self.first)) : nil
        isNamedApart = isEncoder || part.isEmpty
        self.part = part
        formats = modules.flatMap { path, module in
            ((module as? any ExternalWeights).map { type(of: $0).weightFormats } ?? []).map {
                (path, $0)
            }
        }
        names = Set(formats.map(\.format.name)).sorted()
    }

    /// The best reading.
    ///
    /// - Parameters:
    ///   - file: the shapes of the file's tensors, where they are known, by key without wrappers
    ///   - prefix: the prefix of the keys, where the user gives it
    /// - Throws: `SettingError` where the file holds the model behind several prefixes, or nothing
    ///   behind the user's.
    func best(_ file: [String: [Int]?], behind chosen: String?) throws -> WeightNaming {
        let keys = file.keys.sorted()
        let behind = prefixes(of: keys)
        let start = chosen.map { $0.isEmpty || $0.hasSuffix(".") ? $0 : $0 + "." } ?? ""
        guard let inside = start.isEmpty ? keys : behind[start] else {
            let known = behind.keys.filter { $0.dropLast().allSatisfy { $0 != "." } }.sorted()
            throw SettingError(
                "prefix: no tensor's key begins with '\(start)'; they begin with: \(known.joined(separator: ", "))"
            )
        }
        var best = readings(file, inside, behind: start, takesOwn: true)
        var found = [best]
        // Where one fits, another would have to match more, which takes as many keys behind its
        // prefix.
        let order = behind.filter { $0.key.hasPrefix(start) && $0.key != start }.sorted {
            ($1.value.count, $0.key.count, $0.key) < ($0.value.count, $1.key.count, $1.key)
        }
        for (prefix, inside) in order.prefix(Self.limit) {
            guard inside.count >= (best.fits ? best.keys.count : 2) else { break }
            guard !isOthers(prefix.dropFirst(start.count)) else { continue }
            let reading = readings(file, inside, behind: prefix, takesOwn: isNamedApart)
            guard !reading.keys.isEmpty else { continue }
            found.append(reading)
            if reading.score > best.score { best = reading }
        }
        let rival = found.first { other in
            other.fits && other.keys.count == best.keys.count && other.misshapen == best.misshapen
                && !other.prefix.hasPrefix(best.prefix) && !best.prefix.hasPrefix(other.prefix)
        }
        if let rival, best.fits, best.keys.count > 1 {
            throw SettingError(
                "the file holds these tensors more than once, behind '\(best.prefix)' and behind '\(rival.prefix)': choose one with "
                    + "`weights: {file: …, prefix: \(best.prefix.dropLast())}`")
        }
        return best
    }

    /// The best reading of the keys behind `prefix`; all others are of no use.
    ///
    /// - Parameter takesOwn: whether the component's own names may begin there; a neck or a head
    ///   has names that others have, too
    private func readings(
        _ file: [String: [Int]?], _ inside: [String], behind prefix: String, takesOwn: Bool
    ) -> WeightNaming {
        let keys = inside.map { ($0, String($0.dropFirst(prefix.count))) }
        let there = Set(keys.map { Self.first($0.1) })
        var candidates: [WeightNaming] = []
        if takesOwn {
            candidates.append(
                reading(keys, file, nil, scope: parts.map { $0.intersection(there).sorted() } ?? [])
                { own($0) })
        }
        if !part.isEmpty {
            candidates.append(
                reading(keys, file, "the part '\(part)' of a whole model") { key in
                    guard key.hasPrefix(part + ".") else { return .unneeded }
                    return own(String(key.dropFirst(part.count + 1)))
                })
        }
        for name in names {
            let same = formats.filter { $0.format.name == name }
            func fits(_ mark: String) -> Bool { keys.contains { $0.1.hasPrefix(mark) } }
            guard same.allSatisfy({ $0.format.marks.allSatisfy(fits) }) else { continue }
            candidates.append(
                reading(keys, file, name, scope: same.map(\.path)) { shared($0, same) })
        }
        // In a whole model, a part alone may have another project's names.
        if let parts {
            for (path, format) in formats where !path.isEmpty && there.contains(Self.first(path)) {
                func fits(_ mark: String) -> Bool {
                    keys.contains { $0.1.hasPrefix(path + "." + mark) }
                }
                guard format.marks.allSatisfy(fits) else { continue }
                let name = "a whole model whose \(path) is named by \(format.name)"
                candidates.append(
                    reading(keys, file, name, scope: parts.intersection(there).sorted()) { key in
                        guard key.hasPrefix(path + ".") else { return own(key) }
                        return verdict(String(key.dropFirst(path.count + 1)), path, format)
                    })
            }
        }
        let fitting = candidates.indices.filter { !candidates[$0].keys.isEmpty }
        let best = fitting.max {
            candidates[$0].score != candidates[$1].score
                ? candidates[$0].score < candidates[$1].score : $0 > $1
        }
        var naming = best.map { candidates[$0] } ?? reading(keys, file, nil) { own($0) }
        naming.prefix = prefix
        naming.ignored += file.count - keys.count
        return naming
    }

    private func reading(
        _ keys: [(file: String, key: String)], _ file: [String: [Int]?], _ format: String?,
        scope: [String] = [],
        _ verdict: (String) -> Verdict
    ) -> WeightNaming {
        var naming = WeightNaming(format: format, scope: scope)
        var taken: Set<String> = []
        for (fileKey, key) in keys {
            switch verdict(key) {
            case .place(let name, let value, let inner):
                // Two of the file for one of the model: the first has it.
                guard taken.insert(name).inserted else {
                    naming.unplaced.append(fileKey)
                    continue
                }
                naming.keys[fileKey] = name
                if let value { naming.values[fileKey] = { try value(inner, $0) } }
                if let shape = file[fileKey] ?? nil, shape != shapes[name] { naming.misshapen += 1 }
            case .unneeded: naming.ignored += 1
            case .unplaced: naming.unplaced.append(fileKey)
            case .elsewhere: naming.elsewhere.append(fileKey)
            }
        }
        separate(&naming, keys)
        if naming.unplaced.isEmpty, naming.misshapen * 8 <= naming.keys.count {
            func speaks(of name: String) -> Bool {
                scope.isEmpty || scope.contains { $0.isEmpty || name.hasPrefix($0 + ".") }
            }
            let wanted = required.filter(speaks)
            naming.fits =
                10 * wanted.intersection(naming.keys.values).count >= 9 * max(wanted.count, 1)
        }
        return naming
    }

    /// Of the keys without place, returns those that change what an encoder computes: what lies in
    /// a group of tensors with places, such as a block, or is by its name a part of an encoder. The
    /// others, such as the queue of a contrastive loss, count with the parts that the model lacks.
    ///
    /// - Parameter keys: the file's keys, each with what lies behind the prefix
    private func separate(_ naming: inout WeightNaming, _ keys: [(file: String, key: String)]) {
        guard !naming.unplaced.isEmpty else { return }
        let keys = Dictionary(keys.map { ($0.file, $0.key) }) { first, _ in first }
        func group(_ fileKey: String) -> (name: Substring, isInside: Bool) {
            var names = (keys[fileKey] ?? fileKey).split(separator: ".")[...]
            while names.count > 1, let first = names.first, isPart(first) { names.removeFirst() }
            return (names.first ?? "", names.count > 1)
        }
        let groups = Set(naming.keys.keys.map(group).filter(\.isInside).map(\.name))
        naming.unplaced = naming.unplaced.filter { key in
            let (name, isInside) = group(key)
            let words = name.split { $0 == "_" || $0.isNumber }
            if (isInside && groups.contains(name))
                || words.contains(where: { Self.encoderWords.contains($0.lowercased()) })
            {
                return true
            }
            naming.elsewhere.append(key)
            return false
        }
    }

    /// Whether a key's first name is that of a part of a whole model.
    private func isPart(_ name: Substring) -> Bool {
        name == part || ["backbone", "visual"].contains(name)
            || parts?.contains(String(name)) ?? false
    }

    /// Names of parts of encoders, alone or with additions.
    private static let encoderWords: Set<String> = [
        "conv", "convs", "bn", "norm", "norms", "ln", "gn", "stem", "patch", "embed", "embedding",
        "embeddings", "pos",
        "position",
        "positional", "token", "tokens", "cls", "dist", "reg", "register", "block", "blocks",
        "layer", "layers", "stage",
        "stages",
        "attn", "attnpool", "attention", "mlp", "ffn", "rel", "relative", "rope", "ls", "gamma",
        "downsample", "pre", "adapter",
        "gate", "se",
    ]

    /// A key in this project's names.
    private func own(_ key: String) -> Verdict {
        if derived.contains(key) { return .unneeded }
        if shapes[key] != nil { return .place(key) }
        return parts?.contains(Self.first(key)) ?? true ? .unplaced : .elsewhere
    }

    /// A key in the names of a format that several parts of the model may have in common.
    private func shared(_ key: String, _ formats: [(path: String, format: WeightFormat)]) -> Verdict
    {
        var result: Verdict?
        for (path, format) in formats {
            switch (verdict(key, path, format), result) {
            case (.place(let name, let value, let inner), _):
                return .place(name, value: value, key: inner)
            // What one part claims and has no place for is not of no use because another part has
            // none for it.
            case (.unplaced, _): result = .unplaced
            case (let other, nil): result = other
            default: break
            }
        }
        return result ?? .unplaced
    }

    private func verdict(_ key: String, _ path: String, _ format: WeightFormat) -> Verdict {
        let name = format.key(key)
        let whole = name.map { Self.join(path, $0) }
        if let whole, derived.contains(whole) { return .unneeded }
        if let name, let whole, shapes[whole] != nil {
            return .place(whole, value: format.value, key: name)
        }
        if format.isUnneeded(key) { return .unneeded }
        guard path.isEmpty, let whole, let parts else { return .unplaced }
        return parts.contains(Self.first(whole)) ? .unplaced : .elsewhere
    }

    /// Whether `prefix` leads into another part of a whole model than the requested one.
    private func isOthers(_ prefix: Substring) -> Bool {
        guard !part.isEmpty else { return false }
        return prefix.split(separator: ".").contains { name in
            name != part
                && (["backbone", "neck", "text_encoder"].contains(name) || name.hasSuffix("_head"))
        }
    }

    /// The keys behind each of their beginnings, each with its last dot.
    private func prefixes(of keys: [String]) -> [String: [String]] {
        var behind: [String: [String]] = [:]
        for key in keys {
            for end in key.indices.lazy.filter({ key[$0] == "." }).prefix(Self.depth) {
                behind[String(key[...end]), default: []].append(key)
            }
        }
        return behind
    }

    /// The part of a model that a key belongs to.
    private static func first(_ key: String) -> String { String(key.prefix { $0 != "." }) }

    private static func join(_ path: String, _ key: String) -> String {
        path.isEmpty ? key : path + "." + key
    }
}
